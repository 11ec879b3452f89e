"""What files say of themselves: dates in one form, languages as far as they are to be believed."""

import regex

from corpus.document import UNDETERMINED
from corpus.language import detect_language, normalise_language

_DATE = regex.compile(r"\s*(?:D:)?([12]\d{3})(?:-?(\d\d)(?:-?(\d\d))?)?")
_SURE = 0.9
_SAMPLE = 20_000  # code points


def iso_date(value: str | None) -> str:
    """Return the year, month and day that a date begins with as "2026-11-22", as far as they are given; empty for none."""
    match = _DATE.match(value or "")
    return "-".join(part for part in match.groups() if part) if match else ""


def believable_language(declared: str | None, text: str) -> str | None:
    """Return a declared language unless the text is clearly in another.

    Office programs write their user's language into every file, whatever it is written in.
    """
    language = normalise_language(declared) if declared else UNDETERMINED
    if language == UNDETERMINED:
        return None
    guess = detect_language(text[:_SAMPLE])
    return None if guess.language not in (language, UNDETERMINED) and guess.confidence >= _SURE else declared
