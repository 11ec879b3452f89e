"""Retrievers: on real passages in twelve languages what is found, on many random ones what must always hold."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.document import Block, BlockKind, Document, Passage, document_id_of, text_sha256
from index.candidates import Indexes, Question
from index.language_offsets import LanguageOffsets
from index.lexical_index import LexicalIndex
from index.passage_index import PassageIndex
from index.retriever import SYSTEMS, Ranking, make_retriever
from index.sentence_index import SentenceIndex
from index.store import Store
from index.vector_index import VectorIndex

QUESTIONS = {
    "ar": "ما أسباب ارتعاش العضلات؟",
    "de": "Was verursacht Muskelzucken?",
    "en": "What causes muscle twitching?",
    "es": "¿Qué causa las contracciones musculares?",
    "fr": "Quelles sont les causes des contractions musculaires ?",
    "hi": "मांसपेशियों में फड़कन के क्या कारण हैं?",
    "it": "Quali sono le cause degli spasmi muscolari?",
    "ja": "筋肉のぴくつきの原因は何ですか",
    "pt": "Quais são as causas das contrações musculares?",
    "ru": "Что вызывает подёргивание мышц?",
    "th": "กล้ามเนื้อกระตุกเกิดจากอะไร",
    "zh": "肌肉抽搐的原因是什么？",
}


@pytest.fixture(scope="module")
def sample(sample_index: Path) -> Iterator[PassageIndex]:
    index = PassageIndex(sample_index)
    yield index
    index.close()


def rank(index: PassageIndex, system: str, text: str, languages: dict[str, float], k: int, *only: str) -> Ranking:
    return index.retriever(system).rank(index.question(text, languages, only), k)


def passages_of(index: PassageIndex, ranking: Ranking) -> list[Passage]:
    by_number = index.store.passages_by_number(ranking.numbers.tolist())
    return [by_number[number] for number in ranking.numbers.tolist()]


def languages_of(index: PassageIndex, ranking: Ranking) -> list[str]:
    return [passage.language for passage in passages_of(index, ranking)]


def assert_sound(ranking: Ranking, k: int) -> None:
    assert len(ranking.numbers) == len(ranking.scores) <= k
    assert len(set(ranking.numbers.tolist())) == len(ranking.numbers), "no passage twice"
    assert np.isfinite(ranking.scores).all()
    assert (np.diff(ranking.scores) <= 0).all(), "best first"
    assert (ranking.numbers.dtype, ranking.scores.dtype) == (np.int64, np.float32)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("language", ["es", "th", "en"])
def test_every_system_ranks_real_passages_soundly(sample: PassageIndex, system: str, language: str) -> None:
    total = sample.store.counts()[0]
    for k in (1, 7, total, total + 5):
        ranking = rank(sample, system, QUESTIONS[language], {language: 1.0}, k)
        assert_sound(ranking, k)
        if system != "lexical":
            assert len(ranking.numbers) == min(k, total), "a whole pool comes back whole"
    assert sample.retriever(system).name == system
    again = rank(sample, system, QUESTIONS[language], {language: 1.0}, total)
    np.testing.assert_array_equal(again.numbers, ranking.numbers)
    np.testing.assert_array_equal(again.scores, ranking.scores)


@pytest.mark.parametrize("system", SYSTEMS)
def test_only_the_languages_asked_for_come_back(sample: PassageIndex, system: str) -> None:
    for only in (("fr",), ("fr", "ja"), ("es",)):
        ranking = rank(sample, system, QUESTIONS["es"], {"es": 1.0}, 100, *only)
        assert_sound(ranking, 100)
        assert set(languages_of(sample, ranking)) <= set(only)
        if system != "lexical":
            wanted = np.isin(sample.store.passage_numbers_and_languages()[1], only).sum()
            assert len(ranking.numbers) == wanted
    assert len(rank(sample, system, QUESTIONS["es"], {"es": 1.0}, 100, "sw").numbers) == 0


def test_an_unknown_system_is_named_with_those_there_are(sample: PassageIndex) -> None:
    with pytest.raises(ValueError, match=r"'bm25'.*default, hybrid, dense, lexical"):
        sample.retriever("bm25")


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_empty_index_has_no_passages_to_rank(tmp_path: Path, system: str) -> None:
    index = PassageIndex(tmp_path / "empty", create=True)
    ranking = rank(index, system, QUESTIONS["en"], {"en": 1.0}, 10)
    assert (len(ranking.numbers), len(ranking.scores), ranking.evidence) == (0, 0, -1.0)
    index.close()


@pytest.mark.parametrize("system", ["default", "hybrid", "dense"])
@pytest.mark.parametrize("guess", [{}, {"xx": 1.0}, {"ja": 1.0}, {"ru": 0.6, "th": 0.4}], ids=str)
def test_no_or_a_wrong_guess_of_the_language_still_finds_the_passage(
    sample: PassageIndex, system: str, guess: dict[str, float]
) -> None:
    """Of the thirteen documents, one in English and one in Thai are about nosebleeds."""
    for text in (
        "¿Qué hacer si sangra la nariz?",
        "Was hilft gegen Nasenbluten?",
        "流鼻血怎么办？",
        "How do I stop a nosebleed?",
    ):
        found = passages_of(sample, rank(sample, system, text, guess, 8))
        documents = [sample.store.document(passage.document_id) for passage in found]
        assert any("nosebleed" in document.source for document in documents if document), text


def test_lexical_search_needs_no_guess_of_the_language(sample: PassageIndex) -> None:
    guessed, unknown = (rank(sample, "lexical", QUESTIONS["es"], guess, 10) for guess in ({"es": 1.0}, {}))
    np.testing.assert_array_equal(guessed.numbers, unknown.numbers)
    assert ((guessed.scores > 0) & (guessed.scores <= 1)).all()


def test_a_spanish_question_finds_passages_of_many_languages(sample: PassageIndex) -> None:
    ranking = rank(sample, "default", QUESTIONS["es"], {"es": 1.0}, 10)
    found = set(languages_of(sample, ranking))
    assert len(found) >= 4
    assert {"es", "it", "fr"} <= found
    documents = [sample.store.document(passage.document_id) for passage in passages_of(sample, ranking)]
    assert all("muscle-twitching" in document.source for document in documents if document)


@pytest.mark.parametrize("system", ["default", "hybrid", "dense"])
def test_the_own_language_crowds_out_fewer_others_than_with_raw_cosines(sample: PassageIndex, system: str) -> None:
    numbers, spoken = sample.store.passage_numbers_and_languages()
    vectors = sample.store.passage_vectors(numbers.tolist())
    shares, raw_shares = [], []
    for language, text in QUESTIONS.items():
        best = np.argsort(-(vectors @ sample.encoder.encode_query(text)))[:5]
        raw_shares.append(np.mean(spoken[best] == language))
        ranking = rank(sample, system, text, {language: 1.0}, 5)
        shares.append(np.mean([found == language for found in languages_of(sample, ranking)]))
    assert np.mean(shares) < np.mean(raw_shares) - 0.05


def test_evidence_falls_when_nothing_answers_and_does_not_rise_with_a_preference(sample: PassageIndex) -> None:
    answered = rank(sample, "default", QUESTIONS["en"], {"en": 1.0}, 5).evidence
    unanswered = rank(sample, "default", "Who won the football world cup in 1998?", {"en": 1.0}, 5).evidence
    assert unanswered < answered - 0.1
    preferring = sample.question(QUESTIONS["en"], {"en": 1.0}, prefer_own=True)
    assert sample.retriever("default").rank(preferring, 5).evidence == pytest.approx(answered, abs=1e-6)


class Words:
    def tokenize(self, texts: list[str]) -> list[list[str]]:
        return [["▁" + word for word in text.split()] for text in texts]


LANGUAGES = ("ar", "en", "es", "ja", "th")
MANY, DIMENSIONS = 600, 16


def unit_rows(seed: int, n: int) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(n, DIMENSIONS)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def many_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("many")


@pytest.fixture(scope="module")
def many(many_folder: Path) -> Iterator[Indexes]:
    """Return more passages than any system takes as candidates: random vectors and words, every tenth without sentences."""
    store = Store(many_folder, create=True)
    store.set_meta("encoder", "test")
    vectors = unit_rows(1, MANY)
    sentences = [unit_rows(at + 2, at % 3) if at % 10 else unit_rows(0, 0) for at in range(MANY)]
    keys = [f"key {at}" for at in range(MANY)]
    store.put_vectors(keys, vectors, sentences)
    for start, language in enumerate(LANGUAGES):
        own = range(start, MANY, len(LANGUAGES))
        texts = [f"word{at % 7} word{at % 13} of{at}" for at in own]
        name, text = document_id_of(f"/docs/{language}.txt"), "\n".join(texts)
        blocks = (Block(BlockKind.PARAGRAPH, 0, len(text)),)
        document = Document(name, f"/docs/{language}.txt", language, text, text_sha256(text), language, 1.0, blocks, {})
        passages = [
            Passage(f"{name}:{n}", name, n, at := text.index(part), at + len(part), part, "", language, ())
            for n, part in enumerate(texts)
        ]
        store.put_document(document, passages, [keys[at] for at in own], "f")
    directory = store.directory
    indexes = Indexes(Words(), VectorIndex(directory), SentenceIndex(directory), LexicalIndex(directory))
    indexes.vectors.catch_up(store, LanguageOffsets.none())
    indexes.sentences.catch_up(store, LanguageOffsets.none())
    indexes.lexical.catch_up(store, indexes.encoder)
    yield indexes
    store.close()


WITHIN = st.one_of(st.none(), st.lists(st.integers(-3, MANY + 3), unique=True, max_size=60), st.just(list(range(0, MANY, 2))))


@pytest.mark.parametrize("system", SYSTEMS)
@given(
    seed=st.integers(0, 1000),
    k=st.one_of(st.integers(1, MANY), st.sampled_from((149, 150, 151, MANY - 1, MANY, MANY + 1))),
    languages=st.dictionaries(st.sampled_from((*LANGUAGES, "xx")), st.floats(0, 1, width=32), max_size=3),
    only=st.sets(st.sampled_from(LANGUAGES)),
    within=WITHIN,
)
def test_whatever_is_asked_rankings_are_sound(
    many: Indexes, system: str, seed: int, k: int, languages: dict[str, float], only: set[str], within: list[int] | None
) -> None:
    wanted = None if within is None else np.array(sorted(within), np.int64)
    question = Question(f"word{seed % 7} of{seed}", unit_rows(seed, 1)[0], languages, frozenset(only), within=wanted)
    ranking = make_retriever(system, many).rank(question, k)
    assert_sound(ranking, k)
    rows = np.searchsorted(many.vectors.numbers, ranking.numbers)
    assert not only or set(many.vectors.languages[rows].tolist()) <= only
    assert within is None or set(ranking.numbers.tolist()) <= set(within)
    if system != "lexical":
        may_be_found = np.isin(many.vectors.languages, list(only or LANGUAGES))
        if wanted is not None:
            may_be_found &= np.isin(many.vectors.numbers, wanted)
        assert len(ranking.numbers) == min(k, may_be_found.sum())


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_filter_leaves_the_scores_of_words_and_vectors_as_they_are(many: Indexes, system: str) -> None:
    """What a search through some passages finds is what is left of the whole ranking (feedback looks at what is there)."""
    question = Question("word1 word2 of7 of31", unit_rows(7, 1)[0], {"en": 1.0})
    whole = make_retriever(system, many).rank(question, MANY)
    within = many.vectors.numbers[::7]
    some = make_retriever(system, many).rank(replace(question, within=within), MANY)
    kept = np.isin(whole.numbers, within)
    if system in ("dense", "lexical"):
        np.testing.assert_array_equal(some.numbers, whole.numbers[kept])
        np.testing.assert_allclose(some.scores, whole.scores[kept], atol=1e-6)
    else:
        assert set(some.numbers.tolist()) == set(within.tolist())


def test_a_filter_on_words_is_filled_from_further_down(many: Indexes) -> None:
    everything = many.lexical.search("word1", ["▁word1"], "en", MANY)
    best = sorted(everything, key=lambda number: -everything[number])
    within = np.array(sorted(best[-5:]), np.int64)
    assert len(everything) > 20
    assert len(many.lexical.search("word1", ["▁word1"], "en", 3, within).keys() & set(within.tolist())) == 3
    assert many.lexical.search("word1", ["▁word1"], "en", 10, within) == {
        number: everything[number] for number in within.tolist()
    }
    assert many.lexical.search("word1", ["▁word1"], "en", 10, within[:0]) == {}


def test_words_that_only_the_lexical_index_knows_of_yet_are_passed_over(
    many: Indexes, many_folder: Path, tmp_path: Path
) -> None:
    """Between two indexes catching up, one may hold what the other does not."""
    store = Store(many_folder)
    behind = VectorIndex(tmp_path)
    numbers, languages = store.passage_numbers_and_languages()
    keep = numbers % 3 == 0
    store.passage_numbers_and_languages = lambda: (numbers[keep], languages[keep])  # type: ignore[method-assign]
    behind.catch_up(store, LanguageOffsets.none())
    indexes = Indexes(many.encoder, behind, many.sentences, many.lexical)
    for system in ("default", "hybrid", "dense"):
        question = Question("word1 word2 word3", unit_rows(7, 1)[0], dict.fromkeys(LANGUAGES, 0.2))
        ranking = make_retriever(system, indexes).rank(question, MANY)
        assert_sound(ranking, MANY)
        assert sorted(ranking.numbers.tolist()) == numbers[keep].tolist()
    store.close()
