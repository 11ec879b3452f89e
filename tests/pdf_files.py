"""Writes small PDF files with text in given places, for the tests of reading them."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 595, 842


@dataclass(frozen=True, slots=True)
class Words:
    """Text in Helvetica whose baseline begins at a place in points from the lower left corner."""

    x: float
    y: float
    text: str
    size: float = 11
    bold: bool = False


def lines(x: float, y: float, *texts: str, pitch: float = 14, size: float = 11, bold: bool = False) -> list[Words]:
    """Return texts below each other."""
    return [Words(x, y - index * pitch, text, size, bold) for index, text in enumerate(texts)]


def pdf(
    pages: Sequence[Sequence[Words]],
    info: str = "",
    extra: str = "",
    *,
    images: bool = False,
    outline: Sequence[tuple[str, int, int]] = (),
) -> bytes:
    """Return a PDF of these pages.

    ``info`` and ``extra`` go into its information and trailer dictionaries as they are; ``outline`` holds bookmarks as (title,
    page counted from 0, number of the bookmark after it, counted from 1, or 0).
    """
    count = len(pages)
    marks = 7 + 2 * count
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/Lang(en)%s>>" % (b"/Outlines %d 0 R" % marks if outline else b""),
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, b" ".join(b"%d 0 R" % (7 + 2 * n) for n in range(count))),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>",
        f"<<{info}>>".encode("cp1252"),
        _stream(b"\xff" * 4, b"/Type/XObject/Subtype/Image/Width 2/Height 2/BitsPerComponent 8/ColorSpace/DeviceGray"),
    ]
    for number, page in enumerate(pages):
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents %d 0 R"
            b"/Resources<</Font<</F0 3 0 R/F1 4 0 R>>/XObject<</I 6 0 R>>>>>>" % (WIDTH, HEIGHT, 8 + 2 * number)
        )
        content = b"\n".join(_shown(words) for words in page)
        objects.append(_stream(content + (b"\nq 500 0 0 700 40 40 cm /I Do Q" if images else b"")))
    if outline:
        objects.append(b"<</Type/Outlines/First %d 0 R>>" % (marks + 1))
    for title, page, following in outline:
        after = b"/Next %d 0 R" % (marks + following) if following else b""
        text = (b"\xfe\xff" + title.encode("utf-16-be", "surrogatepass")).hex().encode()
        objects.append(b"<</Title<%s>/Dest[%d 0 R/Fit]%s>>" % (text, 7 + 2 * page, after))
    data, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    trailer = b"<</Size %d/Root 1 0 R/Info 5 0 R%s>>" % (len(objects) + 1, extra.encode())
    return data + b"trailer\n%s\nstartxref\n%d\n%%%%EOF\n" % (trailer, start)


def _stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(content), content)


def _shown(words: Words) -> bytes:
    text = words.text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    return b"BT /F%d %g Tf %g %g Td (%s) Tj ET" % (words.bold, words.size, words.x, words.y, text)
