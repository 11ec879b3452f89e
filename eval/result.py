"""What a run found, and how it is written and read again."""

import json
import math
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from eval.datasets import EvalError


@dataclass(frozen=True, slots=True)
class PerQuery:
    """The values behind the means: for each measured query its id, language, key, weight in the mean, and values."""

    query_ids: tuple[str, ...]
    languages: tuple[str, ...]
    keys: tuple[str, ...]
    weights: tuple[float, ...]
    values: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Result:
    """All that a run found. ``to_json`` gives what is written; ``per_query`` goes to a file beside it."""

    measures: Mapping[str, float]
    by_language: Mapping[str, Mapping[str, float]]
    by_pair: Mapping[str, Mapping[str, Mapping[str, float]]]
    bias: Mapping[str, object]
    coverage: Mapping[str, object]
    model: Mapping[str, str]
    code_version: str
    settings: Mapping[str, object]
    data: Mapping[str, object]
    timings: Mapping[str, object]
    per_query: PerQuery = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return the result as JSON values, ``measures`` first, without the values of single queries."""
        names = (
            "measures", "by_language", "by_pair", "bias", "coverage", "model", "code_version", "settings", "data", "timings",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}


def write_result(result: Result, path: Path) -> Path:
    """Write the result as JSON, and the values of single queries beside it; return the path of the latter.

    Raises:
        EvalError: the files cannot be written.
    """
    beside = per_query_path(path)
    details = result.per_query
    try:
        path.write_text(json.dumps(result.to_json(), ensure_ascii=False, indent=2) + "\n", "utf-8")
        with beside.open("wb") as file:
            np.savez_compressed(
                file,
                query_ids=np.asarray(details.query_ids),
                languages=np.asarray(details.languages),
                keys=np.asarray(details.keys),
                weights=np.asarray(details.weights),
                measures=np.asarray(list(details.values)),
                values=np.asarray(list(details.values.values())),
            )
    except OSError as error:
        raise EvalError(f"cannot write {error.filename or path}: {error.strerror or error}") from error
    return beside


def per_query_path(path: Path) -> Path:
    """Return where the values of single queries are: beside the result, ``.per-query.npz`` in place of ``.json``.

    Another ending stays: ``run.1`` and ``run.2`` are two results.
    """
    return path.with_name(path.name.removesuffix(".json") + ".per-query.npz")


def read_result(path: Path) -> dict[str, Any]:
    """Read what ``crosscite eval run --json FILE`` wrote.

    Raises:
        EvalError: it cannot be read or is no result.
    """
    try:
        result = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise EvalError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise EvalError(f"{path} is not JSON ({error}): give what `crosscite eval run --json FILE` wrote") from error
    if not isinstance(result, dict) or not isinstance(result.get("measures"), dict) or "by_language" not in result:
        raise EvalError(f"{path} is no result: give what `crosscite eval run --json FILE` wrote")
    return result


def read_both(path: Path) -> tuple[dict[str, Any], PerQuery]:
    """Read a result and the values of single queries beside it.

    Raises:
        EvalError: one of them cannot be read, or they are of two runs.
    """
    result, details = read_result(path), read_per_query(path)
    counts = {language: values.get("queries") for language, values in result["by_language"].items()}
    means = {name: float(np.dot(details.weights, found)) for name, found in details.values.items()}
    if counts != Counter(details.languages) or not all(
        name in means and math.isclose(means[name], value, abs_tol=1e-6) for name, value in result["measures"].items()
    ):
        raise EvalError(
            f"{per_query_path(path)} is of another run than {path.name}: keep together what one run wrote, or run it again"
        )
    return result, details


def read_per_query(path: Path) -> PerQuery:
    """Read the values of single queries that stand beside a result.

    Raises:
        EvalError: they are missing or damaged.
    """
    beside = per_query_path(path)
    try:
        with beside.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            names, values = file["measures"].tolist(), file["values"]
            return PerQuery(
                query_ids=tuple(file["query_ids"].tolist()),
                languages=tuple(file["languages"].tolist()),
                keys=tuple(file["keys"].tolist()),
                weights=tuple(file["weights"].tolist()),
                values={name: tuple(row) for name, row in zip(names, values.tolist(), strict=True)},
            )
    except FileNotFoundError as error:
        raise EvalError(f"{beside} is missing: keep it beside {path.name}, or run the evaluation again") from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise EvalError(f"{beside} is damaged ({error}): run the evaluation again") from error
