"""Where results go: JSON to a file or to standard output, and lines to read."""

import json
import os
from pathlib import Path
from typing import Any

# Read whenever any command starts: what measures is imported where it is used.


def check_target(path: Path) -> None:
    """Make sure that a file can be written, before the work that fills it.

    Raises:
        EvalError: it cannot.
    """
    from eval.datasets import EvalError

    if path.is_dir():
        raise EvalError(f"cannot write {path}: it is a folder: name a file")
    if not path.parent.is_dir():
        raise EvalError(f"cannot write {path}: there is no folder {path.parent}: make it first")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise EvalError(f"cannot write {path}: permission denied: name a file elsewhere")


def write_json(value: dict[str, Any], target: str) -> None:
    """Write a value to the file named, or print it for ``-``.

    Raises:
        EvalError: the file cannot be written.
    """
    from eval.datasets import EvalError

    if target == "-":
        print_json(value)
        return
    try:
        Path(target).write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise EvalError(f"cannot write {target}: {error.strerror or error}") from error


def print_json(value: dict[str, Any]) -> int:
    """Print a value as JSON; return the exit code of success."""
    print(json.dumps(value, ensure_ascii=False, indent=2))
    return 0


def result_lines(result: dict[str, Any]) -> list[str]:
    """Return a result as lines to print: measures overall and by language, then language bias, abstention and timings."""
    names = list(result["measures"])
    data, model = result["data"], result["model"]
    lines = [
        f"{result['settings']['dataset']}, pool {result['settings']['pool']}, system {model['system']}, {model['encoder']}",
        f"{data['queries']} questions, {data['items']} items in {data['passages']} passages",
        "          " + "  ".join(f"{name:>8}" for name in names),
        f"{'all':10}" + "  ".join(f"{result['measures'][name]:8.4f}" for name in names),
    ]
    for language, values in result["by_language"].items():
        lines.append(f"{language:10}" + "  ".join(f"{values[name]:8.4f}" for name in names))
    # Within a language's own pool no language can be favoured.
    bias = result["bias"] if result["settings"]["pool"] == "all" else {}
    own = bias.get("own_language_share")
    if own:
        lines.append(
            f"own language: {own['top_n']:.3f} of the first n, {own['relevant']:.3f} of the relevant, "
            f"{own['relevant_in_top_n']:.3f} of the relevant among the first n"
        )
    lines += [
        f"{name}: " + ", ".join(f"{key} {value:.4g}" for key, value in bias[name].items())
        for name in ("rank_gap", "agreement", "peer")
        if bias.get(name)
    ]
    coverage = result["coverage"]
    if coverage["auroc"] is not None:
        lines.append(f"answerable against not: AUROC {coverage['auroc']:.4f}, AUPRC {coverage['auprc']:.4f}")
    times = result["timings"]
    lines.append(
        "ms a question, p50 and p95: "
        + ", ".join(f"{name} {times[name]['p50']:.1f} {times[name]['p95']:.1f}" for name in ("encode", "rank"))
    )
    return lines
