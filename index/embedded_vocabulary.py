"""Tokenises with the few pieces that a text can contain, instead of loading a vocabulary of 250,002.

`tokenizers` keeps a Unigram vocabulary as a trie of hash maps: 0.8 s of processor time and 270 MB at every start, most of what
a question costs. But how a text is cut depends only on the pieces that occur in it, and on the lowest score of all (an unknown
character's score hangs on it). So the pieces of a batch of texts are found first, by a rolling hash over its characters
(Karp and Rabin 1987) in a table made once with the model; then `tokenizers` itself is given those alone. Ids are the same
by construction: a hash that two strings share adds a piece that occurs nowhere, and can do no harm.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.embedded_tokenizer import MARK, build_tokenizer, normaliser, special_pieces
from index.embedded_weights import Pieces
from index.encoder import EncoderError

TABLE_FILE = "pieces.npy"

_BASE = np.uint64(0x9E3779B97F4A7C15)
"""Odd and with its bits well mixed; arithmetic is modulo 2**64."""

_TEXTS_AT_ONCE = 1024
_CHARACTERS_AT_ONCE = 1 << 20
_ROW = np.dtype([("hash", "<u8"), ("number", "<u4"), ("length", "<u4")])


@dataclass(frozen=True, slots=True)
class PieceTable:
    """The pieces by their hashes, ascending: ``hashes`` uint64, ``numbers`` uint32; ``longest`` in code points."""

    hashes: npt.NDArray[np.uint64]
    numbers: npt.NDArray[np.uint32]
    longest: int

    def find(self, text: str) -> npt.NDArray[np.uint32]:
        """Return the ids, ascending, of all pieces that occur in a normalised text, and perhaps of a few that do not."""
        characters = _characters(text)
        mark = np.uint64(ord(MARK))
        starts = np.arange(len(characters))
        hashes = np.zeros(len(characters), np.uint64)
        found = []
        for length in range(self.longest):
            hashes = hashes * _BASE + characters[starts + length]
            places = np.searchsorted(self.hashes, hashes)
            places[places == len(self.hashes)] = 0
            found.append(np.unique(self.numbers[places[self.hashes[places] == hashes]]))
            # A piece has the mark of a space at its beginning only, so none goes on behind the end of a word.
            going = starts + length + 1 < len(characters)
            going[going] = characters[starts[going] + length + 1] != mark
            starts, hashes = starts[going], hashes[going]
        return np.unique(np.concatenate(found))


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
        return PieceTable(hashes, numbers, int(rows["length"].max()))
    except (OSError, ValueError, IndexError, EOFError) as error:
        raise EncoderError(f"the embedded model in {directory} is damaged; delete that folder and try again") from error


class VocabularyTokenizer:
    """Turns texts into ids of the full vocabulary, without special tokens. Safe to call from several threads."""

    def __init__(self, pieces: Pieces, table: PieceTable) -> None:
        self._pieces, self._table = pieces, table
        special = special_pieces(pieces)
        self._special_texts = [pieces.text(number) for number in special]
        self._always = np.array([*special, int(pieces.scores.argmin())], np.uint32)

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return each text's ids. Lone surrogates, which UTF-8 has no bytes for, count as question marks."""
        return [
            ids
            for some in _groups([text.encode("utf-8", "replace").decode("utf-8") for text in texts])
            for ids in self._encode(some)
        ]

    def _encode(self, texts: list[str]) -> Iterator[list[int]]:
        numbers = np.union1d(self._always, self._table.find(self._marked(texts)))
        tokenizer = build_tokenizer(self._pieces, numbers.tolist())
        for encoding in tokenizer.encode_batch_fast(texts, add_special_tokens=False):
            yield numbers[encoding.ids].tolist() if encoding.ids else []

    def _marked(self, texts: list[str]) -> str:
        """Return the words of the texts as they are before they are cut into pieces."""
        normalise = normaliser().normalize_str
        parts = []
        for text in texts:
            for special in self._special_texts if "<" in text else ():
                # Recognised before all else: what follows begins a text of its own.
                text = text.replace(special, " ")
            parts.append(f"{MARK}{normalise(text)}".replace(" ", MARK))
        # Each word once: in running text that leaves a third of them.
        return MARK + MARK.join(dict.fromkeys("".join(parts).split(MARK)))


def _characters(text: str) -> npt.NDArray[np.uint64]:
    return np.frombuffer(text.encode("utf-32-le"), "<u4").astype(np.uint64)


def _groups(texts: list[str]) -> Iterator[list[str]]:
    """Cut a list so that the hashes of one part, 8 bytes a character, do not take much memory."""
    group: list[str] = []
    size = 0
    for text in texts:
        if group and (len(group) == _TEXTS_AT_ONCE or size + len(text) > _CHARACTERS_AT_ONCE):
            yield group
            group, size = [], 0
        group.append(text)
        size += len(text)
    if group:
        yield group
