"""What surrounds the text in pages saved as text: menus' first lines, comment forms, share links, notices at the end."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

import regex
import yaml

from corpus.document import Dropped
from corpus.formats import Extracted

# What each kind of phrase is called where it is dropped, and how much it proves: two points are needed, labels give none.
_REASONS = {
    "email": ("comment form", 2), "save": ("comment form", 2), "reply": ("comment form", 1), "required": ("comment form", 1),
    "skip": ("navigation", 2), "rights": ("copyright notice", 1), "cookies": ("cookie notice", 1), "labels": ("", 0),
}  # fmt: skip
_NEEDED = 2
_HEAD_LINES, _TAIL_LINES = 12, 60  # looked at, of those that are not blank
_LINE_MAX = 300  # code points; a longer line is prose
_COPYRIGHT = regex.compile(
    r"(?:copyright\s*)?(?:©|\(c\)|copyright)\s*(?:copyright\s*)?(?:19|20)\d\d(?:\s*[-–—]\s*(?:19|20)\d\d)?(?:\W.{0,100})?",
    regex.I,
)
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]")
_SPACED = regex.compile(r"[[\p{L}\p{N}]--[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]]", regex.V1)
_APOSTROPHES = str.maketrans("’ʼ`", "'''")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that is not blank, ``text[start:end]``, without the white space around it."""

    start: int
    end: int


def find_boilerplate(text: str) -> tuple[Dropped, ...]:
    """Return what a text begins and ends with that only its web page needed, in order; almost always nothing.

    Only whole lines at the very start and end count, if every word in them is of a known phrase (``boilerplate.yaml``, 36
    languages), and only with enough evidence: a sure phrase ("Your email address will not be published") or two lesser ones.
    A text that would be left with nothing keeps everything. Takes the time of some lines, however long the text is.
    """
    head = list(_run(text, _lines_from_start(text)))
    tail = list(_run(text, _lines_from_end(text)))[::-1]
    found = []
    if head and sum(points for _, _, points, kind in head if kind == "navigation") >= _NEEDED:
        found.append(_dropped(head))
    while tail and not tail[0][2]:  # labels before the first evidence are the text's own
        tail.pop(0)
    if sum({reason: points for _, reason, points, _ in tail}.values()) >= _NEEDED:
        found.append(_dropped(tail))
    covered = sum(len(_WORD.findall(text, entry.start, entry.end)) for entry in found)
    return tuple(found) if found and _WORD.search(text) and covered < _some_words(text, covered) else ()


def without_boilerplate(extracted: Extracted) -> Extracted:
    """Return a document without the blocks that are boilerplate at its start and end; the text itself stays."""
    dropped = find_boilerplate(extracted.text)
    if not dropped:
        return extracted
    blocks = tuple(
        block for block in extracted.blocks if not any(part.start <= block.start and block.end <= part.end for part in dropped)
    )
    # A block that only half belongs to it stays, and so does what it covers.
    kept = tuple(part for part in dropped if not any(b.start < part.end and part.start < b.end for b in blocks))
    if not blocks or not kept:
        return extracted
    ranges = [(part.start, part.end) for part in kept]
    blocks = tuple(b for b in extracted.blocks if not any(start <= b.start and b.end <= end for start, end in ranges))
    return replace(extracted, blocks=blocks, dropped=tuple(sorted((*extracted.dropped, *kept), key=lambda part: part.start)))


_Found = tuple[_Line, str, int, str]


def _dropped(found: list[_Found]) -> Dropped:
    reasons = dict.fromkeys(kind for _, _, _, kind in found if kind)
    return Dropped(found[0][0].start, found[-1][0].end, ", ".join(reasons))


def _some_words(text: str, enough: int) -> int:
    """Count the letters and digits of a text, up to one more than ``enough``."""
    count = 0
    for _ in _WORD.finditer(text):
        count += 1
        if count > enough:
            break
    return count


def _run(text: str, lines: Iterator[_Line]) -> Iterator[_Found]:
    """Yield the lines, from an end of the text inwards, as long as they are boilerplate: (line, evidence, points, reason)."""
    for line in lines:
        found = _recognise(text[line.start : line.end]) if line.end - line.start <= _LINE_MAX else None
        if found is None:
            return
        yield (line, *found)


def _recognise(line: str) -> tuple[str, int, str] | None:
    """Return what a line proves, how much, and what it is part of, or None where a word of it is no boilerplate."""
    if _COPYRIGHT.fullmatch(line.strip(" .|·")):
        return "©", _NEEDED, "copyright notice"
    pattern, kinds = _phrases()
    folded = _folded(line)
    best = ("", 0, "")
    at = 0
    while word := _WORD.search(folded, at):
        # From the first word on, phrase after phrase: nearly every line of prose ends here at once.
        phrase = next((found for start in (at, word.start()) if (found := pattern.match(folded, start))), None)
        if phrase is None:
            return None
        for kind in kinds[phrase.group()]:
            reason, points = _REASONS[kind]
            if points > best[1]:
                best = (phrase.group(), points, reason)
        at = phrase.end()
        if word.start() < at < len(folded) and _SPACED.match(folded, at) and _SPACED.match(folded, at - 1):
            return None  # "names" is not "name"
    return best


def _folded(text: str) -> str:
    return " ".join(text.casefold().translate(_APOSTROPHES).split())


@cache
def _phrases() -> tuple[regex.Pattern[str], dict[str, set[str]]]:
    source = (resources.files("corpus") / "boilerplate.yaml").read_text(encoding="utf-8")
    languages = yaml.safe_load(source)
    kinds: dict[str, set[str]] = {}
    for language in languages.values():
        for kind, phrases in language.items():
            for phrase in phrases:
                kinds.setdefault(_folded(phrase), set()).add(kind)
    longest_first = sorted(kinds, key=len, reverse=True)
    return regex.compile("|".join(map(regex.escape, longest_first))), kinds


def _lines_from_start(text: str) -> Iterator[_Line]:
    start = 0
    for _ in range(_HEAD_LINES * 3):
        end = text.find("\n", start)
        line = _trimmed(text, start, end if end >= 0 else len(text))
        if line:
            yield line
        if end < 0:
            return
        start = end + 1


def _lines_from_end(text: str) -> Iterator[_Line]:
    end = len(text)
    for _ in range(_TAIL_LINES * 3):
        start = text.rfind("\n", 0, end) + 1
        line = _trimmed(text, start, end)
        if line:
            yield line
        if not start:
            return
        end = start - 1


def _trimmed(text: str, start: int, end: int) -> _Line | None:
    line = text[start:end]
    bare = line.strip()
    at = start + len(line) - len(line.lstrip())
    return _Line(at, at + len(bare)) if bare else None
