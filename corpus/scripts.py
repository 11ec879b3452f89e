"""Scripts of writing: which one each letter is of, and what they ask of whoever joins lines."""

import numpy as np
import numpy.typing as npt
import regex

SCRIPTS = (
    *("Arabic", "Armenian", "Bengali", "Cyrillic", "Devanagari", "Ethiopic", "Georgian", "Greek", "Gujarati", "Gurmukhi"),
    *("Han", "Hangul", "Hebrew", "Hiragana", "Kannada", "Katakana", "Khmer", "Lao", "Latin", "Malayalam", "Myanmar"),
    *("Oriya", "Sinhala", "Tamil", "Telugu", "Thaana", "Thai", "Tibetan"),
)
"""Those that letters are told apart by, as Unicode names them."""

_KIND = regex.compile("|".join(rf"([\p{{Script={name}}}&&\p{{L}}])" for name in SCRIPTS) + r"|(\p{L})|([\s\S])", regex.V1)
# The number of the group that a code point matches: its script's from 1 on, then any other letter, then what is none.
# 0: not met yet. The memory is only taken where it is written to.
_OTHER, _NO_LETTER = len(SCRIPTS) + 1, len(SCRIPTS) + 2
_kinds = np.zeros(0x110000, np.uint8)


def letters_by_script(text: str) -> dict[str, int]:
    """Return how many letters of each script a text has, in code points; ``""`` stands for all that ``SCRIPTS`` lacks."""
    counts = np.bincount(_kinds_of(_code_points(text)), minlength=_NO_LETTER).tolist()
    found = {name: counts[kind] for kind, name in enumerate(SCRIPTS, 1) if counts[kind]}
    return found | {"": counts[_OTHER]} if counts[_OTHER] else found


def count_letters(text: str) -> int:
    """Return the number of letters in ``text``, in code points."""
    kinds = _kinds_of(_code_points(text))
    return int(np.count_nonzero(kinds != _NO_LETTER))


def blank_other_scripts(text: str, script: str) -> str:
    """Return a text with a space for each letter of another of ``SCRIPTS``."""
    points = _code_points(text)
    kinds = _kinds_of(points)
    points[(kinds < _OTHER) & (kinds != SCRIPTS.index(script) + 1)] = ord(" ")
    return points.tobytes().decode("utf-32-le", "surrogatepass")


def _code_points(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(bytearray(text, "utf-32-le", "surrogatepass"), "<u4")


def _kinds_of(points: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
    """Return the number of each code point's group in ``_KIND``; one is looked up when it is first met."""
    kinds = _kinds[points]
    if not kinds.all():
        for point in set(points[kinds == 0].tolist()):
            match = _KIND.match(chr(point))
            _kinds[point] = (match and match.lastindex) or _NO_LETTER
        kinds = _kinds[points]
    return kinds


_NO_SPACES = regex.compile(
    r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Yi}\p{Script=Thai}\p{Script=Lao}"
    r"\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}\u3000-\u303f\uff00-\uffef]"
)


def has_no_spaces(char: str) -> bool:
    """Say whether a character is of a script that puts no spaces between words, so that a line's end is none either."""
    return _NO_SPACES.match(char) is not None


_IDEOGRAPHIC = regex.compile(
    r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\u3000-\u303f\uff00-\uffef]"
)


def is_ideographic(char: str) -> bool:
    """Say whether a character is of Chinese or Japanese, where a gap between two is no space either."""
    return _IDEOGRAPHIC.match(char) is not None
