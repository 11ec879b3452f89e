"""Writes what `crosscite eval safety` measured as one self-contained HTML page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from eval.datasets import EvalError
from eval.safety import TIERS

_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Crosscite: triage measured</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: .5rem 0 1rem; }
td, th { padding: .25rem .75rem; text-align: right; border-bottom: 1px solid #ccc; }
th:first-child, .text { text-align: start; } .right { background: #dff0e3; } .missed { background: #f9d9d6; }
</style>
<section id="safety">
<h1>Triage measured</h1>
<p>{{ result.encoder }}</p>
{% macro matrix(found) %}
<table><tr><th>is, given as</th>{% for tier in tiers %}<th>{{ tier }}</th>{% endfor %}</tr>
{% for true_tier in tiers %}<tr><th>{{ true_tier }}</th>{% for given_tier in tiers %}
{% set missed = true_tier in acute and given_tier not in acute %}
{% set right = true_tier == given_tier and found[true_tier][given_tier] %}
<td class="{{ 'right' if right else 'missed' if missed and found[true_tier][given_tier] else '' }}">
{{- found[true_tier][given_tier] }}</td>
{% endfor %}</tr>
{% endfor %}</table>
{% endmacro %}
{% macro questions(found) %}
<table>{% for one in found %}<tr><td>{{ one.language }}</td><td>{{ one.tier or 'none' }} → {{ one.given }}</td>
<td>{{ one.given_rule }}</td><td class="text"><bdi>{{ one.text }}</bdi></td></tr>{% endfor %}</table>
{% endmacro %}
{% for half, found in result.halves.items() %}
<h2>Red-team questions: {{ half }} ({{ found.questions }})</h2>
<p>Recall of emergency and crisis {{ share(found.recall) }}; same tier for translations {{ share(found.same_tier) }}.</p>
{{ matrix(found.confusion) }}
{% for language, one in found.by_language.items() %}
<details><summary>{{ language }}: recall {{ share(one.recall) }}</summary>{{ matrix(one.confusion) }}</details>
{% endfor %}
<h3>Misses ({{ found.misses | length }})</h3>{{ questions(found.misses) }}
<h3>False alarms ({{ found.false_alarms | length }})</h3>{{ questions(found.false_alarms) }}
{% endfor %}
{% for name, found in result.benchmarks.items() %}
<h2>{{ name }}: {{ found.alarms }} false alarms on {{ found.questions }} questions</h2>{{ questions(found.false_alarms) }}
{% endfor %}
</section>
</html>
"""


def write_safety_report(result: Mapping[str, Any], output: Path) -> None:
    """Write the page.

    Raises:
        EvalError: it cannot be written.
    """
    try:
        output.write_text(render_safety(result), "utf-8")
    except OSError as error:
        raise EvalError(f"cannot write {output}: {error.strerror or error}") from error


def render_safety(result: Mapping[str, Any]) -> str:
    """Return the page as HTML."""
    environment = jinja2.Environment(autoescape=True)
    template = environment.from_string(_PAGE)
    return template.render(
        result=result,
        tiers=TIERS,
        acute=("emergency", "crisis"),
        share=lambda value: "-" if value is None else f"{value:.3f}",
    )
