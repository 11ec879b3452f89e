"""Plain text: paragraphs, bullets and headings told apart by how the lines lie."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import regex

from corpus.boilerplate import find_boilerplate
from corpus.content import is_unnamed_text
from corpus.document import Block, BlockKind, Dropped, Page
from corpus.encodings import decoded, encoding_metadata, encoding_of, text_chunks
from corpus.formats import Extracted, Format
from corpus.large_text import LARGE_BYTES, divided
from corpus.raw_file import RawFile
from corpus.text import clean_text, first_title, join_hyphenated

_BULLET = regex.compile(r"(?:[-*+•‣◦▪●○·–—∙]|(?:\p{Nd}{1,3}|\p{L})[.)])\s+\S")
_SENTENCE_END = regex.compile(r"[.!?…:;,。！？：；，、।؟؛،።։။។][\p{Pe}\p{Pf}\"']*$")
_HEADING_MAX = 90  # code points; those of seeds/002 reach 88
_WRAP_MIN, _WRAP_MAX = 40, 100  # the widths at which people and programs wrap lines
_WRAP_MIN_UNSPACED = 18
_RULE = regex.compile(r"([-=_*~#+\u2500\u2550])\1{2,}+|([-*_~])(?:[ \t]++\2){2,}+")
_NUMBER = regex.compile(r"(\p{Nd}{1,2}(?:\.\p{Nd}{1,2})*+)\.?\s")
_UNSPACED = regex.compile(r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line without its surrounding white space, at ``start`` in the text."""

    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def extract(raw: RawFile) -> Iterator[Extracted]:
    """Return the text of a plain text file as it stands, with its blocks; a very large one as parts of a million characters.

    Form feeds divide pages, in files that are not divided into parts.
    """
    if raw.size is None or raw.size <= LARGE_BYTES:
        found = decoded(raw.read())
        pages = found.text.split("\f")
        yield structured([join_hyphenated(clean_text(page)) for page in pages], found.metadata)
        return
    with raw.open() as stream:
        encoding, mark = encoding_of(stream)
    title = ""
    with raw.open() as stream:
        for number, text in enumerate(divided(text_chunks(stream, encoding, mark)), 1):
            raw.budget.tick()
            part = structured([join_hyphenated(clean_text(text))], encoding_metadata(encoding))
            title = title or part.title
            yield replace(part, part=f"part {number}", title=f"{title} ({number})")


def structured(pages: list[str], metadata: dict[str, str]) -> Extracted:
    """Return the blocks of clean text, page by page, exactly as it stands."""
    text = "\n".join(pages)
    dropped = [*find_boilerplate(text)]
    blocks: list[Block] = []
    groups = _groups(text, dropped)
    for index, group in enumerate(groups):
        ruled = group[1:] and _RULE.fullmatch(group[1].text) and _looks_like_title(group[0].text)
        if ruled:  # a heading with a line of its own under it
            blocks.append(Block(BlockKind.HEADING, group[0].start, group[0].end, 1 if group[1].text[0] == "=" else 2))
            dropped.append(Dropped(group[1].start, group[1].end, "rule"))
            del group[:2]
        rules = [line for line in group if _RULE.fullmatch(line.text)]
        dropped.extend(Dropped(line.start, line.end, "rule") for line in rules)
        for lines in _between(group, rules):
            followed = index + 1 < len(groups) and not _BULLET.match(groups[index + 1][0].text)
            if (
                len(lines) == len(group) == 1
                and not ruled
                and followed
                and _looks_like_heading(lines[0].text, first=index == 0)
            ):
                blocks.append(Block(BlockKind.HEADING, lines[0].start, lines[0].end, _level(lines[0].text, first=index == 0)))
            else:
                blocks.extend(_blocks_of(lines))
    dropped.sort(key=lambda part: part.start)
    return Extracted(
        text, tuple(blocks), first_title(text, blocks), metadata=metadata, pages=tuple(_pages(pages)), dropped=tuple(dropped)
    )


def _pages(pages: list[str]) -> Iterator[Page]:
    if len(pages) < 2:
        return
    start = 0
    for number, page in enumerate(pages, 1):
        if page:
            yield Page(number, start, start + len(page))
        start += len(page) + 1


def _between(lines: list[_Line], rules: list[_Line]) -> Iterator[list[_Line]]:
    """Yield the runs of lines that no rule is among."""
    at = 0
    for rule in rules:
        stop = lines.index(rule, at)
        if stop > at:
            yield lines[at:stop]
        at = stop + 1
    if at < len(lines):
        yield lines[at:]


def _level(line: str, *, first: bool) -> int:
    """Return a heading's level: "1.2 Causes" is below "1 Overview"."""
    number = _NUMBER.match(line)
    if number:
        return min(6, number.group(1).count(".") + 2)
    return 1 if first else 2


def _groups(text: str, dropped: Sequence[Dropped]) -> list[list[_Line]]:
    """Return the runs of lines between blank lines, without lines that are dropped."""
    groups: list[list[_Line]] = []
    start, open_group = 0, False
    for raw in text.split("\n"):
        line = raw.strip()
        if not line or any(part.start <= start + len(raw) - len(raw.lstrip()) < part.end for part in dropped):
            open_group = False
        else:
            entry = _Line(line, start + len(raw) - len(raw.lstrip()))
            if open_group:
                groups[-1].append(entry)
            else:
                groups.append([entry])
            open_group = True
        start += len(raw) + 1
    return groups


def _looks_like_title(line: str) -> bool:
    return len(line) <= _HEADING_MAX and any(char.isalpha() for char in line)


def _looks_like_heading(line: str, *, first: bool) -> bool:
    """Say whether a line on its own is a heading: short, no end of a sentence (but a question), no bullet, not all symbols."""
    if len(line) > _HEADING_MAX or _BULLET.match(line) or not any(char.isalpha() for char in line):
        return False
    if line.endswith(("?", "？", "؟")):  # "¿Qué es el músculo de la pantorrilla?" but not the question that opens a letter
        return len(line) <= _HEADING_MAX and (first or len(regex.findall(r"[.!?؟。]", line)) == 1)
    if _ends_sentence(line):
        return False
    # A line of Chinese says in 30 characters what takes 90 in Latin letters.
    return len(line) + 2 * len(_UNSPACED.findall(line)) <= _HEADING_MAX


def _blocks_of(group: list[_Line]) -> list[Block]:
    """Return the blocks of lines that no blank line parts: bullets, hard-wrapped paragraphs, or a paragraph a line."""
    if _is_table(group):
        return [Block(BlockKind.TABLE_ROW, line.start, line.end) for line in group]
    blocks: list[Block] = []
    wrapped = _is_wrapped(group)
    previous: _Line | None = None
    for line in group:
        bullet = _BULLET.match(line.text) is not None
        follows = previous is not None and not bullet and (wrapped or _continues(blocks[-1], previous, line))
        if follows:
            blocks[-1] = Block(blocks[-1].kind, blocks[-1].start, line.end)
        else:
            blocks.append(Block(BlockKind.LIST_ITEM if bullet else BlockKind.PARAGRAPH, line.start, line.end))
        previous = line
    return blocks


def _ends_sentence(line: str) -> bool:
    return _SENTENCE_END.search(line, max(0, len(line) - 5)) is not None  # not from the start of a line that may be very long


def _is_table(group: list[_Line]) -> bool:
    """Say whether the lines of a group are rows whose cells tabs divide."""
    return len(group) > 1 and len({line.text.count("\t") for line in group}) == 1 and "\t" in group[0].text


def _is_wrapped(group: list[_Line]) -> bool:
    """Say whether the lines of a group are one text broken at a width: none is much longer, all but the last come near."""
    lengths = [len(line.text) for line in group]
    widest = max(lengths)
    if len(group) > 1 and _WRAP_MIN_UNSPACED <= widest < _WRAP_MIN and _UNSPACED.search(group[0].text):
        return min(lengths[:-1]) >= widest - 2 and lengths[-1] <= widest
    if len(group) < 2 or not _WRAP_MIN <= widest <= _WRAP_MAX:
        return False
    unfinished = sum(not _ends_sentence(line.text) for line in group[:-1])
    return unfinished * 2 >= len(group) - 1


def _continues(block: Block, previous: _Line, line: _Line) -> bool:
    """Say whether a line goes on with a bullet's or sentence's text: the one before ends in the middle of a sentence."""
    if _ends_sentence(previous.text):
        return False
    starts_lower = line.text[:1].islower()
    return starts_lower or (block.kind is BlockKind.LIST_ITEM and _WRAP_MIN <= len(previous.text) <= _WRAP_MAX)


FORMAT = Format("plain text", (".txt", ".text"), extract, resembles=is_unnamed_text)
