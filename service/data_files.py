"""Reads the reviewable TOML data files strictly: an error is one line that names the file and the line in it."""

import re
import tomllib
from collections.abc import Sequence
from importlib.resources.abc import Traversable
from typing import TypeVar

from pydantic import BaseModel, ValidationError

_TABLE = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?")
_KEY = re.compile(r"""\s*(?:"([^"]+)"|([A-Za-z0-9_-]+))\s*=""")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
Model = TypeVar("Model", bound=BaseModel)


class DataFileError(Exception):
    """A data file is wrong. The message is one line and names file and line."""


def read_data_file(file: Traversable, model: type[Model]) -> Model:
    """Return what a TOML file says, validated.

    Raises:
        DataFileError: it cannot be read, or says something wrong.
    """
    try:
        text = file.read_bytes().decode("utf-8")
        return model.model_validate(tomllib.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        where = [part for part in first["loc"] if part != "[key]"]
        named = ".".join(str(part) for part in where)
        message = first["msg"].removeprefix("Value error, ")
        raise DataFileError(f"{file.name}, line {line_of(text, where)}: {named + ': ' if named else ''}{message}") from error
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+), column \d+\)", str(error))
        reason = re.sub(r"\s*\(at [^()]*\)", "", str(error))
        line = place[1] if place else str(text.count("\n") + 1)
        raise DataFileError(f"{file.name}, line {line}: cannot be read: {reason}") from error
    except UnicodeDecodeError as error:
        line = str(file.read_bytes()[: error.start].count(b"\n") + 1)
        raise DataFileError(f"{file.name}, line {line}: cannot be read: it is not UTF-8") from error
    except OSError as error:
        raise DataFileError(f"{file.name}, line 1: cannot be read: {error.strerror or error}") from error


def line_of(text: str, where: Sequence[int | str]) -> int:
    """Return the line, counted from 1, on which a TOML text says what is at ``where``; what is missing is missed in its table.

    Known are tables, keys and lists of strings: all that the data files use.
    """
    names = [str(part) for part in where if isinstance(part, str)]
    position = next((part for part in where if isinstance(part, int)), None)
    best, depth, table, lines = 1, 0, [], text.splitlines()
    for number, line in enumerate(lines, 1):
        header, key = _TABLE.fullmatch(line), _KEY.match(line)
        if header:
            table = [part.strip().strip('"') for part in header[1].split(".")]
            path = table
        elif key:
            path = [*table, key[1] or key[2]]
        else:
            continue
        if len(path) > depth and path == names[: len(path)]:
            best, depth = number, len(path)
    return best if position is None or depth < len(names) else _item_line(lines, best, position)


def _item_line(lines: Sequence[str], start: int, position: int) -> int:
    seen = 0
    for number in range(start, len(lines) + 1):
        line = lines[number - 1]
        seen += len(_STRING.findall(line.partition("=")[2] if number == start else line))
        if seen > position:
            return number
    return start
