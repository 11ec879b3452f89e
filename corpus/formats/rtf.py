"""RTF: striprtf decodes it; headings, rows and notes, which it does not know, are marked before and found after."""

from collections.abc import Iterator

import regex

from corpus.dates import iso_date
from corpus.document import BlockKind
from corpus.formats import Extracted, Format
from corpus.package import damaged
from corpus.raw_file import RawFile
from corpus.text import TextBuilder, one_line

_SIGNATURE = b"{\\rtf"
# Private characters that stand in for structure while striprtf is at work: RTF writes them as \u with a negative number.
_HEADING, _ROW_START, _CELL, _ROW = (chr(0xF880 + index) for index in range(4))


def _coded(mark: str) -> str:
    return rf"{{\uc0\u{ord(mark) - 0x10000} }}"


_HEX = regex.compile(r"(?:[0-9a-fA-F]{2}[\r\n]*){100,}")  # pictures and other objects: no word is as long
_OUTLINE = regex.compile(r"\\outlinelevel(\d)\d*(?![\da-zA-Z]) ?")
_STYLE = regex.compile(r"\{(?:\\\*\\cs\d+|\\s(\d+))((?:[^{}]|\{[^{}]*\})*)\}")
_HEADING_STYLE = regex.compile(r"(?:heading ([1-6])|\stitle);", regex.I)
_USES_STYLE = regex.compile(r"\\s(\d+)(?![\da-zA-Z]) ?")
_CELL_END = regex.compile(r"\\(?:nest)?cell(?![a-zA-Z])")
_ROW_BEGIN = regex.compile(r"\\trowd(?![a-zA-Z])")
_ROW_END = regex.compile(r"\\(?:nest)?row(?![a-zA-Z])")
_FOOTNOTE = regex.compile(r"\{\s*(?:\\\*)?\s*\\footnote(?![a-zA-Z])")
_DELETED = regex.compile(r"\{[^{}]*\\deleted(?![a-zA-Z0-9])[^{}]*\}")
_BULLET = regex.compile(r"[•‣◦▪●○■□\uf0b7\uf0a7–-]\s*\t\s*|[•‣◦▪●○■□\uf0b7\uf0a7]\s+")
_NUMBERED = regex.compile(r"(?:\(?\p{Nd}{1,3}[.)]|\(?\p{L}[.)])\s*\t\s*")
_INFO = regex.compile(r"\{\\(title|author|creatim)\s?((?:[^{}\\]|\\[^{}]|\{[^{}]*\})*)\}")
_TIME = regex.compile(r"\\yr(\d+)\\mo(\d+)\\dy(\d+)")
_BRACE = regex.compile(r"\\[\\{}]|[{}]")
_HEADING_MARK = regex.compile(rf"{_HEADING}(\d){_HEADING}")
_MAX_LEVEL = 6


def extract(raw: RawFile) -> Iterator[Extracted]:
    """Return the text of an RTF file; headers, footers and comments are left out."""
    yield _read(raw)


def _read(raw: RawFile) -> Extracted:
    with damaged("RTF"):
        # What is beyond ASCII is written in escapes; the odd byte that is not is of the encoding that striprtf assumes.
        source = _HEX.sub("", raw.read().decode("cp1252", "replace"))
        if not source.startswith("{\\rtf"):
            raise ValueError("no RTF")
        title, metadata = _info(source)
        raw.budget.tick()
        text = _decoded(_marked(source))
        raw.budget.tick()
        builder = TextBuilder()
        _add(text, builder)
    return builder.build(title, None, metadata)


def _decoded(source: str) -> str:
    from striprtf.striprtf import rtf_to_text

    return str(rtf_to_text(source, errors="replace"))


def _marked(source: str) -> str:
    """Return RTF with marks for what striprtf leaves no trace of, and notes after the text."""
    sheet = source.find("{\\stylesheet")
    head_end = _group_end(source, sheet) if sheet >= 0 else 0
    levels = {}
    for style in _STYLE.finditer(source, max(0, sheet + 1), head_end):
        outline, named = _OUTLINE.search(style.group(2)), _HEADING_STYLE.search(style.group(2))
        if style.group(1) and outline and int(outline.group(1)) < 9:
            levels[style.group(1)] = int(outline.group(1))
        elif style.group(1) and named:
            levels[style.group(1)] = int(named.group(1) or 1) - 1
    body, notes = _without_notes(_DELETED.sub("", source[head_end:]))
    body = body.rstrip()[:-1] + "".join(notes) + "}"
    body = _OUTLINE.sub(lambda match: _heading(int(match.group(1))), body)
    if levels:
        body = _USES_STYLE.sub(lambda match: _heading(levels.get(match.group(1), 9)), body)
    body = _CELL_END.sub(lambda match: _coded(_CELL) + match.group(), body)
    body = _ROW_BEGIN.sub(lambda match: match.group() + _coded(_ROW_START), body)
    body = _ROW_END.sub(lambda match: match.group() + _coded(_ROW), body)
    return source[:head_end] + body


def _group_end(source: str, start: int) -> int:
    """Return where the group that opens at ``start`` ends, behind its brace."""
    depth = 0
    for match in _BRACE.finditer(source, start):
        depth += (match.group() == "{") - (match.group() == "}")
        if depth == 0 and len(match.group()) == 1:
            return match.end()
    return len(source)


def _without_notes(source: str) -> tuple[str, list[str]]:
    """Return RTF with numbers in the place of its footnotes, and these as paragraphs."""
    pieces: list[str] = []
    notes: list[str] = []
    at = 0
    for match in _FOOTNOTE.finditer(source):
        if match.start() < at:
            continue
        end = _group_end(source, match.start())
        notes.append(f"\\par {{[{len(notes) + 1}] {source[match.end() : end - 1]}}}\\par ")
        pieces += [source[at : match.start()], f"[{len(notes)}]"]
        at = end
    return "".join((*pieces, source[at:])), notes


def _heading(level: int) -> str:
    return f"{_coded(_HEADING)}{level}{_coded(_HEADING)}" if level < 9 else ""


def _add(text: str, builder: TextBuilder) -> None:
    *rows, rest = text.split(_ROW)
    for row in rows:
        before, _, content = row.partition(_ROW_START)
        _lines(before, builder)
        # What comes after the last cell is the row's layout, told again.
        parts = content.replace(_ROW_START, "").split(_CELL)[:-1]
        cells = [one_line(_HEADING_MARK.sub("", cell).strip("| \t\n")) for cell in parts]
        builder.add(BlockKind.TABLE_ROW, " | ".join(cells) if any(cells) else "")
    _lines(rest.replace(_ROW_START, "").replace(_CELL, " "), builder)


def _lines(text: str, builder: TextBuilder) -> None:
    for line in text.split("\n"):
        heading = _HEADING_MARK.search(line)
        line = _HEADING_MARK.sub("", line).strip()
        bullet, numbered = _BULLET.match(line), _NUMBERED.match(line)
        if heading:
            builder.add(BlockKind.HEADING, one_line(line), min(_MAX_LEVEL, int(heading.group(1)) + 1))
        elif bullet:
            builder.add(BlockKind.LIST_ITEM, "- " + line[bullet.end() :])
        elif numbered:
            builder.add(BlockKind.LIST_ITEM, " ".join(line.split()))
        else:
            builder.add(BlockKind.PARAGRAPH, line)


def _info(source: str) -> tuple[str, dict[str, str]]:
    """Return the title and metadata of the information group."""
    start = source.find("{\\info")
    found: dict[str, str] = {}
    if start >= 0:
        for match in _INFO.finditer(source, start, start + 20_000):
            found.setdefault(match.group(1), match.group(2))
    metadata = {}
    author = one_line(_decoded("{\\rtf1\\ansi " + found.get("author", "") + "}"))
    if author:
        metadata["author"] = author
    time = _TIME.search(found.get("creatim", ""))
    if time and iso_date(time.group(1)):
        metadata["date"] = f"{int(time.group(1)):04}-{int(time.group(2)):02}-{int(time.group(3)):02}"
    return one_line(_decoded("{\\rtf1\\ansi " + found.get("title", "") + "}")), metadata


def _is_rtf(raw: RawFile) -> bool:
    return raw.head.startswith(_SIGNATURE)


FORMAT = Format("RTF", (".rtf",), extract, signature=_is_rtf, isolated=True)
