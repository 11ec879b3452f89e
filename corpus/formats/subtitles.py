"""Subtitles, SRT and WebVTT: what is said, joined to sentences and paragraphs, without times and marks."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import regex

from corpus.content import head_text, tells_nothing
from corpus.document import UNDETERMINED, BlockKind, CorpusError
from corpus.encodings import decode
from corpus.formats import Extracted, Format
from corpus.language import normalise_language
from corpus.raw_file import RawFile
from corpus.text import TextBuilder, clean_text, one_line

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
_TIMES = regex.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}.*")
_TAGS = regex.compile(r"</?(?:[biuscv]|ruby|rt|font|lang|c|v|span)(?:[.\s][^<>]*)?>|<[\d:.]+>|\{\\[^{}]*\}|\{[yY]:[^{}]*\}")
_SPEAKER = regex.compile(r"^\s*(?:>>+\s*)(?:[\p{Lu}\d .'-]{2,30}:\s+)?|^\s*\p{Lu}[\p{Lu}\d .'-]{1,29}:\s+")
_DASH = regex.compile(r"^\s*[-–—‐]\s*(?=\S)")
_SOUND = regex.compile(r"\s*(?:[\[(（【♪♫#][^\[\]()（）【】]*[\])）】♪♫#]|[♪♫]+)\s*")
_SENTENCE_END = regex.compile(r"[.!?…。！？؟।۔።։][\p{Pe}\p{Pf}\"'」』]*$")
_UNSPACED = regex.compile(
    r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Khmer}\p{Script=Lao}]"
)
_PAUSE = 3.0  # seconds without words between two cues that begin a paragraph, where a sentence has ended
_PARAGRAPH, _PARAGRAPH_MAX = 500, 1_500  # code points after which a sentence's end, or a cue's, ends the paragraph
_LANGUAGE = regex.compile(r"(?:Language|X-LANGUAGE)\s*:\s*([\w-]+)", regex.I)


@dataclass(frozen=True, slots=True)
class Cue:
    """What is shown from ``start`` to ``end``, in seconds: its lines, without marks."""

    start: float
    end: float
    lines: tuple[str, ...]


def extract(raw: RawFile) -> Iterator[Extracted]:
    """Return what is said as paragraphs; the language from the header, else from a name such as ``film.es.srt``.

    Raises:
        CorpusError: there is no cue in it, or it is no text.
    """
    source = clean_text(decode(raw.read()))
    spoken = list(cues(source))
    if source.strip() and not spoken and "-->" not in source:
        raise CorpusError("holds no subtitle: give a file with lines of the form 00:00:01,000 --> 00:00:02,000")
    builder = TextBuilder()
    for paragraph in _paragraphs(spoken):
        builder.add(BlockKind.PARAGRAPH, paragraph)
    stem = Path(raw.name).stem
    title, _, suffix = stem.rpartition(".")
    language = normalise_language(suffix) if title and 2 <= len(suffix) <= 8 else UNDETERMINED
    declared = _LANGUAGE.search(source.split("-->", 1)[0])
    known = declared.group(1) if declared else language if language != UNDETERMINED else None
    yield builder.build(title if language != UNDETERMINED else stem, known, {})


def cues(source: str) -> Iterator[Cue]:
    """Yield the cues of a file in their order; what stands between them (numbers, notes, styles) is no cue."""
    lines = source.split("\n")
    index = 0
    while index < len(lines):
        times = _TIMES.fullmatch(lines[index])
        index += 1
        if times is None:
            continue
        shown = []
        while index < len(lines) and lines[index].strip() and not _TIMES.fullmatch(lines[index]):
            shown.append(lines[index])
            index += 1
        if index < len(lines) and shown and _TIMES.fullmatch(lines[index]) and shown[-1].strip().isdigit():
            shown.pop()  # the next cue's number, where the blank line before it is missing
        groups = times.groups()
        yield Cue(_seconds(groups[:4]), _seconds(groups[4:]), tuple(_spoken(shown)))


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = (part or "0" for part in parts)
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + int(fraction.ljust(3, "0")) / 1000


def _spoken(lines: list[str]) -> Iterator[str]:
    """Yield a cue's lines without tags, names of speakers and descriptions of sounds."""
    text = unescape(_TAGS.sub("", "\n".join(lines)))
    if _SOUND.fullmatch(text.replace("\n", " ")):
        return
    for line in text.split("\n"):
        line = _SPEAKER.sub("", _DASH.sub("", line))
        line = one_line(line).strip("♪♫ ")
        if line and not _SOUND.fullmatch(line):
            yield line


def _paragraphs(spoken: list[Cue]) -> Iterator[str]:
    paragraph, end = "", 0.0
    shown: tuple[str, ...] = ()
    for cue in spoken:
        if paragraph and _ends(paragraph, cue.start - end):
            yield paragraph
            paragraph = ""
        for line in _new(cue.lines, shown):
            paragraph = _joined(paragraph, line)
        shown, end = cue.lines, max(end, cue.end)
    if paragraph:
        yield paragraph


def _new(lines: tuple[str, ...], shown: tuple[str, ...]) -> tuple[str, ...]:
    """Return the lines that were not on the screen already: automatic captions roll, and show each line twice."""
    for count in range(min(len(lines), len(shown)), 0, -1):
        if shown[-count:] == lines[:count]:
            return lines[count:]
    return lines


def _ends(paragraph: str, pause: float) -> bool:
    ended = _SENTENCE_END.search(paragraph) is not None
    return len(paragraph) >= _PARAGRAPH_MAX or (ended and (pause >= _PAUSE or len(paragraph) >= _PARAGRAPH))


def _joined(paragraph: str, line: str) -> str:
    if not paragraph:
        return line
    between = "" if _UNSPACED.match(line) and _UNSPACED.match(paragraph[-1]) else " "
    return f"{paragraph}{between}{line}"


def _signature(raw: RawFile) -> bool:
    return regex.match(rb"(?:\xef\xbb\xbf)?WEBVTT(?:[ \t\r\n]|$)", raw.head) is not None


def _resembles(raw: RawFile) -> bool:
    text = head_text(raw) if tells_nothing(raw.name) else None
    lines = text.split("\n", 3)[:3] if text is not None else []
    return len(lines) > 1 and lines[0].strip().isdigit() and _TIMES.fullmatch(lines[1].rstrip()) is not None


FORMAT = Format("subtitles", (".srt", ".vtt"), extract, signature=_signature, resembles=_resembles)
