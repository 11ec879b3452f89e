"""Numbers to call in an emergency, by country and never by language, from libphonenumber and a reviewable table."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import metadata, resources
from typing import Any

import regex

_REGION = regex.compile(r"\s*[a-z]{2,3}(?:-[a-z]{4})?-([a-z]{2})\b.*", regex.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EmergencyNumber:
    """A number, the country that it holds in (ISO 3166), where that is known from and when it was checked (ISO 8601)."""

    number: str
    country: str
    source: str
    checked: str


@cache
def emergency_number(country: str) -> EmergencyNumber | None:
    """Return the number that calls an ambulance in a country, None where it is not known for certain.

    The table names it where a country has several; else it is 112, 911 or 999, the first of these that is listed.
    """
    from phonenumbers import shortnumberinfo  # 30 ms that only a pressing question needs

    table = _table()
    numbers: dict[str, str] = table["ambulance"]
    chosen = [numbers[country]] if country in numbers else ["112", "911", "999"]
    for number in chosen:
        if shortnumberinfo.is_emergency_number(number, country):
            source = f"{table['source']} (phonenumbers {metadata.version('phonenumbers')})"
            return EmergencyNumber(number, country, source, str(table["checked"]))
    return None


def known_country(code: str) -> str | None:
    """Return a country's code in capitals, None where it is none that has telephones."""
    from phonenumbers import SUPPORTED_REGIONS

    region = code.strip().upper()
    return region if region in SUPPORTED_REGIONS else None


def region_of(accept_language: str | None) -> str | None:
    """Return the first country that an Accept-Language header names: of ``es-MX,es``, MX. Never raises."""
    items = (accept_language or "")[:1000].split(",")
    return next(iter(_regions(items)), None)


def _regions(items: Iterable[str]) -> Iterable[str]:
    for item in items:
        found = _REGION.fullmatch(item.partition(";")[0])
        country = known_country(found[1]) if found else None
        if country:
            yield country


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(resources.files("service").joinpath("data", "emergency_numbers.toml").read_text("utf-8"))
