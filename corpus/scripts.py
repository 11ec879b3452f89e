"""Scripts of writing, and what they ask of whoever joins lines."""

import regex

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
