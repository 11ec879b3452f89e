"""Text as documents hold it: cleaned, in Unicode NFC, put together from blocks so that offsets are right by construction."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence

import regex

from corpus.document import Block, BlockKind, Page
from corpus.formats import Extracted


class TextBuilder:
    """Puts a document's text together from its blocks, so that text and offsets cannot part company."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0
        self._pages: list[tuple[int, int]] = []

    def start_page(self, number: int) -> None:
        """Say that what is added from here on stands on page ``number``, counted from 1."""
        self._pages.append((number, self._length))

    def add(self, kind: BlockKind, text: str, level: int = 0) -> None:
        """Append a block, cleaned and stripped; one of white space alone is left out. Rows and items stand close."""
        text = clean_text(text).strip()
        if not text:
            return
        if self._blocks:
            close = kind is self._blocks[-1].kind and kind in (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW)
            gap = "\n" if close else "\n\n"
            self._parts.append(gap)
            self._length += len(gap)
        self._parts.append(text)
        self._blocks.append(Block(kind, self._length, self._length + len(text), level))
        self._length += len(text)

    def add_over_pages(self, kind: BlockKind, pieces: Sequence[tuple[int, str]], level: int = 0) -> None:
        """Append a block whose text is ``pieces`` joined, each on the page whose number goes with it.

        The first one's page must have been started.
        """
        before = len(self._blocks)
        whole = clean_text("".join(text for _, text in pieces))
        self.add(kind, whole, level)
        if len(self._blocks) == before:
            return
        block = self._blocks[-1]
        indent = len(whole) - len(whole.lstrip())
        so_far = pieces[0][1]
        for number, text in pieces[1:]:
            self._pages.append((number, min(block.end, max(block.start, block.start + len(clean_text(so_far)) - indent))))
            so_far += text

    def build(self, title: str, language: str | None, metadata: Mapping[str, str]) -> Extracted:
        """Return what was added, under a title (else the first heading, else the first line)."""
        text = "".join(self._parts)
        title = title or first_title(text, self._blocks)
        return Extracted(text, tuple(self._blocks), title, language, dict(metadata), pages=tuple(self._page_ranges()))

    def _page_ranges(self) -> Iterator[Page]:
        ends = [start for _, start in self._pages[1:]] + [self._length] * bool(self._pages)
        for (number, start), end in zip(self._pages, ends, strict=True):
            if start < end:
                yield Page(number, start, end)


_NEWLINES = regex.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Controls but newline and tab, halves of surrogate pairs, byte order marks inside; joiners and bidi marks stay.
_DROPPED = regex.compile(r"[\p{Cc}--[\n\t]]|[\ud800-\udfff]|\ufeff", regex.V1)
# A soft hyphen shows only where a line is broken at it; in a search it would part a word in two.
_SOFT_HYPHEN = regex.compile(r"\u00ad(?:[^\S\n]*+\n[^\S\n]*+(?=\p{Ll}))?")
_HYPHENATED = regex.compile(r"(?<![\p{L}\p{M}])([\p{L}\p{M}]++)[-\u2010]\n[^\S\n]*+((\p{Ll}[\p{L}\p{M}]*+)[^\s]*+)[^\S\n]?+")
_WORD = regex.compile(r"[\p{L}\p{M}]++")
_TITLE_MAX = 120  # code points


def clean_text(text: str) -> str:
    r"""Return text as documents hold it: newlines as ``\n``, no control characters nor soft hyphens, in Unicode NFC.

    What carries meaning stays: zero-width joiners and non-joiners (Persian, Indic scripts, emoji), marks of direction,
    zero-width spaces (where a Thai or Khmer line may break), non-breaking spaces.
    """
    if not text.replace("\n", " ").isprintable():  # most text is, and the patterns take ten times as long to say so
        text = _DROPPED.sub("", _NEWLINES.sub("\n", text))
    if "\u00ad" in text:
        text = _SOFT_HYPHEN.sub("", text)
    return unicodedata.normalize("NFC", text)


def join_hyphenated(text: str) -> str:
    """Return text with words put together that a hyphen and a line's end divide, if they stand elsewhere in it in one piece.

    "exam-" and "ple" are one word where "example" is in the text; "well-" and "known" stay as they are where it is not. To be
    called before offsets exist.
    """
    if not ("-\n" in text or "\u2010\n" in text) or not _HYPHENATED.search(text):
        return text
    known = {word.casefold() for word in _WORD.findall(text)}

    def joined(match: regex.Match[str]) -> str:
        word = f"{match.group(1)}{match.group(3)}"
        return f"{match.group(1)}{match.group(2)}\n" if word.casefold() in known else match.group()

    return _HYPHENATED.sub(joined, text)


def one_line(text: str) -> str:
    """Return clean text with every run of white space as one space, for titles and metadata."""
    return " ".join(clean_text(text).split())


def first_title(text: str, blocks: list[Block]) -> str:
    """Return the first heading or, without one, the first line; cut at a word where it is over 120 code points long."""
    heading = next((block for block in blocks if block.kind is BlockKind.HEADING), None)
    if heading:
        line = text[heading.start : heading.end]
    else:
        line = text[blocks[0].start : blocks[0].end].split("\n", 1)[0] if blocks else ""
    line = one_line(line)
    if heading is None and len(line) > _TITLE_MAX:
        sentence = regex.match(r".{15,120}?(?:[.!?…؟](?=\s)|[。！？।])", line)
        line = sentence.group() if sentence else line
    if len(line) <= _TITLE_MAX:
        return line
    cut = line.rfind(" ", _TITLE_MAX // 2, _TITLE_MAX)
    if cut > 0:
        return line[:cut].rstrip(" ,;:-–—") + "…"
    kept = ""
    for cluster in regex.findall(r"\X", line[: _TITLE_MAX + 20]):
        if len(kept) + len(cluster) >= _TITLE_MAX:
            break
        kept += cluster
    return kept + "…"
