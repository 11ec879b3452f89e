import tomllib
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.interface import (
    InterfaceError,
    first_known,
    language_weights,
    load_interfaces,
    parse_interface,
    preferred_languages,
)
from service.locale_names import direction, html_direction, language_name, own_name

ENGLISH = resources.files("service").joinpath("data", "interface", "en.toml").read_text("utf-8")


def test_every_interface_file_is_sound_and_english_comes_first() -> None:
    interfaces = load_interfaces()
    assert next(iter(interfaces)) == "en"
    assert {"ar", "de", "en", "es", "fr", "hi", "it", "ja", "pt", "ru", "zh"} <= set(interfaces)
    assert [code for code, interface in interfaces.items() if interface.dir == "rtl"] == ["ar"]


def test_placeholders_are_filled() -> None:
    for interface in load_interfaces().values():
        filled = interface.text.characters.format(start=12, end=345)
        assert "12" in filled
        assert "345" in filled


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('ask = "Search"', "", "text.ask"),
        ('ask = "Search"', 'ask = " "', "text.ask"),
        ('ask = "Search"', 'ask = "Search {q}"', "ask has the placeholders"),
        ("{start}", "{begin}", "characters has the placeholders"),
        ('ask = "Search"', 'ask = "Search"\nextra = "x"', "text.extra"),
        ('dir = "ltr"', 'dir = "rtl"', "the language runs ltr"),
        ('language = "en"', 'language = "es"', "language is 'es', not 'en'"),
        ("[text]", "[text", "cannot be read"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line_that_names_it(old: str, new: str, said: str) -> None:
    assert old in ENGLISH
    with pytest.raises(InterfaceError) as caught:
        parse_interface("en", ENGLISH.replace(old, new).encode())
    assert said in str(caught.value)
    assert "en.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_utf8_is_refused() -> None:
    with pytest.raises(InterfaceError, match=r"en\.toml cannot be read"):
        parse_interface("en", ENGLISH.encode() + b"\xff")


def test_all_files_have_the_same_keys() -> None:
    folder = resources.files("service").joinpath("data", "interface")
    keys = {entry.name: tuple(tomllib.loads(entry.read_text("utf-8"))["text"]) for entry in folder.iterdir()}
    assert set(keys.values()) == {keys["en.toml"]}


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, []),
        ("", []),
        ("es", ["es"]),
        ("pt-BR", ["pt"]),
        ("zh-Hant-TW", ["zh"]),
        ("ES-mx", ["es"]),
        ("de;q=0.5, fr;q=0.9, it", ["it", "fr", "de"]),
        ("de , en ; q = 0.8", ["de", "en"]),
        ("en;q=0.8, de;q=0.8", ["en", "de"]),
        ("en-GB;q=0.2, de;q=0.5, en;q=0.9", ["en", "de"]),
        ("de;q=0, en;q=0.1", ["en"]),
        ("*", []),
        ("*, fr;q=0.5", ["fr"]),
        ("iw, nn;q=0.5", ["he", "nn"]),
        ("en;q=nan, de;q=2, fr;q=-1, es;q=, it;level=1, ar", ["ar"]),
        (",,;;, ;q=1, 🙂, en_US, x, toolonglanguage, ja", ["ja"]),
        ("qq, zz-ZZ", []),
        ("en," * 10_000, ["en"]),
    ],
)
def test_accept_language(header: str | None, wanted: list[str]) -> None:
    assert preferred_languages(header) == wanted


def test_accept_language_with_its_weights() -> None:
    found = language_weights("en-GB;q=0.2, de;q=0.5, en;q=0.9, es, fr;q=0, *;q=0.1")
    assert list(found.items()) == [("es", 1.0), ("en", 0.9), ("de", 0.5)]


@given(st.text())
def test_no_header_breaks_the_negotiation(header: str) -> None:
    assert all(2 <= len(code) <= 3 for code in preferred_languages(header))


def test_the_first_known_language_is_taken() -> None:
    assert first_known([None, "xx", "es", "en"], {"en", "es"}) == "es"
    assert first_known(["xx"], {"en"}) is None


def test_language_names_are_in_the_readers_language() -> None:
    assert language_name("de", "es") == "alemán"
    assert language_name("ja", "en") == "Japanese"
    assert language_name("ja", "ja") == own_name("ja") == "日本語"
    assert language_name("tlh", "xx") == "Klingon"
    assert language_name("qqq", "en") == "qqq"


@pytest.mark.parametrize("language", ["ar", "fa", "ur", "he", "ps", "sd", "ug", "yi", "ckb", "dv"])
def test_right_to_left_languages(language: str) -> None:
    assert direction(language) == html_direction(language) == "rtl"


@pytest.mark.parametrize("language", ["en", "zh", "hi", "th", "tr", "am"])
def test_left_to_right_languages(language: str) -> None:
    assert direction(language) == html_direction(language) == "ltr"


def test_where_the_direction_is_not_known_the_browser_finds_out() -> None:
    assert html_direction("und") == "auto"
    assert html_direction("qqq") == "auto"
