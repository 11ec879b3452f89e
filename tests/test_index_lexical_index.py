"""The lexical index is derived: whatever happens to it, it finds the words of the passages that the store holds."""

import base64
import hashlib
import multiprocessing
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lexical import FRENCH, SPANISH, Search, Words, caught_up, opened, put, search_of

from corpus.document import document_id_of
from index.embedded_encoder import EmbeddedEncoder
from index.lexical_index import LexicalIndex, lexical_terms
from index.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    yield from opened(tmp_path)


@pytest.fixture
def search(store: Store) -> Search:
    return search_of(store)


def test_terms_are_lower_case_without_punctuation_and_keep_the_marks_of_indic_scripts() -> None:
    assert lexical_terms(["▁Mus", "cle", "▁TWITCH", "!", "▁", "▁—", "12", "▁😀"]) == ["▁mus", "cle", "▁twitch", "12"]
    assert lexical_terms(["▁नम", "स्ते", "ि", "।"]) == ["▁नम", "स्ते", "ि"], "a vowel sign alone is a mark, and part of a word"


def test_words_are_found_among_the_passages_of_their_language(search: Search) -> None:
    assert search("La fiebre", "es")[0] == SPANISH[1]
    assert search("La fièvre", "fr")[0] == FRENCH[0]
    assert search("fiebre", "fr") == []
    assert search("fiebre", "ja") == []
    assert search("¿ ?", "es") == []
    assert sorted(search("TIEMBLAN", "es")) == sorted([SPANISH[0], SPANISH[2]])


def test_scores_are_shares_of_a_perfect_match(store: Store) -> None:
    put(store, "more", "es", "fiebre " * 400, "nada de eso", "otra cosa", "la noche")
    index = caught_up(store)
    found = index.search("fiebre", ["▁fiebre"], "es", 10)
    assert len(found) == 2
    assert max(found.values()) > 0.9, "a passage full of the term"
    assert all(0 < score < 1 for score in (*found.values(), *index.search("fiebre La", ["▁fiebre", "▁La"], "es", 10).values()))
    assert max(index.search("fiebre jirafa", ["▁fiebre", "▁jirafa"], "es", 10).values()) < max(found.values()), (
        "what is not there is missed"
    )
    assert len(index.search("la", ["▁la"], "es", 1)) == 1
    assert index.search("la", ["▁la"], "es", 0) == {}


def test_rare_words_outweigh_frequent_ones(store: Store, search: Search) -> None:
    put(store, "b", "de", "der Hund", "der Igel", "der Esel", "der Wal", "eine Amsel")
    assert search("der Amsel", "de")[0] == "eine Amsel"


def test_scores_stay_shares_when_most_passages_of_a_word_were_removed(store: Store) -> None:
    index = LexicalIndex(store.directory)
    for number in range(20):
        put(store, f"en-{number}", "en", f"common word{number}")
    index.catch_up(store, Words())
    for number in range(17):
        store.remove_document(document_id_of(f"/docs/en-{number}.txt"))
    index.catch_up(store, Words())
    scores = list(index.search("common word19", ["▁common", "▁word19"], "en", 10).values())
    assert len(scores) == 3
    assert all(0 < score < 1 for score in scores)


def test_languages_that_write_without_spaces_need_nothing_special(store: Store, embedded_encoder: EmbeddedEncoder) -> None:
    texts = {
        "th": ("กล้ามเนื้อกระตุกเกิดจากความเครียด", "เลือดกำเดาไหลเกิดจากอากาศแห้ง", "กระตุก"),
        "zh": ("肌肉抽搐常由压力引起。", "流鼻血常由干燥的空气引起。", "抽搐"),
        "ja": ("筋肉のけいれんはストレスが原因です。", "鼻血は乾いた空気が原因です。", "けいれん"),
        "hi": ("तनाव से मांसपेशियाँ फड़कती हैं।", "सूखी हवा से नाक से खून आता है।", "मांसपेशियाँ"),
    }
    for language, (twitch, nose, _) in texts.items():
        put(store, language, language, nose, twitch)
    index = LexicalIndex(store.directory)
    index.catch_up(store, embedded_encoder)
    for language, (twitch, _, word) in texts.items():
        found = index.search(word, embedded_encoder.tokenize([word])[0], language, 10)
        assert store.passages_by_number([max(found, key=lambda n: found[n])]).popitem()[1].text == twitch, language


@pytest.mark.parametrize(
    ("language", "asked", "written", "other"),
    [
        ("ru", "лихорадкой", "У ребёнка лихорадка.", "Это обычно неопасно."),
        ("tr", "titreme", "Göz kapağım titriyor.", "Burun kanaması genellikle zararsızdır."),
        ("ar", "بالحمى", "ترتفع الحمى في الليل.", "نزيف الأنف غير خطير عادة."),
    ],
)
def test_other_forms_of_a_word_are_found_that_share_no_subword(
    store: Store, embedded_encoder: EmbeddedEncoder, language: str, asked: str, written: str, other: str
) -> None:
    tokens, of_passage, of_other = embedded_encoder.tokenize([asked, written, other])
    assert not set(lexical_terms(tokens)) & set(lexical_terms(of_passage) + lexical_terms(of_other)), "no subword in common"
    put(store, language, language, other, written)
    index = LexicalIndex(store.directory)
    index.catch_up(store, embedded_encoder)
    found = index.search(asked, tokens, language, 10)
    assert [passage.text for passage in store.passages_by_number(list(found)).values()] == [written]


def test_a_score_is_the_mean_of_what_subwords_and_grams_score(store: Store) -> None:
    index = caught_up(store)
    both, subwords, grams = (
        index.search(text, tokens, "es", 10)
        for text, tokens in (
            ("la fiebre sube", ["▁La", "▁fiebre", "▁sube"]),
            ("", ["▁La", "▁fiebre", "▁sube"]),
            ("la fiebre sube", []),
        )
    )
    assert both.keys() == subwords.keys() | grams.keys()
    assert both == pytest.approx({number: subwords.get(number, 0) + grams.get(number, 0) for number in both}, abs=1e-6)
    assert max(both.values()) > 0.5 > max(grams.values()) > 0


def test_a_long_blob_neither_hides_its_passage_nor_harms_as_a_question(store: Store) -> None:
    blob = base64.b64encode(hashlib.shake_256().digest(75_000)).decode()
    put(store, "blob", "en", f"Attached picture of a rash: {blob}", "Nothing of the kind.", "—")
    index = caught_up(store)
    numbers = [next(iter(index.search(text, Words().tokenize([text])[0], "en", 1))) for text in ("rash", blob[500:560], blob)]
    assert len(set(numbers)) == 1
    assert store.passages_by_number(numbers).popitem()[1].text.startswith("Attached")


WORDS = st.lists(st.text(st.sampled_from("abcdeèабвгдअनिकثجحकาก語日本"), min_size=1, max_size=9), min_size=1, max_size=6)


@settings(max_examples=25)  # each writes files
@given(asked=WORDS, among=WORDS)
def test_a_passage_with_all_words_of_the_question_beats_one_with_none(
    tmp_path_factory: pytest.TempPathFactory, asked: list[str], among: list[str]
) -> None:
    store = Store(tmp_path_factory.mktemp("words") / "index", create=True)
    question, all_of_them, none = " ".join(asked), " ".join([*among, *asked, *among]), "zyx wvu"
    put(store, "en", "en", none, all_of_them, "12 34")
    found = caught_up(store).search(question, Words().tokenize([question])[0], "en", 10)
    texts = {number: passage.text for number, passage in store.passages_by_number(list(found)).items()}
    store.close()
    assert list(texts.values()) == [all_of_them]


def test_catching_up_adds_what_is_new_and_forgets_what_is_gone(store: Store, search: Search) -> None:
    index = caught_up(store)
    put(store, "es", "es", "La fiebre baja.")
    put(store, "de", "de", "Das Fieber steigt.")
    store.remove_document(document_id_of("/docs/fr.txt"))
    index.catch_up(store, Words())
    assert search("fiebre La", "es", index) == ["La fiebre baja."]
    assert search("Fieber", "de", index) == ["Das Fieber steigt."]
    assert search("La fièvre", "fr", index) == []
    assert not (store.directory / "lexical" / "fr").exists(), "an emptied language leaves nothing behind"
    put(store, "fr", "fr", FRENCH[1])
    index.catch_up(store, Words())
    assert search("La fièvre paupières", "fr", index) == [FRENCH[1]]


def test_removed_passages_are_not_found_even_before_the_files_forget_them(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caught_up(store)
    shutil.copytree(store.directory / "lexical", tmp_path / "before", ignore=shutil.ignore_patterns("writer.lock"))
    store.remove_document(document_id_of("/docs/es.txt"))
    put(store, "es", "es", "Otra fiebre alta.")
    shutil.rmtree(store.directory / "lexical")
    shutil.copytree(tmp_path / "before", store.directory / "lexical")
    (store.directory / "lexical" / "writer.lock").mkdir()  # so that nothing can be written
    later = caught_up(store)
    assert "cannot save the lexical index" in caplog.text
    assert later.search("fiebre", ["▁fiebre"], "es", 10) == {}
    assert len(later.search("paupières", ["▁paupières"], "fr", 10)) == 1


def test_another_encoder_cuts_everything_again(store: Store, embedded_encoder: EmbeddedEncoder) -> None:
    index = caught_up(store)
    store.set_meta("encoder", embedded_encoder.name)
    index.catch_up(store, embedded_encoder)
    found = index.search("La fiebre", embedded_encoder.tokenize(["La fiebre"])[0], "es", 10)
    assert store.passages_by_number([max(found, key=lambda n: found[n])]).popitem()[1].text == SPANISH[1]
    assert index.search("", ["▁párpados"], "es", 10) == {}, "a term of the former encoder only"


def test_what_one_object_writes_another_sees_when_it_has_caught_up(store: Store, search: Search) -> None:
    one, other = caught_up(store), caught_up(store)
    assert search("fiebre", "es", one) == search("fiebre", "es", other) == [SPANISH[1]]
    put(store, "es", "es", "Otra fiebre alta.")
    one.catch_up(store, Words())
    other.catch_up(store, Words())
    assert search("fiebre", "es", one) == search("fiebre", "es", other) == ["Otra fiebre alta."]


def _catch_up_in_another_process(directory: str) -> None:
    store = Store(Path(directory))
    caught_up(store)
    store.close()


def test_processes_that_catch_up_at_once_write_each_passage_once(store: Store) -> None:
    put(store, "many", "es", *(f"fiebre {n}" for n in range(200)))
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_catch_up_in_another_process, args=(str(store.directory),)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    index = caught_up(store)
    assert len(index.search("fiebre", ["▁fiebre"], "es", 201)) == 201


def test_a_state_that_is_behind_does_not_undo_a_newer_one(store: Store, search: Search) -> None:
    index, newer = LexicalIndex(store.directory), LexicalIndex(store.directory)
    held = index._held

    def overtaken(made_by: str) -> dict[str, set[int]]:
        if not newer._numbers:
            put(store, "es", "es", "Otra fiebre alta.")
            newer.catch_up(store, Words())
            return {}
        return held(made_by)

    index._held = overtaken  # type: ignore[method-assign]
    index.catch_up(store, Words())
    assert search("fiebre", "es", newer) == search("fiebre", "es", index) == ["Otra fiebre alta."]
