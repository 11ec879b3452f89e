"""Language offsets: what is learned, what a corpus adds to it, and vectors that no longer tell their language."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.language import normalise_language
from index.database import StoreError
from index.embedded_encoder import EmbeddedEncoder
from index.language_offsets import CENTRE_SHARE, PRIOR_CENTRE_PASSAGES, PRIOR_PASSAGES, LanguageOffsets, Neutralizer

NONE = LanguageOffsets.none()
MANY = 10**9
LANGUAGES = ("ar", "en", "ja", "th")


def vector(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def unit_rows(seed: int, n: int, dimensions: int = 8) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(n, dimensions)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def learned_offsets(by_language: dict[str, np.ndarray], *centre: float) -> LanguageOffsets:
    return LanguageOffsets(by_language, vector(*centre))


def test_one_language_has_no_offset_only_a_centre() -> None:
    for learned in (NONE, learned_offsets({"en": vector(1, 0, 0)}, 9, 9, 9)):
        neutralizer = Neutralizer.estimate(learned, {"en": vector(0, 2, 0)}, {"en": MANY})
        np.testing.assert_allclose(neutralizer.shift_of("en"), vector(0, 2 * CENTRE_SHARE, 0), atol=1e-5)


def test_each_language_counts_alike_in_the_centre() -> None:
    neutralizer = Neutralizer.estimate(NONE, {"en": vector(1, 0), "fr": vector(0, 1)}, {"en": MANY, "fr": 1})
    np.testing.assert_allclose(neutralizer.centre, [0.5, 0.5], atol=1e-6)


def test_few_passages_keep_their_topic() -> None:
    """The centre is the learned one, or none, until there are passages enough to show what they have in common."""
    means, learned = {"en": vector(1, 0), "fr": vector(1, 0)}, learned_offsets({"en": vector(0, 0)}, 0, 1)
    for count, share in ((1, 2 / (2 + PRIOR_CENTRE_PASSAGES)), (PRIOR_CENTRE_PASSAGES // 2, 0.5), (MANY, 1.0)):
        counts = {"en": count, "fr": count}
        np.testing.assert_allclose(Neutralizer.estimate(NONE, means, counts).centre, [share, 0], atol=1e-6)
        np.testing.assert_allclose(Neutralizer.estimate(learned, means, counts).centre, [share, 1 - share], atol=1e-6)


@pytest.mark.parametrize("known", [("en", "fr"), ("en",), ()], ids=["both learned", "one learned", "none learned"])
def test_few_passages_lean_on_what_was_learned_and_many_on_the_corpus(known: tuple[str, ...]) -> None:
    both = {"en": vector(0, 1), "fr": vector(0, -1)}
    learned = learned_offsets({language: both[language] for language in known}, 0, 0)
    means = {"en": vector(1, 0), "fr": vector(-1, 0)}
    middle = np.mean([learned.by_language[language] for language in known], axis=0) if known else vector(0, 0)
    for count, share in ((1, 1 / (1 + PRIOR_PASSAGES)), (PRIOR_PASSAGES, 0.5), (MANY, 1.0)):
        neutralizer = Neutralizer.estimate(learned, means, {"en": count, "fr": count})
        for row, language in enumerate(("en", "fr")):
            prior = learned.by_language[language] - middle if language in known else vector(0, 0)
            np.testing.assert_allclose(neutralizer.offsets[row], share * means[language] + (1 - share) * prior, atol=1e-6)


def test_languages_that_the_corpus_lacks_keep_their_learned_offset_for_questions() -> None:
    learned = learned_offsets({"en": vector(2, 0), "fr": vector(0, 2), "sw": vector(3, 3)}, 0, 0)
    neutralizer = Neutralizer.estimate(learned, {"en": vector(1, 0), "fr": vector(0, 1)}, {"en": 5, "fr": 5})
    assert neutralizer.languages == ("en", "fr", "sw")
    np.testing.assert_allclose(neutralizer.offsets[2], [2, 2], atol=1e-6)
    assert neutralizer.offsets.dtype == neutralizer.centre.dtype == np.float32


def test_an_unknown_language_loses_only_the_centre() -> None:
    neutralizer = Neutralizer.estimate(NONE, {"en": vector(1, 0), "fr": vector(0, 1)}, {"en": 5, "fr": 5})
    np.testing.assert_allclose(neutralizer.shift_of("xx"), neutralizer.centre * CENTRE_SHARE)
    query = vector(1, 2)
    np.testing.assert_array_equal(neutralizer.query(query, {"xx": 1.0}), neutralizer.query(query, {}))
    np.testing.assert_array_equal(query, [1, 2], "the caller's vector is left alone")


def test_a_question_of_uncertain_language_lies_between_its_languages() -> None:
    neutralizer = Neutralizer(("en", "fr"), np.stack([vector(0.2, 0, 0), vector(0, 0.2, 0)]), vector(0, 0, 0.1), NONE.metric)
    question = vector(0.6, 0.6, 0.5)
    moved = question - CENTRE_SHARE * vector(0, 0, 0.1)
    for probabilities in ({"en": 1.0}, {"en": 0.7, "fr": 0.3}, {"en": 0.5, "xx": 0.5}, {}):
        expected = moved - 0.2 * vector(probabilities.get("en", 0), probabilities.get("fr", 0), 0)
        np.testing.assert_allclose(neutralizer.query(question, probabilities), expected / np.linalg.norm(expected), atol=1e-6)


@given(
    st.integers(0, 10_000),
    st.lists(st.sampled_from((*LANGUAGES, "xx")), min_size=1, max_size=12),
    st.dictionaries(st.sampled_from((*LANGUAGES, "xx")), st.floats(0, 1, width=32)),
)
def test_neutral_vectors_have_unit_length_and_stay_alone(seed: int, spoken: list[str], languages: dict[str, float]) -> None:
    counts = dict.fromkeys(LANGUAGES, seed % 50 + 1)
    means = dict(zip(LANGUAGES, unit_rows(seed, 4) / 2, strict=True))
    neutralizer = Neutralizer.estimate(
        LanguageOffsets({"en": unit_rows(seed + 1, 1)[0] / 4}, unit_rows(seed + 3, 1)[0] / 4), means, counts
    )
    vectors = unit_rows(seed + 2, len(spoken))
    neutral, lengths = neutralizer.passages(vectors, spoken)
    np.testing.assert_allclose(np.linalg.norm(neutral, axis=1), 1, atol=1e-5)
    restored = neutral * lengths[:, np.newaxis] + np.stack([neutralizer.shift_of(language) for language in spoken])
    np.testing.assert_allclose(restored, vectors, atol=1e-5)
    alone, _ = neutralizer.passages(vectors[:1], spoken[:1])
    np.testing.assert_allclose(alone[0], neutral[0], atol=1e-6)
    question = neutralizer.query(vectors[0], languages)
    assert np.linalg.norm(question) == pytest.approx(1, abs=1e-5)
    assert neutral.dtype == question.dtype == np.float32


def test_a_vector_that_equals_its_shift_stays_finite() -> None:
    neutralizer = Neutralizer.estimate(NONE, {"en": vector(1, 0)}, {"en": 5})
    assert np.isfinite(neutralizer.passages(neutralizer.shift_of("en")[np.newaxis], ["en"])[0]).all()
    assert np.isfinite(neutralizer.query(neutralizer.shift_of("en"), {})).all()


@given(st.integers(0, 10_000), st.integers(1, 30), st.booleans())
def test_passages_that_say_the_same_become_equal(seed: int, n: int, learned: bool) -> None:
    """What each says, plus an offset of its language: with the offsets learned, or a corpus large enough to show them."""
    meaning, offsets = unit_rows(seed, n), dict(zip(LANGUAGES, unit_rows(seed + 1, 4) / 3, strict=True))
    corpus = {language: meaning + offset for language, offset in offsets.items()}
    means = {language: vectors.mean(axis=0) for language, vectors in corpus.items()}
    known = LanguageOffsets({name: offset + 5 for name, offset in offsets.items()}, offsets["ar"]) if learned else NONE
    neutralizer = Neutralizer.estimate(known, means, dict.fromkeys(LANGUAGES, n if learned else MANY))
    neutral = {language: neutralizer.passages(vectors, [language] * n)[0] for language, vectors in corpus.items()}
    for language in LANGUAGES[1:]:
        np.testing.assert_allclose(neutral[language], neutral["ar"], atol=1e-3)


def test_offsets_come_back_as_they_were_saved(tmp_path: Path) -> None:
    offsets = dict(zip(("zh", "en", "ku"), unit_rows(3, 3), strict=True))
    LanguageOffsets(offsets, unit_rows(4, 1)[0]).save(tmp_path / "offsets.npz")
    with (tmp_path / "offsets.npz").open("rb") as file:
        read = LanguageOffsets.load(file)
    loaded = read.by_language
    np.testing.assert_allclose(read.centre, unit_rows(4, 1)[0], atol=1e-3)
    assert read.centre.dtype == np.float32
    assert set(loaded) == set(offsets)
    for language, offset in offsets.items():
        assert loaded[language].dtype == np.float32
        np.testing.assert_allclose(loaded[language], offset, atol=1e-3)


def packed(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def npy() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, unit_rows(1, 2))
    return buffer.getvalue()


CENTRE = np.zeros(8, np.float16)
SAVED = packed(languages=np.array(["en", "fr"]), offsets=unit_rows(1, 2).astype(np.float16), centre=CENTRE)
DAMAGED = {
    "empty": b"",
    "text": b"languages",
    "cut short": SAVED[:-30],
    "an array alone": npy(),
    "uneven": packed(languages=np.array(["en"]), offsets=unit_rows(1, 2), centre=CENTRE),
    "of an older version": packed(languages=np.array(["en", "fr"]), offsets=unit_rows(1, 2)),
    "data changed": SAVED[:150] + bytes(40) + SAVED[190:],
    "nothing in it": b"PK\x05\x06" + bytes(18),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_file_is_one_clear_line(content: bytes) -> None:
    with pytest.raises(StoreError, match="install crosscite again") as caught:
        LanguageOffsets.load(io.BytesIO(content))
    assert "\n" not in str(caught.value)


@given(st.integers(0, len(SAVED) - 1), st.integers(1, 255))
def test_a_byte_changed_anywhere_is_read_or_refused(at: int, by: int) -> None:
    content = bytearray(SAVED)
    content[at] ^= by
    try:
        offsets = LanguageOffsets.load(io.BytesIO(bytes(content)))
    except StoreError:
        return
    assert len(offsets.by_language) == 2


def test_the_embedded_model_comes_with_offsets_of_its_languages(embedded_encoder: EmbeddedEncoder) -> None:
    shipped = LanguageOffsets.shipped(embedded_encoder.name)
    offsets = shipped.by_language
    assert {"ar", "de", "el", "en", "es", "fr", "hi", "it", "ja", "ko", "pt", "ru", "th", "tr", "vi", "zh"} <= set(offsets)
    assert len(offsets) >= 80
    assert all(normalise_language(language) == language for language in offsets), "by the codes that documents have"
    rows = np.stack(list(offsets.values()))
    norms = np.linalg.norm(rows, axis=1)
    assert rows.shape == (len(offsets), embedded_encoder.dimensions)
    assert shipped.centre.shape == (embedded_encoder.dimensions,)
    assert np.isfinite(rows).all()
    assert 0.5 < np.linalg.norm(shipped.centre) < 1, "this model's vectors share most of their direction"
    assert norms.min() > 0.03, "every language has a place of its own"
    assert norms.max() < 0.5, "and none is farther away than passages of different topics"
    assert np.linalg.norm(rows.mean(axis=0)) < 0.1, "around the mean of the languages"


@pytest.mark.parametrize("name", ["sentence-transformers/LaBSE@1", "", "@", "multilingual-e5-small-other@1"])
def test_no_offsets_come_with_another_model(name: str) -> None:
    assert LanguageOffsets.shipped(name).by_language == {}


@pytest.mark.parametrize("languages", [("en", "es"), ("en", "zh"), ("hi", "ar")], ids=" ".join)
def test_offsets_bring_translations_nearer(embedded_encoder: EmbeddedEncoder, languages: tuple[str, str]) -> None:
    """With the real model and no more of a corpus than these: a translation is nearer than the same language."""
    texts = {
        "en": ("A fever makes the body hot.", "Bees make honey from flowers.", "The ship left the harbour at night."),
        "es": ("La fiebre calienta el cuerpo.", "Las abejas hacen miel de las flores.", "El barco dejó el puerto de noche."),
        "zh": ("发烧使身体发热。", "蜜蜂用花酿蜜。", "船在夜里离开了港口。"),
        "hi": ("बुखार से शरीर गर्म हो जाता है।", "मधुमक्खियाँ फूलों से शहद बनाती हैं।", "जहाज़ रात में बंदरगाह से निकला।"),
        "ar": ("الحمى تجعل الجسم ساخنا.", "النحل يصنع العسل من الأزهار.", "غادرت السفينة الميناء ليلا."),
    }
    vectors = {language: embedded_encoder.encode_passages(list(texts[language])) for language in languages}
    learned = LanguageOffsets.shipped(embedded_encoder.name)
    means = {language: rows.mean(axis=0) for language, rows in vectors.items()}
    neutralizer = Neutralizer.estimate(learned, means, dict.fromkeys(languages, 3))
    one, other = (neutralizer.passages(vectors[language], [language] * 3)[0] for language in languages)
    across, within = one @ other.T, one @ one.T
    assert (np.diag(across)[:, np.newaxis] > within - 2 * np.eye(3)).all()
    raw_across = vectors[languages[0]] @ vectors[languages[1]].T
    raw_within = vectors[languages[0]] @ vectors[languages[0]].T
    margin = (np.diag(across) - (within - 2 * np.eye(3)).max(axis=1)).min()
    raw_margin = (np.diag(raw_across) - (raw_within - 2 * np.eye(3)).max(axis=1)).min()
    assert margin > raw_margin
