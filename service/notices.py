"""Notices: what is said around the passages, in the reader's language, from one reviewable data file a language."""

import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from service.contract import Direction, Notice, NoticeKind
from service.data_files import DataFileError, Model, line_of, read_data_file
from service.emergency_numbers import EmergencyNumber
from service.locale_names import country_name, direction

FALLBACK_LANGUAGE = "en"
KINDS: tuple[NoticeKind, ...] = get_args(NoticeKind)
"""Most pressing first."""

_PLACEHOLDERS = {"emergency": {"number"}, "crisis": {"number"}, "number_source": {"country", "source", "date"}}
_Text = Annotated[str, Field(min_length=10, pattern=r"^\S[^\n]*\S$")]


class NoticeError(DataFileError):
    """A notice file is wrong. The message is one line and names file and line."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NoticeTexts(_Strict):
    """What is said, by kind of notice, and the pieces about numbers to call."""

    disclaimer: Annotated[str, Field(min_length=20, pattern=r"^\S[^\n]*\S$")]
    no_answer: _Text
    nothing_to_search: _Text
    other_languages: _Text
    outdated: _Text
    see_doctor: _Text
    urgent: _Text
    emergency: _Text
    crisis: _Text
    emergency_number_unknown: Annotated[str, Field(min_length=2, pattern=r"^\S[^\n]*\S$")]
    emergency_number_112: _Text
    number_source: _Text

    @field_validator("*")
    @classmethod
    def _placeholders(cls, text: str, field: ValidationInfo) -> str:
        _check_placeholders(field.field_name or "", text)
        return text


class _Forbidden(_Strict):
    phrases: tuple[Annotated[str, Field(min_length=2)], ...] = Field(min_length=5)


class _Head(_Strict):
    language: str = Field(pattern="^[a-z]{2,3}$")
    dir: Direction
    name: str = Field(min_length=1)
    reviewer: str
    reviewed: str = Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.dir != direction(self.language):
            raise ValueError(f"dir is {self.dir!r}, and the language runs {direction(self.language)}")
        if bool(self.reviewer) != bool(self.reviewed):
            raise ValueError("reviewer and reviewed go together: who has reviewed it, and when")
        return self


class NoticeFile(_Head):
    """The notices of one language."""

    notices: NoticeTexts
    forbidden: _Forbidden


class _SiteFile(_Strict):
    """What a site says in other words: everything may be left away but the language, and nothing can be switched off."""

    language: str = Field(pattern="^[a-z]{2,3}$")
    dir: Direction | None = None
    name: str | None = Field(default=None, min_length=1)
    reviewer: str = ""
    reviewed: str = Field(default="", pattern=r"^(\d{4}-\d{2}-\d{2})?$")
    notices: dict[str, str]
    forbidden: _Forbidden | None = None


@dataclass(frozen=True, slots=True)
class NoticeStatus:
    """Who has reviewed a language's notices, and when; both empty where nobody qualified has. ``site``: a site changed them."""

    language: str
    name: str
    reviewer: str
    reviewed: str
    site: bool


class Notices:
    """The notices in all their languages; a language's file is read when it is first needed."""

    def __init__(self, folder: Traversable | None = None, site: Path | None = None) -> None:
        """Take the notices of ``folder``, by default those that come with Crosscite, and a site's own folder over them."""
        self._folder = folder or resources.files("service").joinpath("data", "notices")
        self._site = site
        self._files: dict[str, NoticeFile] = {}

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages that have a file.

        Raises:
            NoticeError: the site's folder cannot be read.
        """
        try:
            entries = [*self._folder.iterdir(), *(self._site.iterdir() if self._site else ())]
        except OSError as error:
            reason = error.strerror or error
            raise NoticeError(f"the folder of notices {self._site} (CROSSCITE_NOTICES) cannot be read: {reason}") from error
        return frozenset(entry.name.removesuffix(".toml") for entry in entries if entry.name.endswith(".toml"))

    def check(self) -> None:
        """Read every file.

        Raises:
            NoticeError: one of them is wrong.
        """
        for language in sorted(self.languages):
            self.file(language)

    def status(self) -> list[NoticeStatus]:
        """Return who has reviewed what, in order of languages.

        Raises:
            NoticeError: a file is wrong.
        """
        return [
            NoticeStatus(language, file.name, file.reviewer, file.reviewed, self._site_file(language) is not None)
            for language in sorted(self.languages)
            for file in [self.file(language)]
        ]

    def choose(self, wanted: Iterable[str | None]) -> str:
        """Return the first of the wanted languages that has a file, else English."""
        return next((code for code in wanted if code in self.languages), FALLBACK_LANGUAGE)

    def notice(
        self,
        kind: NoticeKind,
        language: str,
        *,
        missing: str | None = None,
        number: EmergencyNumber | None = None,
        searched: bool = True,
    ) -> Notice:
        """Return a notice in a language that has a file.

        Args:
            kind: of the notice.
            language: one of ``languages``.
            missing: the question's language, where this one stands in for it.
            number: to call, for the kinds that name one; None says "your local emergency number".
            searched: whether there was anything to search; if not, ``no_answer`` says that rather than what is nearest.

        Raises:
            NoticeError: the file is wrong.
        """
        file = self.file(language)
        texts = file.notices
        text: str = getattr(texts, kind if searched or kind != "no_answer" else "nothing_to_search")
        given: dict[str, str] = {}
        if "number" in _PLACEHOLDERS.get(kind, ()):
            text = text.format(number=number.number if number else texts.emergency_number_unknown)
            if number is None:
                text = f"{text} {texts.emergency_number_112}"
            else:
                source = texts.number_source.format(
                    country=country_name(number.country, language),
                    source=_isolated(number.source, file.dir),
                    date=_isolated(number.checked, file.dir),
                )
                given = {"number": number.number, "number_country": number.country, "number_source": source}
        return Notice(kind=kind, language=file.language, dir=file.dir, text=text, missing_language=missing, **given)

    def file(self, language: str) -> NoticeFile:
        """Return what is said in a language, the site's words over the built-in ones.

        Raises:
            NoticeError: a file is wrong.
        """
        if language not in self._files:
            self._files[language] = self._read(language)
        return self._files[language]

    def _site_file(self, language: str) -> Path | None:
        path = self._site / f"{language}.toml" if self._site else None
        return path if path and path.is_file() else None

    def _read(self, language: str) -> NoticeFile:
        own, site = self._folder.joinpath(f"{language}.toml"), self._site_file(language)
        if site is None:
            file = _parsed(own, NoticeFile)
        elif own.is_file():
            file = _layered(_parsed(own, NoticeFile), _parsed(site, _SiteFile), site)
        else:
            file = _parsed(site, NoticeFile)  # a language of the site's own: it must be whole
        if file.language != language:
            raise NoticeError(f"notice file {language}.toml, line 1: language is {file.language!r}, not {language!r}")
        return file


def _parsed(file: Traversable, model: type[Model]) -> Model:
    try:
        return read_data_file(file, model)
    except DataFileError as error:
        raise NoticeError(f"notice file {error}") from error


def _layered(built_in: NoticeFile, site: _SiteFile, path: Path) -> NoticeFile:
    text = path.read_text("utf-8")
    for name, said in site.notices.items():
        if name not in NoticeTexts.model_fields:
            raise NoticeError(f"notice file {path.name}, line {line_of(text, ['notices', name])}: {name} is no kind of notice")
        try:
            _check_placeholders(name, said)
            _check_substance(name, said)
        except ValueError as error:
            raise NoticeError(f"notice file {path.name}, line {line_of(text, ['notices', name])}: {name}: {error}") from error
    texts = NoticeTexts.model_validate({**built_in.notices.model_dump(), **site.notices})
    head = {"language": site.language, "reviewer": site.reviewer, "reviewed": site.reviewed}
    return built_in.model_copy(update={**head, "notices": texts, "forbidden": site.forbidden or built_in.forbidden})


def _check_placeholders(name: str, text: str) -> None:
    found = sorted(field for _, field, _, _ in string.Formatter().parse(text) if field is not None)
    wanted = sorted(_PLACEHOLDERS.get(name, ()))
    if found != wanted:
        raise ValueError(f"it has the placeholders {found}, not {wanted}")


def _isolated(text: str, around: Direction) -> str:
    """Return Latin text kept in one piece where the text around it runs the other way: else 2026-11-22 shows as 22-11-2026."""
    return f"\u2066{text}\u2069" if around == "rtl" else text


def _check_substance(name: str, text: str) -> None:
    if len(text.strip()) < 10 and name != "emergency_number_unknown":
        raise ValueError("it says next to nothing: reword it, a notice cannot be switched off")


def in_order(kinds: Sequence[NoticeKind]) -> list[NoticeKind]:
    """Return kinds of notices, most pressing first, the disclaimer always among them."""
    return [kind for kind in KINDS if kind in kinds or kind == "disclaimer"]
