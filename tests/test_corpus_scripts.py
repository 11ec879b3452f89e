"""Scripts: what the table of letters says is what Unicode's properties say."""

from pathlib import Path

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from corpus.scripts import SCRIPTS, blank_other_scripts, count_letters, letters_by_script

SAMPLES = Path(__file__).parent.parent / "corpus" / "data"
TEXTS = st.text(st.one_of(st.characters(), st.sampled_from("aБ頭ひカ한กᎣ𐐀𝒜\ud800\u0301 .1")), max_size=80)


def by_properties(text: str) -> dict[str, int]:
    counts = {name: len(regex.findall(rf"[\p{{Script={name}}}&&\p{{L}}]", text, regex.V1)) for name in SCRIPTS}
    counts[""] = len(regex.findall(r"\p{L}", text)) - sum(counts.values())
    return {name: count for name, count in counts.items() if count}


@given(TEXTS)
def test_letters_are_counted_as_unicode_has_them(text: str) -> None:
    assert letters_by_script(text) == by_properties(text)
    assert count_letters(text) == len(regex.findall(r"\p{L}", text))


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*/*.md")), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_letters_of_the_samples(path: Path) -> None:
    text = path.read_text("utf-8")
    assert letters_by_script(text) == by_properties(text)


@given(TEXTS, st.sampled_from(SCRIPTS))
def test_letters_of_other_scripts_become_spaces_and_nothing_else_changes(text: str, script: str) -> None:
    kept = blank_other_scripts(text, script)
    others = "".join(rf"\p{{Script={name}}}" for name in SCRIPTS if name != script)
    assert kept == regex.sub(rf"[[{others}]&&\p{{L}}]", " ", text, flags=regex.V1)
