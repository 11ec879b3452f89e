"""The embedded model's tokenizer: pieces and scores from the weights file, the normaliser of the original tokenizer.

The original `tokenizer.json` of multilingual-e5-small normalises with SentencePiece's nmt_nfkc character map. Its bytes lie
in ``index/data`` (Apache-2.0, see NOTICE): with Unicode's NFKC instead, one sentence in 150 gets other ids.
"""

import hashlib
import lzma
from importlib.resources import files

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from index.embedded_weights import Pieces
from index.encoder import EncoderError

CHARSMAP_FILE = "nmt_nfkc.charsmap.xz"
CHARSMAP_SHA256 = "0942789e0111452f1cc446f70036e26d24458c3c7858c53cc12ca4d87531279b"
"""Digest of the unpacked map."""

_MARK = "▁"


def read_charsmap() -> bytes:
    """Return SentencePiece's compiled nmt_nfkc map. Raises EncoderError where the data file is missing or damaged."""
    try:
        charsmap = lzma.decompress(files("index").joinpath("data", CHARSMAP_FILE).read_bytes())
    except (OSError, lzma.LZMAError, EOFError) as error:
        raise EncoderError(f"index/data/{CHARSMAP_FILE} is missing or damaged: install crosscite again") from error
    if hashlib.sha256(charsmap).hexdigest() != CHARSMAP_SHA256:
        raise EncoderError(f"index/data/{CHARSMAP_FILE} is damaged (its sha256 differs): install crosscite again")
    return charsmap


def build_tokenizer(pieces: Pieces) -> Tokenizer:
    """Return the tokenizer; `encode(text).ids` begins with ``<s>`` and ends with ``</s>`` and is never truncated.

    Built from the pieces: reading the same from a `tokenizer.json` takes more than twice as long, at every start.
    Raises EncoderError as ``read_charsmap`` does.
    """
    tokenizer = Tokenizer(models.Unigram(list(zip(pieces.texts, pieces.scores.tolist(), strict=True)), pieces.unknown, False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Precompiled(read_charsmap()), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(_MARK, prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(_MARK, prepend_scheme="always")
    start, end = pieces.texts[pieces.bos], pieces.texts[pieces.eos]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}",
        pair=f"{start} $A {end} {end} $B {end}",
        special_tokens=[(start, pieces.bos), (end, pieces.eos)],
    )
    special = sorted({pieces.bos, pieces.pad, pieces.eos, pieces.unknown, len(pieces.texts) - 1})
    tokenizer.add_special_tokens([pieces.texts[number] for number in special])
    return tokenizer
