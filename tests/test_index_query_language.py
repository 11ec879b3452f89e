"""The language of questions by letters and embedding together, and by letters alone where nothing was learned."""

from pathlib import Path

import numpy as np
import pytest

from corpus.language import language_candidates, use_detector
from index.database import StoreError
from index.embedded_encoder import EmbeddedEncoder
from index.query_language import QueryLanguages, query_languages, shipped

QUESTIONS = [
    ("en", "bitcoin price"),
    ("it", "Perché mi trema la palpebra"),
    ("es", "dolor de cabeza"),
    ("id", "Mengapa kelopak mata saya berkedut?"),
    ("no", "Hvorfor har jeg vondt i hodet om morgenen?"),
    ("fr", "j’ai eu de la fièvre hier"),
    ("hr", "Zašto me boli glava kad popijem kavu?"),
    ("ur", "میری پلک کیوں پھڑکتی ہے؟"),
    ("mr", "माझ्या पायात वारंवार गोळे का येतात?"),
    ("ja", "頭痛の原因"),
    ("th", "ทำไมเปลือกตากระตุก"),
]


@pytest.mark.parametrize(("language", "text"), QUESTIONS)
def test_questions(embedded_encoder: EmbeddedEncoder, language: str, text: str) -> None:
    guesses = query_languages(embedded_encoder.name, text, embedded_encoder.encode_query(text))
    assert guesses[0].language == language
    assert sum(guess.confidence for guess in guesses) <= 1.001
    assert [guess.confidence for guess in guesses] == sorted((guess.confidence for guess in guesses), reverse=True)


def test_no_letters_no_language(embedded_encoder: EmbeddedEncoder) -> None:
    assert query_languages(embedded_encoder.name, "42 🙂", embedded_encoder.encode_query("42 🙂")) == ()


def test_other_encoders_and_langdetect_go_by_the_letters() -> None:
    text, vector = "dolor de cabeza", np.ones(384, np.float32) / np.float32(384**0.5)
    assert query_languages("another-encoder", text, vector) == language_candidates(text)
    use_detector("langdetect")
    try:
        assert query_languages("multilingual-e5-small@1", text, vector) == language_candidates(text)
    finally:
        use_detector("default")


def test_what_is_shipped(embedded_encoder: EmbeddedEncoder) -> None:
    learned = shipped(embedded_encoder.name)
    assert learned is not None
    assert learned.weights.shape == (len(learned.languages), embedded_encoder.dimensions)
    assert len(learned.languages) > 100
    assert shipped("another-encoder") is None


def test_saved_and_loaded(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    one = QueryLanguages(
        ("es", "it"), rng.random((2, 8), np.float32), np.zeros(2, np.float32), np.array([1, 0, 1, 0, 0, 0], np.float32)
    )
    one.save(tmp_path / "x.npz")
    with (tmp_path / "x.npz").open("rb") as file:
        again = QueryLanguages.load(file)
    vector = rng.random(8, np.float32)
    assert again.languages == one.languages
    assert again.probabilities("casa", vector)["es"] == pytest.approx(one.probabilities("casa", vector)["es"], abs=0.01)
    (tmp_path / "x.npz").write_bytes(b"PK damaged")
    with (tmp_path / "x.npz").open("rb") as file, pytest.raises(StoreError, match="install crosscite again"):
        QueryLanguages.load(file)
