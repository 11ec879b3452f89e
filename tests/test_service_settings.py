"""Settings: from the environment, bounded, none unknown, all documented."""

from pathlib import Path

import pytest

from service.settings import SettingsError, load_settings, setting_names

ROOT = Path(__file__).parents[1]


def test_values_come_from_the_environment_and_arguments_come_first() -> None:
    environment = {"CROSSCITE_INDEX": "/from/environment", "CROSSCITE_PORT": "9000", "HOME": "/root"}
    settings = load_settings(environment, port=9001, model=None)
    assert (settings.index, settings.port, settings.model) == (Path("/from/environment"), 9001, None)


def test_an_empty_variable_counts_as_not_set() -> None:
    assert load_settings({"CROSSCITE_PORT": ""}).port == 8000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CROSSCITE_PORT", "70000"),
        ("CROSSCITE_PORT", "http"),
        ("CROSSCITE_RESULTS", "0"),
        ("CROSSCITE_RESULTS", "51"),
        ("CROSSCITE_THREADS", "-1"),
        ("CROSSCITE_ANSWERABLE_SCORE", "1.5"),
        ("CROSSCITE_INTERFACE_LANGUAGE", "English"),
        ("CROSSCITE_MAX_QUESTION_CHARACTERS", "1"),
    ],
)
def test_a_value_out_of_bounds_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name) as caught:
        load_settings({name: value})
    assert value in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_variable_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"CROSSCITE_IDNEX is no setting.*CROSSCITE_INDEX"):
        load_settings({"CROSSCITE_IDNEX": "/typo"})


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert [name for name in setting_names() if f"`{name}`" not in text] == []
