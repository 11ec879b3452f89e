"""Notices: what is said around the passages, in the reader's language, from one reviewable data file a language."""

import tomllib
from collections.abc import Iterable
from functools import cached_property
from importlib import resources
from importlib.resources.abc import Traversable

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from service.contract import Direction, Notice, NoticeKind

FALLBACK_LANGUAGE = "en"


class NoticeError(Exception):
    """A notice file is wrong. The message is one line and names the file."""


class _Texts(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    disclaimer: str = Field(min_length=20)
    no_answer: str = Field(min_length=10)
    other_languages: str = Field(min_length=10)


class _NoticeFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    language: str = Field(pattern="^[a-z]{2,3}$")
    dir: Direction
    name: str = Field(min_length=1)
    reviewer: str
    reviewed: str
    notices: _Texts


class Notices:
    """The notices in all their languages; a language's file is read when it is first needed."""

    def __init__(self, folder: Traversable | None = None) -> None:
        """Take the notices of ``folder``, by default those that come with Crosscite."""
        self._folder = folder or resources.files("service").joinpath("data", "notices")
        self._files: dict[str, _NoticeFile] = {}

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages that have a file."""
        names = (entry.name for entry in self._folder.iterdir())
        return frozenset(name.removesuffix(".toml") for name in names if name.endswith(".toml"))

    def check(self) -> None:
        """Read every file.

        Raises:
            NoticeError: one of them is wrong.
        """
        for language in sorted(self.languages):
            self._file(language)

    def choose(self, wanted: Iterable[str | None]) -> str:
        """Return the first of the wanted languages that has a file, else English."""
        return next((code for code in wanted if code in self.languages), FALLBACK_LANGUAGE)

    def notice(self, kind: NoticeKind, language: str) -> Notice:
        """Return a notice in a language that has a file.

        Raises:
            NoticeError: the file is wrong.
        """
        file = self._file(language)
        return Notice(kind=kind, language=file.language, dir=file.dir, text=getattr(file.notices, kind))

    def _file(self, language: str) -> _NoticeFile:
        if language not in self._files:
            self._files[language] = _read(self._folder, language)
        return self._files[language]


def _read(folder: Traversable, language: str) -> _NoticeFile:
    name = f"{language}.toml"
    try:
        file = _NoticeFile.model_validate(tomllib.loads(folder.joinpath(name).read_text("utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise NoticeError(f"notice file {name}: {where}: {first['msg']}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise NoticeError(f"notice file {name} cannot be read: {error}") from error
    if file.language != language:
        raise NoticeError(f"notice file {name}: language is {file.language!r}, not {language!r}")
    return file
