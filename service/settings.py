"""Settings, from the environment: every one is called CROSSCITE_ and its name in capitals, and docs/operations.md lists it."""

import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from corpus.language import DetectorName
from corpus.raw_file import Limits

PREFIX = "CROSSCITE_"


class SettingsError(Exception):
    """A setting is unknown or out of bounds. The message is one line and names it."""


def default_index() -> Path:
    """Return where the index lives when nobody says: the user's data directory."""
    return Path(platformdirs.user_data_dir("crosscite", appauthor=False)) / "index"


class Settings(BaseModel):
    """What a site or a person can choose. Unknown names and numbers out of bounds are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    index: Path = Field(default_factory=default_index, description="Folder of the index.")
    model: str | None = Field(
        default=None,
        min_length=1,
        description="Embedding model: `embedded`, or a sentence-transformers name or folder. Default: the model that made the "
        "index, and `embedded` for a new one.",
    )
    reranker: str | None = Field(
        default=None,
        min_length=1,
        description="Cross-encoder that orders the best passages, a sentence-transformers name or folder. Default: none.",
    )
    cache: Path | None = Field(
        default=None, description="Folder where the embedded model is made ready. Default: the user's cache directory."
    )
    threads: int | None = Field(
        default=None, ge=1, le=256, description="Threads of the encoder. Default: one per core, at most 4."
    )
    language_detector: DetectorName = Field(
        default="default",
        description="What tells the languages of documents and questions apart: `default`, or `langdetect`.",
    )
    host: str = Field(default="127.0.0.1", min_length=1, description="Address that `serve` listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port that `serve` listens on; 0 takes a free one.")
    interface_language: str = Field(
        default="en",
        pattern=r"^[a-z]{2,3}$",
        description="Language of page and notices where neither question nor browser names a known one; where it is set, also "
        "the likelier one for questions of a word or two whose reader names none.",
    )
    notices: Path | None = Field(
        default=None, description="Folder of notice files of the site's own, layered over those that come with Crosscite."
    )
    country: str | None = Field(
        default=None,
        pattern=r"^[A-Z]{2}$",
        description="Country of the readers (ISO 3166), whose emergency number is named where a question does not say another.",
    )
    outdated_years: float = Field(
        default=5, gt=0, le=100, description="Age in years from which a quoted document is said to be old."
    )
    results: int = Field(default=5, ge=1, le=50, description="Passages in an answer where the question does not say how many.")
    max_question_characters: int = Field(default=2000, ge=10, le=100_000, description="A longer question is refused.")
    max_file_mb: int = Field(default=1024, ge=1, le=1 << 20, description="Megabytes; a larger file is not read.")
    max_unpacked_mb: int = Field(
        default=2048,
        ge=1,
        le=1 << 20,
        description="Megabytes that may come out of one archive or packed file, all levels together.",
    )
    max_pages: int = Field(default=20_000, ge=1, le=10_000_000, description="Pages; a file with more is not read.")
    max_nesting: int = Field(default=4, ge=0, le=32, description="How deep archives may lie in archives, messages in messages.")
    max_seconds: float = Field(default=600, gt=0, le=86_400, description="Seconds that reading one file may take.")
    rate_limit: int = Field(
        default=0, ge=0, le=100_000, description="Requests a minute that `serve` takes from one address; 0 sets no limit."
    )
    answerable_score: float | None = Field(
        default=None,
        ge=-1,
        le=1,
        description="Evidence of the best passage below which the answer says that nothing in the documents answers. "
        "Default: the value measured for the embedded model; none for other models.",
    )

    @property
    def limits(self) -> Limits:
        """How far reading one file goes before it is given up."""
        return Limits(
            file_bytes=self.max_file_mb << 20,
            unpacked_bytes=self.max_unpacked_mb << 20,
            pages=self.max_pages,
            depth=self.max_nesting,
            seconds=self.max_seconds,
        )


def load_settings(environment: Mapping[str, str] | None = None, **given: object) -> Settings:
    """Read the settings from the environment; ``given`` values that are not None come first.

    Raises:
        SettingsError: a variable that starts with CROSSCITE_ is no setting, or a value is out of bounds.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, object] = {
        name.removeprefix(PREFIX).lower(): value for name, value in environment.items() if name.startswith(PREFIX) and value
    }
    values |= {name: value for name, value in given.items() if value is not None}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "?"
        variable = f"{PREFIX}{name.upper()}"
        if first["type"] == "extra_forbidden":
            raise SettingsError(f"{variable} is no setting: the settings are {', '.join(setting_names())}") from error
        raise SettingsError(f"{variable} ({name}) is {first['input']!r}: {first['msg'].lower()}") from error


def setting_names() -> list[str]:
    """Return the environment variables that are settings."""
    return [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
