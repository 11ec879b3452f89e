"""The prior of a reader: it decides between the languages of a word, leaves sentences alone and rules nothing out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.language import use_detector
from index import candidates
from index.embedded_encoder import EmbeddedEncoder
from index.query_language import KEPT, READER_FACTOR, READER_LETTERS, for_reader, query_languages, query_probabilities, ranked

CODES = ("ca", "en", "es", "id", "ms", "pt", "su")


@pytest.mark.parametrize(
    ("text", "reads", "language"),
    [
        ("basil", {}, "id"),
        ("basil", {"en": 1.0}, "en"),
        ("paracetamol", {"es": 1.0}, "es"),
        ("paracetamol", {"es": 1.0, "en": 0.7}, "es"),
        ("頭痛", {"ja": 1.0}, "ja"),
        ("頭痛", {"en": 1.0}, "zh"),
        ("¿Por qué me tiembla el párpado?", {"en": 1.0, "pt": 1.0}, "es"),
        ("Hvorfor har jeg vondt i hodet om morgenen?", {"da": 1.0}, "no"),
        ("ทำไมเปลือกตากระตุก", {"en": 1.0}, "th"),
    ],
)
def test_questions(embedded_encoder: EmbeddedEncoder, text: str, reads: dict[str, float], language: str) -> None:
    shares = query_probabilities(embedded_encoder.name, text, embedded_encoder.encode_query(text))
    assert ranked(for_reader(shares, reads, text))[0].language == language


def test_no_reader_changes_nothing(embedded_encoder: EmbeddedEncoder) -> None:
    vector = embedded_encoder.encode_query("basil")
    shares = query_probabilities(embedded_encoder.name, "basil", vector)
    assert for_reader(shares, {}, "basil") == shares
    assert ranked(shares) == query_languages(embedded_encoder.name, "basil", vector)
    assert for_reader(shares, {"ja": 1.0}, "basil") == pytest.approx(shares)
    assert for_reader({}, {"en": 1.0}, "42") == {}


def test_bayes_rule_counts_what_is_in_no_known_language() -> None:
    assert for_reader({"en": 0.04, "id": 0.16}, {"en": 1.0}, "basil") == pytest.approx(
        {"en": 0.04 * READER_FACTOR / (0.96 + 0.04 * READER_FACTOR), "id": 0.16 / (0.96 + 0.04 * READER_FACTOR)}
    )
    half = for_reader({"en": 0.1, "es": 0.1}, {"en": 0.5, "es": 1.0}, "alergia")
    assert half["es"] / half["en"] == pytest.approx(READER_FACTOR**0.5), "q counts in the exponent"
    long = for_reader({"en": 0.1, "es": 0.1}, {"es": 1.0}, "a" * 3 * READER_LETTERS)
    assert long["es"] / long["en"] == pytest.approx(READER_FACTOR ** (1 / 3)), "and so does the length"


def test_langdetect_is_left_alone() -> None:
    use_detector("langdetect")
    try:
        assert for_reader({"en": 0.1, "id": 0.9}, {"en": 1.0}, "basil") == {"en": 0.1, "id": 0.9}
    finally:
        use_detector("default")


@given(
    st.lists(st.floats(0, 1), min_size=len(CODES) + 1, max_size=len(CODES) + 1).filter(lambda shares: sum(shares) > 1e-3),
    st.dictionaries(st.sampled_from((*CODES, "ja")), st.floats(0, 1)),
    st.integers(0, 60),
)
def test_a_reader_rules_no_language_out(weights: list[float], reads: dict[str, float], letters: int) -> None:
    shares = {code: weight / sum(weights) for code, weight in zip(CODES, weights, strict=False)}
    found = for_reader(shares, reads, "a" * letters)
    assert sum(found.values()) <= 1 + 1e-6
    for code, share in shares.items():
        assert found[code] >= min(share, KEPT) - 1e-6 or share < KEPT
        assert found[code] >= share / READER_FACTOR - 1e-9, "no language is hurt by more than the factor"


def test_what_is_kept_is_searched() -> None:
    assert KEPT >= candidates._LEAST_PROBABILITY
