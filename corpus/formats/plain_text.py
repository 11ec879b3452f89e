"""Plain text: paragraphs, bullets and headings told apart by how the lines lie."""

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from corpus.document import Block, BlockKind
from corpus.encodings import decoded
from corpus.formats import Extracted, Format
from corpus.raw_file import RawFile
from corpus.text import clean_text, first_title

_BULLET = regex.compile(r"(?:[-*+•‣◦▪●○·–—∙]|(?:\p{Nd}{1,3}|\p{L})[.)])\s+\S")
_SENTENCE_END = regex.compile(r"[.!?…:;,。！？：；，、।؟؛،።։။។][\p{Pe}\p{Pf}\"']*$")
_HEADING_MAX = 90  # code points; those of seeds/002 reach 88
_WRAP_MIN, _WRAP_MAX = 40, 100  # the widths at which people and programs wrap lines
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
    """Return the text of a plain text file as it stands, with its blocks."""
    yield _page(raw.read())


def _page(data: bytes) -> Extracted:
    found = decoded(data)
    text = clean_text(found.text)
    blocks: list[Block] = []
    groups = _groups(text)
    for index, group in enumerate(groups):
        followed = index + 1 < len(groups) and not _BULLET.match(groups[index + 1][0].text)
        if len(group) == 1 and followed and _looks_like_heading(group[0].text, first=index == 0):
            blocks.append(Block(BlockKind.HEADING, group[0].start, group[0].end, 1 if index == 0 else 2))
        else:
            blocks.extend(_blocks_of(group))
    return Extracted(text, tuple(blocks), first_title(text, blocks), metadata=found.metadata)


def _groups(text: str) -> list[list[_Line]]:
    """Return the runs of lines between blank lines."""
    groups: list[list[_Line]] = []
    start, open_group = 0, False
    for raw in text.split("\n"):
        line = raw.strip()
        if not line:
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


def _looks_like_heading(line: str, *, first: bool) -> bool:
    """Say whether a line on its own is a heading: short, no end of a sentence (but a question), no bullet, not all symbols."""
    if len(line) > _HEADING_MAX or _BULLET.match(line) or not any(char.isalpha() for char in line):
        return False
    if line.endswith(("?", "？", "؟")):  # "¿Qué es el músculo de la pantorrilla?" but not the question that opens a letter
        return len(line) <= _HEADING_MAX and (first or len(regex.findall(r"[.!?؟。]", line)) == 1)
    if _SENTENCE_END.search(line):
        return False
    # A line of Chinese says in 30 characters what takes 90 in Latin letters.
    return len(line) + 2 * len(_UNSPACED.findall(line)) <= _HEADING_MAX


def _blocks_of(group: list[_Line]) -> list[Block]:
    """Return the blocks of lines that no blank line parts: bullets, hard-wrapped paragraphs, or a paragraph a line."""
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


def _is_wrapped(group: list[_Line]) -> bool:
    """Say whether the lines of a group are one text broken at a width: none is much longer, all but the last come near."""
    lengths = [len(line.text) for line in group]
    widest = max(lengths)
    if len(group) < 2 or not _WRAP_MIN <= widest <= _WRAP_MAX:
        return False
    unfinished = sum(_SENTENCE_END.search(line.text) is None for line in group[:-1])
    return unfinished * 2 >= len(group) - 1


def _continues(block: Block, previous: _Line, line: _Line) -> bool:
    """Say whether a line goes on with a bullet's or sentence's text: the one before ends in the middle of a sentence."""
    if _SENTENCE_END.search(previous.text):
        return False
    starts_lower = line.text[:1].islower()
    return starts_lower or (block.kind is BlockKind.LIST_ITEM and _WRAP_MIN <= len(previous.text) <= _WRAP_MAX)


FORMAT = Format("plain text", (".txt", ".text"), extract)
