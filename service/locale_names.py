"""What languages are called in other languages and which way they are written, from Unicode's CLDR."""

from functools import lru_cache
from typing import Literal

from babel import Locale, UnknownLocaleError

from service.contract import Direction


@lru_cache(maxsize=256)
def _locale(language: str) -> Locale | None:
    try:
        return Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return None


def language_name(language: str, reader: str) -> str:
    """Return a language's name in the reader's language, else in English, else its code."""
    for locale in (_locale(reader), _locale("en")):
        name = locale.languages.get(language) if locale else None
        if name:
            return str(name)
    return language


def country_name(country: str, reader: str) -> str:
    """Return a country's name in the reader's language, else in English, else its code."""
    for locale in (_locale(reader), _locale("en")):
        name = locale.territories.get(country) if locale else None
        if name:
            return str(name)
    return country


def own_name(language: str) -> str:
    """Return a language's name in itself, as a list of languages to choose from should show it."""
    return language_name(language, language)


def direction(language: str) -> Direction:
    """Return which way a language is written; left to right where CLDR does not know the language."""
    locale = _locale(language)
    return "rtl" if locale is not None and locale.text_direction == "rtl" else "ltr"


def html_direction(language: str) -> Direction | Literal["auto"]:
    """Return the ``dir`` of a text in this language; ``auto``, the browser's own guess, where CLDR does not know it."""
    return "auto" if language == "und" or _locale(language) is None else direction(language)
