import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from eval.compare import compare, comparison_lines, differing_settings
from eval.datasets import EvalError
from eval.result import PerQuery, Result, per_query_path, read_per_query, read_result, write_result


def details(values: list[float], languages: int = 1, measure: str = "RR") -> PerQuery:
    """Return values of questions in some languages each, all of equal weight."""
    names = ("en", "es", "th")[:languages]
    number = len(values) // languages
    keys = [f"q{at}" for _ in names for at in range(number)]
    spoken = [name for name in names for _ in range(number)]
    return PerQuery(
        query_ids=tuple(f"{language}-{key}" for language, key in zip(spoken, keys, strict=True)),
        languages=tuple(spoken),
        keys=tuple(keys),
        weights=(1 / len(values),) * len(values),
        values={measure: tuple(values)},
    )


def result(per_query: PerQuery, **changes: object) -> Result:
    whole = Result(
        measures={name: float(np.mean(values)) for name, values in per_query.values.items()},
        by_language={}, by_pair={}, bias={}, coverage={}, model={"system": "dense"}, code_version="1",
        settings={"pool": "all", "seed": 0}, data={}, timings={}, per_query=per_query,
    )  # fmt: skip
    return replace(whole, **changes)


def test_a_clear_difference_is_found_and_named() -> None:
    a, b = [0.2, 0.3, 0.4] * 20, [0.5, 0.5, 0.5] * 20
    (found,) = compare(details(a), details(b))
    assert (found.measure, found.a, found.b) == ("RR", pytest.approx(0.3), pytest.approx(0.5))
    assert found.difference == pytest.approx(0.2)
    assert found.low < 0.2 < found.high
    assert found.low > 0
    assert found.verdict == "B is better"
    (turned,) = compare(details(b), details(a))
    assert turned.verdict == "A is better"
    assert (turned.low, turned.high) == (pytest.approx(-found.high), pytest.approx(-found.low))


def test_luck_is_not_called_a_difference() -> None:
    generator = np.random.default_rng(3)
    a = generator.random(60)
    (found,) = compare(details(a.tolist()), details((a + generator.normal(0, 0.3, 60)).tolist()))
    assert found.low < 0 < found.high
    assert found.verdict == "no difference shown"
    (same,) = compare(details(a.tolist()), details(a.tolist()))
    assert (same.difference, same.low, same.high, same.verdict) == (0, 0, 0, "no difference shown")


def test_the_interval_agrees_with_scipys_percentile_interval() -> None:
    generator = np.random.default_rng(7)
    a, b = generator.random(80), generator.random(80) + 0.1
    (found,) = compare(details(a.tolist()), details(b.tolist()))
    interval = stats.bootstrap((b - a,), np.mean, method="percentile", rng=1).confidence_interval
    assert found.low == pytest.approx(interval.low, abs=0.006)
    assert found.high == pytest.approx(interval.high, abs=0.006)


def test_translations_of_a_question_are_drawn_together() -> None:
    generator = np.random.default_rng(5)
    effect = generator.normal(0.02, 0.2, 40)
    (alone,) = compare(details([0.5] * 40), details((0.5 + effect).tolist()))
    # Three languages that repeat the same effect bring no new evidence: the interval must not shrink.
    (thrice,) = compare(details([0.5] * 120, 3), details(np.tile(0.5 + effect, 3).tolist(), 3))
    assert thrice.high - thrice.low == pytest.approx(alone.high - alone.low, rel=0.05)


def test_values_are_paired_by_query_and_weighed() -> None:
    a, b = details([0.1, 0.9]), details([0.2, 0.8])
    turned = replace(b, query_ids=b.query_ids[::-1], keys=b.keys[::-1], values={"RR": (0.8, 0.2)})
    assert compare(a, b) == compare(a, turned)
    heavy = {"weights": (0.75, 0.25)}
    (found,) = compare(replace(a, **heavy), replace(b, **heavy))
    assert found.difference == pytest.approx(0.75 * 0.1 - 0.25 * 0.1)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=30), st.integers(0, 3))
def test_the_interval_is_in_order_and_follows_the_seed(pairs: list[tuple[float, float]], seed: int) -> None:
    a, b = details([x for x, _ in pairs]), details([y for _, y in pairs])
    (found,) = compare(a, b, resamples=500, seed=seed)
    assert found.low <= found.high
    assert found.low >= -1
    assert found.high <= 1
    assert compare(a, b, resamples=500, seed=seed) == [found]


def test_results_that_cannot_be_compared_are_refused() -> None:
    a = details([0.1, 0.2])
    with pytest.raises(EvalError, match=r"not on the same queries \(1 are in one only\)"):
        compare(a, details([0.1, 0.2, 0.3]))
    with pytest.raises(EvalError, match="no measure in common"):
        compare(a, details([0.1, 0.2], measure="AP"))
    with pytest.raises(EvalError, match="weigh the queries differently"):
        compare(a, replace(a, weights=(0.9, 0.1)))


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    written = result(details([0.25, 0.5, 1.0], 3))
    assert write_result(written, path) == per_query_path(path) == tmp_path / "a.per-query.npz"
    assert read_per_query(path) == written.per_query
    assert read_result(path) == json.loads(json.dumps(written.to_json()))
    assert next(iter(read_result(path))) == "measures"


def test_damaged_results_are_said_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(EvalError, match="No such file"):
        read_result(path)
    path.write_text("{", "utf-8")
    with pytest.raises(EvalError, match="is not JSON"):
        read_result(path)
    path.write_text('{"measures": 3}', "utf-8")
    with pytest.raises(EvalError, match="is no result"):
        read_result(path)
    with pytest.raises(EvalError, match=r"is missing: keep it beside a\.json"):
        read_per_query(path)
    write_result(result(details([0.5])), path)
    beside = per_query_path(path)
    beside.write_bytes(beside.read_bytes()[:100])
    with pytest.raises(EvalError, match="is damaged"):
        read_per_query(path)
    with pytest.raises(EvalError, match="cannot write"):
        write_result(result(details([0.5])), tmp_path / "nowhere" / "a.json")


def test_what_differs_between_two_runs_is_named() -> None:
    a, b = result(details([0.5])), result(details([0.5]), model={"system": "lexical"}, code_version="2")
    assert differing_settings(a.to_json(), a.to_json()) == []
    assert differing_settings(a.to_json(), b.to_json()) == [
        "model: system: A 'dense', B 'lexical'",
        "code_version: A '1', B '2'",
    ]


def test_the_table_has_a_line_a_measure() -> None:
    lines = comparison_lines(compare(details([0.1, 0.2]), details([0.3, 0.4])))
    assert len(lines) == 2
    assert lines[1].split() == ["RR", "0.1500", "0.3500", "+0.2000", "+0.2000", "+0.2000", "B", "is", "better"]
