"""The rules of triage, as data: what sounds pressing, in which words, and which words around it change what it means."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from service.data_files import DataFileError, Model, read_data_file

Tier = Literal["none", "see_doctor", "urgent", "emergency", "crisis"]
"""How pressing a question sounds. ``crisis`` (self-harm, suicide, abuse) is a kind of its own, not a degree."""

HarmlessKind = Literal["everyday", "medicine", "general", "figure", "study", "past"]
"""What is not pressing: everyday ailments, medicines, general knowledge, figures of speech; and, about what
presses others or did so once, questions of study and events long past."""

TRIAGE_DATA = Path(__file__).parent / "data" / "triage"

_Phrase = Annotated[str, Field(min_length=1, pattern=r"^\S(.*\S)?$")]


class TriageError(DataFileError):
    """A file of the triage data is wrong. The message is one line and names file and line."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RuleLanguage(_Strict):
    """What a rule is asked with in one language."""

    terms: tuple[_Phrase, ...] = ()
    examples: tuple[_Phrase, ...] = ()


class Rule(_Strict):
    """One thing that should not wait, or not for long."""

    id: str = Field(pattern="^[a-z]+(-[a-z]+)*$")
    tier: Literal["see_doctor", "urgent", "emergency", "crisis"]
    about: str = Field(min_length=10)
    references: tuple[_Phrase, ...] = Field(min_length=1)
    reviewer: str
    reviewed: str
    languages: dict[Annotated[str, Field(pattern="^[a-z]{2,3}$")], RuleLanguage] = Field(min_length=1)


class Context(_Strict):
    """Words of one language that change what a term means."""

    negation: tuple[_Phrase, ...]
    past: tuple[_Phrase, ...]
    study: tuple[_Phrase, ...]
    look_alike: tuple[_Phrase, ...]
    third_person: tuple[_Phrase, ...]


class Harmless(_Strict):
    """A question that is not pressing."""

    lang: str = Field(pattern="^[a-z]{2,3}$")
    kind: HarmlessKind
    text: _Phrase


@dataclass(frozen=True, slots=True)
class Example:
    """A question with the label that the embedding's detector learns for it: a rule's id, or a kind of harmless question."""

    text: str
    language: str
    label: str


@cache
def load_rules(folder: Path = TRIAGE_DATA) -> tuple[Rule, ...]:
    """Return the rules, in order of their ids.

    Raises:
        TriageError: a file is wrong.
    """
    rules = []
    for file in _files(folder.joinpath("rules"), ".toml"):
        rule = _read(file, Rule)
        if rule.id != file.name.removesuffix(".toml"):
            raise TriageError(f"triage rule {file.name}, line 1: id is {rule.id!r}, and the file is called otherwise")
        rules.append(rule)
    return tuple(rules)


@cache
def load_context(language: str, folder: Path = TRIAGE_DATA) -> Context | None:
    """Return the context words of a language, None where there are none.

    Raises:
        TriageError: the file is wrong.
    """
    file = folder.joinpath("context", f"{language}.toml")
    return _read(file, Context) if file.is_file() else None


@cache
def load_harmless(folder: Path = TRIAGE_DATA) -> tuple[Harmless, ...]:
    """Return the questions that are not pressing.

    Raises:
        TriageError: the file is wrong.
    """
    adapter = TypeAdapter(Harmless)
    found = []
    for number, line in enumerate(folder.joinpath("harmless.jsonl").read_bytes().splitlines(), 1):
        try:
            found.append(adapter.validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            message = f"{where + ': ' if where else ''}{first['msg']}"
            raise TriageError(f"triage file harmless.jsonl, line {number}: {message}") from error
    return tuple(found)


def examples(folder: Path = TRIAGE_DATA) -> Iterator[Example]:
    """Yield all that the embedding's detector learns from: the rules' examples, then the harmless questions."""
    for rule in load_rules(folder):
        for language, said in rule.languages.items():
            for text in said.examples:
                yield Example(text, language, rule.id)
    for question in load_harmless(folder):
        yield Example(question.text, question.lang, question.kind)


def label_tiers(folder: Path = TRIAGE_DATA) -> dict[str, Tier]:
    """Return the tier of every label: to study a subject, or to have lived through it, is worth a doctor's time and no more."""
    tiers: dict[str, Tier] = dict.fromkeys(get_args(HarmlessKind), "none")
    tiers |= {"study": "see_doctor", "past": "see_doctor"}
    for rule in load_rules(folder):
        tiers[rule.id] = rule.tier
    return tiers


@cache
def examples_digest(folder: Path = TRIAGE_DATA) -> str:
    """Return a digest of what is learned from: a model learned from anything else is out of date."""
    learned = [(example.label, example.language, example.text) for example in examples(folder)]
    return hashlib.sha256(json.dumps(learned, ensure_ascii=False).encode("utf-8")).hexdigest()


def check_triage_data(folder: Path = TRIAGE_DATA) -> None:
    """Read every file.

    Raises:
        TriageError: one of them is wrong.
    """
    load_rules(folder)
    load_harmless(folder)
    for file in _files(folder.joinpath("context"), ".toml"):
        load_context(file.name.removesuffix(".toml"), folder)


def _files(folder: Path, ending: str) -> list[Path]:
    return sorted((file for file in folder.iterdir() if file.name.endswith(ending)), key=lambda file: file.name)


def _read(file: Path, model: type[Model]) -> Model:
    try:
        return read_data_file(file, model)
    except DataFileError as error:
        raise TriageError(f"triage file {error}") from error
