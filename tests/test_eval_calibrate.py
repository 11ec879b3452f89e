"""The measured ranges: on a few texts, against the file that is in use."""

import json
from pathlib import Path

import numpy as np
import pytest

from eval.calibrate import CEILINGS, EXTREMES, ExactModel, calibration_texts, check, excess, fit, measure, texts_of
from index.embedded_encoder import EmbeddedEncoder
from index.embedded_graph import PRODUCTS
from index.embedded_quantize import read_ranges

SAMPLES = Path(__file__).parent.parent / "corpus" / "data"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ExactModel:
    return ExactModel(tmp_path_factory.mktemp("exact"))


def test_texts_are_of_all_kinds_and_always_the_same(model: ExactModel) -> None:
    texts = list(calibration_texts(model, SAMPLES))
    assert texts == list(calibration_texts(model, SAMPLES))
    assert len(texts) > 600
    assert sum(text.startswith("query: ") for text in texts) > 200
    assert sum(text.startswith("passage: ") for text in texts) > 200


def test_the_file_holds_what_is_measured(model: ExactModel) -> None:
    texts = list(calibration_texts(model, SAMPLES))[::60]
    count, extremes = measure(model, texts)
    assert count == len(texts)
    assert 0.5 < excess(extremes, read_ranges()) <= 1
    layers = fit(extremes)
    assert len(layers) == len(read_ranges()) == 12
    for layer in layers:
        assert set(layer) == set(PRODUCTS)
        for field, ceiling in CEILINGS.items():
            assert max(-layer[field]["low"], layer[field]["high"]) <= ceiling * 1.06


def test_a_value_beyond_its_range_is_told(model: ExactModel) -> None:
    _, extremes = measure(model, ["passage: leg cramps"])
    low, high = extremes["l3.ao"]
    beyond = dict(extremes) | {"l3.ao": (low, np.full_like(high, read_ranges()[3].attention_output.high * 2))}
    assert excess(beyond, read_ranges()) == pytest.approx(2, rel=1e-3)


def test_the_encoder_is_near_the_exact_model(model: ExactModel, embedded_encoder: EmbeddedEncoder, tmp_path: Path) -> None:
    lines = tmp_path / "texts.tsv"
    lines.write_text("1\tWhy does my eyelid twitch?\n2\tまぶたがぴくぴくします。\n3\t" + "word " * 600 + "\n", "utf-8")
    report = check(model, embedded_encoder, texts_of(lines))
    for kind in ("passages", "queries"):
        assert report[kind]["texts"] == 2, "the long one is left out"
        assert report[kind]["worst"] > 0.998
        assert report[kind]["below"] == 0


def test_texts_of_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text("".join(json.dumps({"text": str(number)}) + "\n" for number in range(1000)), "utf-8")
    assert texts_of(path)[:3] == ["0", "3", "6"]


def test_extremes_differ() -> None:
    assert len(set(EXTREMES)) == len(EXTREMES)
