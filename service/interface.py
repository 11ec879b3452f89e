"""The page's own words: one reviewable data file a language, and which of the languages a reader gets."""

import re
import string
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from corpus.document import UNDETERMINED
from corpus.language import normalise_language
from service.contract import Direction
from service.locale_names import direction

FALLBACK_LANGUAGE = "en"
_FOLDER = resources.files("service").joinpath("data", "interface")
_PLACEHOLDERS = {"characters": {"start", "end"}, "page": {"page"}, "pages": {"first", "last"}}
_MAX_HEADER = 1000  # a real Accept-Language is far shorter; a longer one is read so far
_QUALITY = re.compile(r"\s*q\s*=\s*(0(?:\.\d*)?|1(?:\.0*)?)\s*", re.IGNORECASE)
_TAG = re.compile(r"\s*([a-z]{2,3})(?:-[a-z0-9]{1,8})*\s*", re.IGNORECASE)


class InterfaceError(Exception):
    """An interface file is wrong. The message is one line and names the file."""


class InterfaceText(BaseModel):
    """Every string of the page."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_min_length=1, str_strip_whitespace=True)

    title: str
    tagline: str
    question_label: str
    placeholder: str
    ask: str
    passages_heading: str
    nearest_heading: str
    source: str
    open_in_document: str
    characters: str
    back: str
    documents_heading: str
    no_documents: str
    cited_passage: str
    sample_note: str
    copy_citation: str
    copied: str
    checksum: str
    error_heading: str
    page: str
    pages: str
    same_in: str
    same_text: str
    collection: str
    all_collections: str

    @model_validator(mode="after")
    def _placeholders(self) -> Self:
        for name in type(self).model_fields:
            found = {field for _, field, _, _ in string.Formatter().parse(getattr(self, name)) if field is not None}
            wanted = _PLACEHOLDERS.get(name, set())
            if found != wanted:
                raise ValueError(f"{name} has the placeholders {sorted(found)}, not {sorted(wanted)}")
        return self


class Interface(BaseModel):
    """The page in one language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: str = Field(pattern="^[a-z]{2,3}$")
    dir: Direction
    text: InterfaceText

    @model_validator(mode="after")
    def _right_way(self) -> Self:
        if self.dir != direction(self.language):
            raise ValueError(f"dir is {self.dir!r}, and the language runs {direction(self.language)}")
        return self


@cache
def load_interfaces() -> Mapping[str, Interface]:
    """Read every interface file; return them by language, English first, then in order of their codes.

    Raises:
        InterfaceError: one of them is wrong, or there is no English one.
    """
    files = {entry.name.removesuffix(".toml"): entry for entry in _FOLDER.iterdir() if entry.name.endswith(".toml")}
    if FALLBACK_LANGUAGE not in files:
        raise InterfaceError(f"interface file {FALLBACK_LANGUAGE}.toml is missing: it is what every other falls back to")
    order = sorted(files, key=lambda code: (code != FALLBACK_LANGUAGE, code))
    return MappingProxyType({code: parse_interface(code, files[code].read_bytes()) for code in order})


def parse_interface(language: str, raw: bytes) -> Interface:
    """Return what the interface file of a language says.

    Raises:
        InterfaceError: it says it wrongly.
    """
    name = f"{language}.toml"
    try:
        interface = Interface.model_validate(tomllib.loads(raw.decode("utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InterfaceError(f"interface file {name}: {where + ': ' if where else ''}{first['msg']}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InterfaceError(f"interface file {name} cannot be read: {error}") from error
    if interface.language != language:
        raise InterfaceError(f"interface file {name}: language is {interface.language!r}, not {language!r}")
    return interface


def preferred_languages(accept_language: str | None) -> list[str]:
    """Return the base language codes of an Accept-Language header, most wanted first, as ``language_weights`` has them."""
    return list(language_weights(accept_language))


def language_weights(accept_language: str | None) -> dict[str, float]:
    """Return the base language codes of an Accept-Language header (RFC 9110, 12.5.4) with their `q`, most wanted first.

    `pt-BR` counts as `pt`; what is malformed, refused (`q=0`) or `*` is left out. Never raises.
    """
    weighted: dict[str, float] = {}
    for item in (accept_language or "")[:_MAX_HEADER].split(","):
        tag, separator, parameter = item.partition(";")
        named, quality = _TAG.fullmatch(tag), _QUALITY.fullmatch(parameter)
        if named is None or (separator and quality is None):
            continue
        code, weight = normalise_language(named[1]), float(quality[1]) if quality else 1.0
        if code != UNDETERMINED:
            weighted[code] = max(weight, weighted.get(code, 0.0))
    order = sorted(weighted.items(), key=lambda pair: -pair[1])
    return {code: weight for code, weight in order if weight > 0}


def first_known(wanted: Iterable[str | None], known: Iterable[str]) -> str | None:
    """Return the first of the wanted languages that is known, None if none is."""
    known = frozenset(known)
    return next((code for code in wanted if code in known), None)
