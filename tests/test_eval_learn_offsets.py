from pathlib import Path

import numpy as np
import pytest

from eval.datasets import EvalError
from eval.learn_offsets import joined, learn, numbered, read_parallel
from index.encoders import EMBEDDED, make_encoder
from index.language_offsets import LanguageOffsets

TEXTS = {
    "en": ["Wash your hands before you eat.", "The doctor listens to your heart.", "Drink a glass of water."],
    "es": ["Lávate las manos antes de comer.", "El médico escucha tu corazón.", "Bebe un vaso de agua."],
    "de": ["Wasch dir vor dem Essen die Hände.", "Der Arzt hört dein Herz ab.", "Trink ein Glas Wasser."],
}


def source(**offsets: list[float]) -> LanguageOffsets:
    arrays = {language: np.array(values, np.float32) for language, values in offsets.items()}
    return LanguageOffsets(arrays, np.zeros(2, np.float32))


def write(folder: Path, language: str, keys: list[int]) -> None:
    (folder / f"{language}.tsv").write_text("".join(f"k{key}\t{language} {key}\n" for key in keys), "utf-8")


def test_an_offset_is_the_mean_way_from_translation_to_translation() -> None:
    encoder = make_encoder(EMBEDDED)
    learned = learn(encoder, numbered(TEXTS))
    means = {language: encoder.encode_passages(texts).mean(axis=0) for language, texts in TEXTS.items()}
    middle = np.mean(list(means.values()), axis=0)
    np.testing.assert_allclose(learned.centre, middle, atol=1e-5)
    for language, mean in means.items():
        np.testing.assert_allclose(learned.by_language[language], mean - middle, atol=1e-5)


def test_a_language_that_has_translated_a_part_is_compared_on_that_part() -> None:
    encoder = make_encoder(EMBEDDED)
    part = {**numbered(TEXTS), "es": {"2": TEXTS["es"][2]}}
    learned = learn(encoder, part)
    es, en = (encoder.encode_passages([TEXTS[language][2]])[0] for language in ("es", "en"))
    np.testing.assert_allclose(learned.by_language["es"] - learned.by_language["en"], es - en, atol=1e-5)


def test_sources_with_other_languages_are_brought_to_the_same_mean() -> None:
    first = source(en=[1, 0], es=[-1, 0])
    # The same as the first, seen from another mean, and a language more.
    second = source(en=[3, 5], es=[1, 5], de=[2, 6])
    found = joined([first, second]).by_language
    np.testing.assert_allclose(found["en"], [1, 0])
    np.testing.assert_allclose(found["es"], [-1, 0])
    np.testing.assert_allclose(found["de"], [0, 1])


def test_sources_count_alike_whatever_their_order_after_the_first() -> None:
    sources = [source(en=[0, 0], es=[0, 0]), source(en=[1, 0], es=[-1, 0]), source(en=[2, 0], es=[-2, 0])]
    one, other = joined(sources), joined([sources[0], sources[2], sources[1]])
    np.testing.assert_allclose(one.by_language["en"], [1, 0])
    np.testing.assert_allclose(other.by_language["en"], one.by_language["en"])


def test_sources_without_a_common_language_are_refused() -> None:
    with pytest.raises(ValueError, match="share no language"):
        joined([source(en=[0, 0]), source(es=[0, 0])])


def test_lines_are_spread_evenly_and_english_keeps_what_is_used(tmp_path: Path) -> None:
    write(tmp_path, "en", list(range(100)))
    write(tmp_path, "es", list(range(100)))
    write(tmp_path, "de", list(range(0, 100, 2)))
    write(tmp_path, "notalanguage", [1])
    texts = read_parallel(tmp_path, 10)
    assert sorted(texts) == ["de", "en", "es"]
    assert list(texts["es"]) == [f"k{key}" for key in range(0, 100, 10)]
    assert list(texts["de"]) == [f"k{key}" for key in range(0, 100, 10)]
    assert texts["en"].keys() == texts["es"].keys() | texts["de"].keys()
    assert texts["en"]["k10"] == "en 10"


def test_without_english_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    write(tmp_path, "es", [1])
    with pytest.raises(EvalError, match=r"no en\.tsv"):
        read_parallel(tmp_path, 10)
