"""The embedded model's tokenizer: pieces and scores from the weights file, the normaliser of the original tokenizer.

The original `tokenizer.json` of multilingual-e5-small normalises with SentencePiece's nmt_nfkc character map. Its bytes lie
in ``index/data`` (Apache-2.0, see NOTICE): with Unicode's NFKC instead, one sentence in 150 gets other ids.
"""

import functools
import hashlib
import lzma
from importlib.resources import files
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from index.embedded_weights import Pieces
from index.encoder import EncoderError

CHARSMAP_FILE = "nmt_nfkc.charsmap.xz"
CHARSMAP_SHA256 = "0942789e0111452f1cc446f70036e26d24458c3c7858c53cc12ca4d87531279b"
"""Digest of the unpacked map."""

MARK = "▁"
"""What SentencePiece writes for a space, and before every text."""


def read_charsmap() -> bytes:
    """Return SentencePiece's compiled nmt_nfkc map. Raises EncoderError where the data file is missing or damaged."""
    try:
        charsmap = lzma.decompress(files("index").joinpath("data", CHARSMAP_FILE).read_bytes())
    except (OSError, lzma.LZMAError, EOFError) as error:
        raise EncoderError(f"index/data/{CHARSMAP_FILE} is missing or damaged: install crosscite again") from error
    if hashlib.sha256(charsmap).hexdigest() != CHARSMAP_SHA256:
        raise EncoderError(f"index/data/{CHARSMAP_FILE} is damaged (its sha256 differs): install crosscite again")
    return charsmap


@functools.cache
def normaliser() -> Any:
    """Return the normaliser of `tokenizers`; one serves all tokenizers. Raises EncoderError as ``read_charsmap`` does."""
    return normalizers.Sequence([normalizers.Precompiled(read_charsmap()), normalizers.Replace(Regex(" {2,}"), " ")])


def special_pieces(pieces: Pieces) -> list[int]:
    """Return the ids, ascending, of the pieces that are recognised in a text as they stand, such as ``<s>``."""
    return sorted({pieces.bos, pieces.pad, pieces.eos, pieces.unknown, pieces.mask})


def build_tokenizer(pieces: Pieces) -> Tokenizer:
    """Return the tokenizer; `encode(text).ids` begins with ``<s>`` and ends with ``</s>`` and is never truncated.

    It takes 0.8 s and 270 MB: what serves questions and passages is ``index.embedded_vocabulary``, with the same ids.

    Raises:
        EncoderError: as ``read_charsmap`` does.
    """
    vocabulary = list(zip(pieces.texts(), pieces.scores.tolist(), strict=True))
    tokenizer = Tokenizer(models.Unigram(vocabulary, pieces.unknown, False))
    tokenizer.normalizer = normaliser()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(MARK, prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(MARK, prepend_scheme="always")
    tokenizer.add_special_tokens([pieces.text(number) for number in special_pieces(pieces)])
    start, end = pieces.text(pieces.bos), pieces.text(pieces.eos)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}",
        pair=f"{start} $A {end} {end} $B {end}",
        special_tokens=[(text, tokenizer.token_to_id(text)) for text in (start, end)],
    )
    return tokenizer
