"""What in a message's text is its own, and what it repeats: quoted replies and signatures are named, not removed."""

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from corpus.document import Block, Dropped
from corpus.formats import plain_text

_QUOTED = regex.compile(r"[ \t]*(?:>|\|\s)")
# The line above a quoted reply, as mail programs write it: a verb at its end, or a verb and the name of who wrote.
_WROTE = (
    r"wrote|writes|schrieb|a écrit|escribió|ha scritto|escreveu|schreef|skrev|написал\(?а?\)?|пишет|yazdı|napisał\(?a?\)?|"
    r"napsala?|kirjoitti|έγραψε|كتب|написав|写道|寫道|のメール|ने लिखा|เขียน|viết"
)
_ATTRIBUTION = regex.compile(
    rf".{{0,200}}\b(?:{_WROTE})\b?.{{0,120}}[:：]\s*$|.{{0,200}}(?:写道|寫道|:のメール)[:：]?\s*$", regex.I
)
_ORIGINAL = regex.compile(
    r"\s*-{2,}\s*(?:original message|ursprüngliche nachricht|message d'origine|mensaje original|messaggio originale|"
    r"mensagem original|oorspronkelijk bericht|исходное сообщение|özgün i̇leti|原始邮件|元のメッセージ)\s*-{2,}\s*$",
    regex.I,
)
_SIGNATURE = regex.compile(r"-- ?$")
_SIGNATURE_MAX = 12  # lines


@dataclass(frozen=True, slots=True)
class Message:
    """A message's text, the blocks of what is its own, and the rest by name."""

    blocks: tuple[Block, ...]
    dropped: tuple[Dropped, ...]


def own_words(text: str) -> Message:
    """Return the blocks of a message's clean text, and as dropped its quoted replies and its signature.

    A message that has no words of its own keeps all: it was sent for what it quotes.
    """
    stretches = list(_stretches(text))
    if not any(char.isalnum() for start, end, reason in stretches if not reason for char in text[start:end]):
        stretches = [(0, len(text), "")]
    blocks: list[Block] = []
    dropped: list[Dropped] = []
    for start, end, reason in stretches:
        stretch = text[start:end]
        start += len(stretch) - len(stretch.lstrip())
        stretch = stretch.strip()
        if reason and stretch:
            dropped.append(Dropped(start, start + len(stretch), reason))
        elif stretch:
            _add_own(stretch, start, blocks, dropped)
    return Message(tuple(blocks), tuple(dropped))


def _add_own(stretch: str, start: int, blocks: list[Block], dropped: list[Dropped]) -> None:
    found = plain_text.structured([stretch], {})
    blocks += [Block(block.kind, start + block.start, start + block.end, block.level) for block in found.blocks]
    dropped += [Dropped(start + each.start, start + each.end, each.reason) for each in found.dropped]


def _stretches(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, reason) for the runs of lines that are dropped for one reason, or kept (an empty reason)."""
    lines = text.splitlines(keepends=True)
    reasons = _reasons([line.rstrip("\n") for line in lines])
    start = position = 0
    for index, line in enumerate(lines):
        position += len(line)
        if index + 1 == len(lines) or reasons[index + 1] != reasons[index]:
            yield start, position, reasons[index]
            start = position


def _reasons(lines: list[str]) -> list[str]:
    reasons = ["quoted reply" if _QUOTED.match(line) else "" for line in lines]
    for index, line in enumerate(lines):
        if _ORIGINAL.match(line):
            return [*reasons[:index], *["quoted reply"] * (len(lines) - index)]
        if reasons[index] or not line.strip():
            continue
        if _introduces(lines, reasons, index):
            reasons[index] = "quoted reply"
        elif index + 1 < len(lines) and _introduces(lines, reasons, index + 1, before=line):
            reasons[index] = reasons[index + 1] = "quoted reply"  # wrapped by a program
        elif _SIGNATURE.fullmatch(line) and _rest_is_short(lines, index):
            return [*reasons[:index], *["signature"] * (len(lines) - index)]
    for index, line in enumerate(lines):  # blank lines within a quote are part of it
        if not line.strip() and 0 < index < len(lines) - 1 and reasons[index - 1] == "quoted reply":
            following = next((later for later in range(index, len(lines)) if lines[later].strip()), None)
            if following is not None and reasons[following] == "quoted reply":
                reasons[index] = "quoted reply"
    return reasons


def _introduces(lines: list[str], reasons: list[str], index: int, before: str = "") -> bool:
    """Say whether a line announces the quote that begins within the next two."""
    line = f"{before} {lines[index]}".strip()
    if reasons[index] or len(line) > 300 or not _ATTRIBUTION.fullmatch(line):
        return False
    if before and not regex.search(r"\d", before):
        return False
    return any(reasons[later] for later in range(index + 1, min(index + 3, len(lines))) if lines[later].strip())


def _rest_is_short(lines: list[str], index: int) -> bool:
    return sum(bool(line.strip()) for line in lines[index + 1 :]) <= _SIGNATURE_MAX
