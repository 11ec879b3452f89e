"""From the order on the page, left to right, to the order of reading, for lines with right-to-left text.

What a line shows does not say what was written beyond doubt: this turns round what the Unicode bidirectional algorithm (UAX #9)
would have turned, for text without embeddings, and reads a number beside Latin words as theirs.
"""

import unicodedata
from collections.abc import Sequence

_STRONG = {"L": "L", "R": "R", "AL": "R"}
_WITH_NUMBERS = {"CS": ",", "ES": "-", "ET": "%"}
_NUMBERS = frozenset(("EN", "AN"))
_OPENERS, _CLOSERS = "([{«‹<", ")]}»›>"
_MIRRORED = str.maketrans(_OPENERS + _CLOSERS, _CLOSERS + _OPENERS)


def direction(text: str) -> str:
    """Return what the Unicode bidirectional algorithm makes of a text's first letter.

    "L" or "R" for a strong direction, "N" for numbers, "," for what joins them, "-" for what joins them and "%" for what goes
    with them beside Hebrew, else "" for neutral.
    """
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in _STRONG:
            return _STRONG[kind]
        if kind in _NUMBERS:
            return "N"
        if kind != "NSM":
            return _WITH_NUMBERS.get(kind, "")
    return ""


def is_rtl(texts: Sequence[str], *, page_is_rtl: bool) -> bool:
    """Say whether a line is written from right to left, by its letters and, where they disagree, by its page's."""
    kinds = [direction(text) for text in texts]
    right, left = kinds.count("R"), kinds.count("L")
    if not right and not left:
        return page_is_rtl
    return right > left or (page_is_rtl and right * 3 >= left and right > 0)


def logical_order(texts: Sequence[str], *, rtl: bool) -> list[int]:
    """Return the indexes of glyphs, given from left to right, in the order of reading."""
    kinds = [direction(text) for text in texts]
    order = list(range(len(texts)))
    if rtl:
        order.reverse()
        arabic = any("\u0600" <= char <= "\u08ff" for text in texts for char in text)
        for start, end in _foreign(kinds, order, arabic=arabic):
            order[start:end] = reversed(order[start:end])
        return order
    position = 0
    while position < len(order):
        if kinds[position] != "R":
            position += 1
            continue
        end = position + 1
        for index in range(position, len(kinds)):
            if kinds[index] == "L":
                break
            if kinds[index] == "R":
                end = index + 1
        inner = [order[index] for index in range(position, end)][::-1]
        for first, last in _foreign(kinds, inner, arabic=True):
            inner[first:last] = reversed(inner[first:last])
        order[position:end] = inner
        position = end
    return order


def _foreign(kinds: Sequence[str], order: Sequence[int], *, arabic: bool) -> list[tuple[int, int]]:
    """Return the stretches of ``order`` that run from left to right: numbers, and Latin words with what is between them."""
    spans: list[tuple[int, int]] = []
    index = 0
    while index < len(order):
        kind = kinds[order[index]]
        if kind not in ("L", "N") and not (kind == "%" and not arabic and _beside_number(kinds, order, index)):
            index += 1
            continue
        end, has_letter = index + 1, kind == "L"
        probe = end
        while probe < len(order):
            here = kinds[order[probe]]
            if here == "R":
                break
            if here in ("L", "N"):
                between = [kinds[order[position]] for position in range(end, probe)]
                joined = not between or between == [","] or (between == ["-"] and not arabic)
                if not (joined or has_letter or here == "L"):
                    break
                has_letter = has_letter or here == "L"
                end = probe + 1
            elif here == "%" and not arabic and probe == end:
                end = probe + 1
            probe += 1
        spans.append((index, end))
        index = end
    return spans


def _beside_number(kinds: Sequence[str], order: Sequence[int], index: int) -> bool:
    return index + 1 < len(order) and kinds[order[index + 1]] == "N"


def mend_brackets(text: str) -> str:
    """Return a right-to-left line whose brackets open and close as read: some programs tell them as seen."""
    chars = list(text)
    for index, char in enumerate(chars):
        if char not in _OPENERS and char not in _CLOSERS:
            continue
        before = chars[index - 1] if index else " "
        after = chars[index + 1] if index + 1 < len(chars) else " "
        opens = before.isspace() and not after.isspace()
        closes = not before.isspace() and not after.isalnum()
        if (opens and char in _CLOSERS) or (closes and not opens and char in _OPENERS):
            chars[index] = char.translate(_MIRRORED)
    return "".join(chars)
