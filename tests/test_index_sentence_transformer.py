"""sentence-transformers as an encoder: what goes wrong, in one line each. A real model is in test_index_model_export.py."""

import subprocess
import sys
import time

import pytest

from index.encoder import EncoderError

pytest.importorskip("sentence_transformers")

WITHOUT_THE_EXTRA = """
import sys
sys.modules["sentence_transformers"] = None
from index.encoder import EncoderError
from index.encoders import make_encoder
try:
    make_encoder("intfloat/multilingual-e5-base")
except EncoderError as error:
    print(error)
"""


def test_missing_extra_is_named() -> None:
    run = subprocess.run([sys.executable, "-c", WITHOUT_THE_EXTRA], capture_output=True, text=True, check=True)
    assert "pip install 'crosscite[sentence-transformers]'" in run.stdout
    assert run.stdout.count("\n") == 1


@pytest.mark.parametrize("model", ["no-such-organisation-zz/no-such-model-zz", "not a / valid // name", "./no/such/folder"])
def test_unknown_model_is_one_clear_line(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from index.sentence_transformer import SentenceTransformerEncoder

    # Port 9 refuses at once: the same as a hub behind a firewall, without a look outside.
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    start = time.monotonic()
    with pytest.raises(EncoderError) as error:
        SentenceTransformerEncoder(model)
    assert "\n" not in str(error.value)
    assert model in str(error.value)
    assert time.monotonic() - start < 30
