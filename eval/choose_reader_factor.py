"""Measures how much more probable being the reader's should make a language: ``READER_FACTOR``, ``READER_LETTERS``.

`python -m eval.choose_reader_factor DATASET`: texts as `crosscite eval langid` reads them, of the languages in its half
`choosing` that have notices. Prints by factor, letters and kind of text the share that is right without a reader, and how
many points more for each ``eval.langid.Reader`` and for a rival, who reads the likeliest wrong language alone: the worst case.
"""

import argparse
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import get_args

import numpy as np

import index.query_language
from corpus.document import UNDETERMINED
from corpus.language import SURE
from eval.langid import LabelledText, Reader, half_of, load_texts, reads_of
from index.encoders import EMBEDDED, make_encoder
from index.query_language import for_reader, query_probabilities, ranked
from service.notices import Notices

_FACTORS = (2, 5, 10, 15, 20, 30, 50, 100)
_LETTERS = (10, 15, 20, 100_000)  # the last: whatever the length
_RIVAL = "rival"


def main(arguments: list[str] | None = None) -> int:
    """Measure and print a line for each factor and kind."""
    parser = argparse.ArgumentParser(prog="python -m eval.choose_reader_factor", description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--limit", type=int, help="about this many texts of each kind, evenly spread")
    options = parser.parse_args(arguments)
    known = Notices().languages
    texts = [text for text in half_of(load_texts(options.dataset, options.limit), "choosing") if text.language in known]
    encoder = make_encoder(EMBEDDED)
    vectors = encoder.encode_queries([text.text for text in texts])
    shares = [query_probabilities(encoder.name, text.text, vector) for text, vector in zip(texts, vectors, strict=True)]
    kinds = np.array([text.kind for text in texts])
    readers = (*get_args(Reader), _RIVAL)
    print(f"{'factor':>6} {'letters':>7}  {'kind':12}{'alone':>8}" + "".join(f"{reader:>8}" for reader in readers))
    alone = right(texts, shares, None)
    for factor, letters in product(_FACTORS, _LETTERS):
        index.query_language.READER_FACTOR, index.query_language.READER_LETTERS = float(factor), letters
        found = [right(texts, shares, reader) for reader in readers]
        for kind in dict.fromkeys(kinds.tolist()):
            of_kind = kinds == kind
            points = "".join(f"{100 * (one[of_kind].mean() - alone[of_kind].mean()):+8.2f}" for one in found)
            print(f"{factor:>6} {letters:>7}  {kind:12}{alone[of_kind].mean():8.4f}{points}", flush=True)
    return 0


def right(texts: list[LabelledText], shares: list[dict[str, float]], reader: str | None) -> np.ndarray:
    """Return of each text whether its language is found for this reader, shape (texts,), bool."""
    return np.array(
        [_found(text.text, one, _reads(text, one, reader)) == text.language for text, one in zip(texts, shares, strict=True)]
    )


def _reads(text: LabelledText, shares: Mapping[str, float], reader: str | None) -> dict[str, float]:
    if reader == _RIVAL:
        wrong = {language: share for language, share in shares.items() if language != text.language}
        return {max(wrong, key=lambda language: wrong[language]): 1.0} if wrong else {}
    return reads_of(text.language, next((known for known in get_args(Reader) if known == reader), None))


def _found(text: str, shares: Mapping[str, float], reads: Mapping[str, float]) -> str:
    best = next(iter(ranked(for_reader(shares, reads, text))), None)
    return best.language if best is not None and best.confidence >= SURE else UNDETERMINED


if __name__ == "__main__":
    raise SystemExit(main())
