"""Tokenises without loading a vocabulary of 250,002: with the pieces alone that occur in a text.

`tokenizers` keeps a Unigram vocabulary as a trie of hash maps: 0.8 s of processor time and 270 MB at every start, most of what
a question costs. But how a text is cut depends only on the pieces that occur in it, and on the lowest score of all (an unknown
character's score hangs on it). So the pieces of a batch of words are found first, by a rolling hash over its characters
(Karp and Rabin 1987) in a table made once with the model; then the best path through them is sought, word by word, as
`tokenizers` seeks it: for making one of its tokenizers for every few texts took three times as long. Ids are the same as the
whole vocabulary's, which tests hold. The ids of words are remembered, for most come again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt
import regex

from index.embedded_tokenizer import MARK, normaliser, special_pieces
from index.embedded_weights import Pieces
from index.encoder import EncoderError

TABLE_FILE = "pieces.npy"

_BASE = np.uint64(0x9E3779B97F4A7C15)
"""Odd and with its bits well mixed; arithmetic is modulo 2**64."""

_LIKELY_BITS = 22  # 4 MB, of which the pieces take 6 in a hundred
_LIKELY_SHIFT = np.uint64(64 - _LIKELY_BITS)
_TEXTS_AT_ONCE = 1024
_CHARACTERS_AT_ONCE = 1 << 18
_WORDS_KEPT, _LONGEST_KEPT = 1 << 16, 24  # words, and code points of one: a whole Thai sentence will hardly come again
_WINDOW = 1 << 14  # code points whose pieces are held at once
_UNKNOWN_PENALTY = 10.0
"""What SentencePiece takes an unknown character to be less likely than the least likely piece (kUnkPenalty)."""
_ROW = np.dtype([("hash", "<u8"), ("number", "<u4"), ("length", "<u4")])


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Pieces that occur in a text, in order of their starts: ids, and places in code points."""

    numbers: npt.NDArray[np.uint32]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PieceTable:
    """The pieces by their hashes, ascending: ``hashes`` uint64, ``numbers`` uint32; ``longest`` in code points.

    ``likely`` says of the first bits of a hash whether any piece's begins with them (Bloom 1970, with one function): most
    stretches of a text are no piece, and need not be looked for.
    """

    hashes: npt.NDArray[np.uint64]
    numbers: npt.NDArray[np.uint32]
    longest: int
    likely: npt.NDArray[np.bool_]

    def find(self, text: str) -> Occurrences:
        """Return all pieces that occur in a normalised text of at least one character."""
        characters = _characters(text)
        count = len(characters)
        # A piece has the mark of a space at its beginning only, so none goes on behind the end of a word.
        marks = np.flatnonzero(characters == ord(MARK))
        stops = np.append(marks, count)[np.searchsorted(marks, np.arange(count), "right")]
        room = np.minimum(stops - np.arange(count), self.longest)
        starts = np.repeat(np.arange(count), room)
        ends = np.arange(1, len(starts) + 1) - np.repeat(np.cumsum(room) - room, room) + starts
        # A stretch's hash is that of all up to its end without that of all before it. To sum up once, characters are divided by
        # powers of the base first: an odd number can be divided by, modulo 2**64.
        size = 1 << count.bit_length()
        powers, inverse = _powers(int(_BASE), size), _powers(pow(int(_BASE), -1, 1 << 64), size)
        upto = np.zeros(count + 1, np.uint64)
        upto[1:] = np.cumsum(characters * inverse[:count]) * powers[:count]
        hashes = upto[ends] - upto[starts] * powers[ends - starts]
        likely = np.flatnonzero(self.likely[hashes >> _LIKELY_SHIFT])
        hashes = hashes[likely]
        rows = np.searchsorted(self.hashes, hashes)
        same = self.hashes.take(rows, mode="clip") == hashes
        likely = likely[same]
        return Occurrences(self.numbers[rows[same]], starts[likely], ends[likely])


def write_table(pieces: Pieces, directory: Path) -> None:
    """Write the table of ``read_table`` into a directory. Raises OSError where it cannot be written."""
    characters = _characters(str(pieces.encoded, "utf-8"))
    # In UTF-8 every byte but 0b10xxxxxx begins a character: counted up to a piece's first byte, they give its first character.
    begins = (np.frombuffer(pieces.encoded, np.uint8) & 0xC0) != 0x80
    edges = np.concatenate(([0], np.cumsum(begins)))[pieces.offsets]
    lengths = np.diff(edges)
    hashes = np.zeros(len(pieces), np.uint64)
    for at in range(int(lengths.max())):
        long = lengths > at
        hashes[long] = hashes[long] * _BASE + characters[edges[:-1][long] + at]
    rows = np.empty(len(pieces), _ROW)
    rows["hash"], rows["number"], rows["length"] = hashes, np.arange(len(pieces)), lengths
    with (directory / TABLE_FILE).open("wb") as file:
        np.save(file, rows[np.argsort(hashes, kind="stable")])


def read_table(directory: Path) -> PieceTable:
    """Read the table that ``write_table`` wrote: 3 MB. Raises EncoderError where it is missing or damaged."""
    try:
        rows = np.load(directory / TABLE_FILE)
        hashes, numbers = np.ascontiguousarray(rows["hash"]), np.ascontiguousarray(rows["number"])
        likely = np.zeros(1 << _LIKELY_BITS, np.bool_)
        likely[hashes >> _LIKELY_SHIFT] = True
        return PieceTable(hashes, numbers, int(rows["length"].max()), likely)
    except (OSError, ValueError, IndexError, EOFError) as error:
        raise EncoderError(f"the embedded model in {directory} is damaged; delete that folder and try again") from error


class VocabularyTokenizer:
    """Turns texts into ids of the full vocabulary, without special tokens. Safe to call from several threads."""

    def __init__(self, pieces: Pieces, table: PieceTable) -> None:
        self._table, self._unknown = table, pieces.unknown
        self._scores = pieces.scores.astype(np.float64)
        self._unknown_score = float(self._scores.min()) - _UNKNOWN_PENALTY
        special = {pieces.text(number): [number] for number in special_pieces(pieces)}
        self._special_pattern = regex.compile(f"({'|'.join(map(regex.escape, special))})")
        # Words are known without the mark that they begin with, so that only what is no word has a mark.
        self._special = {MARK + text: ids for text, ids in special.items()}
        self._words = dict(self._special)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return each text's ids. Lone surrogates, which UTF-8 has no bytes for, count as question marks."""
        return [list(chain.from_iterable(parts)) for parts in self._parts(texts)]

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return the length of each text's ids."""
        return [sum(map(len, parts)) for parts in self._parts(texts)]

    def _parts(self, texts: Sequence[str]) -> Iterator[list[list[int]]]:
        """Yield for each text the ids of its words, one after the other."""
        for some in _groups(texts):
            split = [self._split(text) for text in some]
            known, found = self._words, {}
            new = [word for word in dict.fromkeys(chain.from_iterable(split)) if word not in known]
            if new:
                found = dict(zip(new, self._cut([MARK + word for word in new]), strict=True))
                kept = {word: ids for word, ids in found.items() if len(word) < _LONGEST_KEPT}
                if len(known) > _WORDS_KEPT:
                    self._words = self._special | kept  # other threads go on with theirs
                else:
                    known |= kept
            for words in split:
                yield [found.get(word) or known[word] for word in words] if found else [known[word] for word in words]

    def _split(self, text: str) -> list[str]:
        """Return a text's normalised words without their marks, and the special pieces in it with one."""
        if "<" not in text:
            return _words(text)
        words: list[str] = []
        # Special pieces are recognised before all else, also inside a word; what follows begins a text of its own.
        for part in self._special_pattern.split(text):
            words += [MARK + part] if MARK + part in self._special else _words(part)
        return words

    def _cut(self, words: list[str]) -> Iterator[list[int]]:
        """Yield the ids of each word: the likeliest path through the pieces in it (Kudo 2018, arXiv 1804.10959; Viterbi 1967).

        Sums, and which of two equal paths is taken, are those of `tokenizers`: the one whose last piece is longer.
        """
        text = "".join(words)
        best, back, piece = [0.0] * (len(text) + 1), [-1] * (len(text) + 1), [self._unknown] * (len(text) + 1)
        for base in range(0, len(text), _WINDOW):
            found = self._table.find(text[base : base + _WINDOW + self._table.longest - 1])
            stop = min(base + _WINDOW, len(text))
            edges = np.searchsorted(found.starts, np.arange(stop - base + 1)).tolist()
            numbers, ends = found.numbers.tolist(), (found.ends + base).tolist()
            scores = self._scores[found.numbers].tolist()
            for at in range(base, stop):
                before = 0.0 if text[at] == MARK else best[at]
                known = False
                for row in range(edges[at - base], edges[at - base + 1]):
                    end, score = ends[row], before + scores[row]
                    if back[end] < 0 or score > best[end]:
                        best[end], back[end], piece[end] = score, at, numbers[row]
                    known = known or end == at + 1
                if not known:
                    score = before + self._unknown_score
                    if back[at + 1] < 0 or score > best[at + 1]:
                        best[at + 1], back[at + 1], piece[at + 1] = score, at, self._unknown
        start = 0
        for word in words:
            ids: list[int] = []
            at = end = start + len(word)
            while at > start:
                # Unknown characters in a row are one unknown piece.
                if piece[at] != self._unknown or not ids or ids[-1] != self._unknown:
                    ids.append(piece[at])
                at = back[at]
            yield ids[::-1]
            start = end


def _words(text: str) -> list[str]:
    """Return the normalised words of a text without special pieces; a mark in it is a space."""
    # The normaliser leaves printable ASCII as it is, but for spaces in a row.
    if not (text.isascii() and text.isprintable()) or "  " in text:
        text = normaliser().normalize_str(text).replace(MARK, " ")
    return text.removeprefix(" ").split(" ") if text else []


@cache
def _powers(base: int, count: int) -> npt.NDArray[np.uint64]:
    """Return the first powers of a base, from the 0th on, modulo 2**64."""
    factors = np.full(count, base, np.uint64)
    factors[0] = 1
    return np.cumprod(factors)


def _characters(text: str) -> npt.NDArray[np.uint64]:
    return np.frombuffer(text.encode("utf-32-le"), "<u4").astype(np.uint64)


def _groups(texts: Sequence[str]) -> Iterator[list[str]]:
    """Cut a list so that the paths through one part do not take much memory."""
    group: list[str] = []
    size = 0
    for text in texts:
        if group and (len(group) == _TEXTS_AT_ONCE or size + len(text) > _CHARACTERS_AT_ONCE):
            yield group
            group, size = [], 0
        group.append(text.encode("utf-8", "replace").decode("utf-8"))
        size += len(text)
    if group:
        yield group
