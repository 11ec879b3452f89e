"""Notices: in every language, whole, in the right script and direction."""

import tomllib
import unicodedata
from pathlib import Path

import pytest
from babel import Locale

import service.notices
from service.notices import NoticeError, Notices

REQUIRED = {"en", "es", "fr", "it", "de", "pt", "ar", "zh", "ja", "ru", "hi"}
FOLDER = Path(service.notices.__file__).parent / "data" / "notices"
LANGUAGES = sorted(Notices().languages)


def test_the_required_languages_are_there() -> None:
    assert set(LANGUAGES) >= REQUIRED


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_file_is_whole(language: str) -> None:
    notice = Notices().notice("disclaimer", language)
    assert notice.language == language
    assert notice.dir == ("rtl" if Locale.parse(language).text_direction == "rtl" else "ltr")
    for kind in ("disclaimer", "no_answer", "other_languages"):
        text = Notices().notice(kind, language).text
        assert text == unicodedata.normalize("NFC", text).strip()
        assert not any(unicodedata.category(character) == "Cc" for character in text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_written_in_its_own_script(language: str) -> None:
    text = Notices().notice("disclaimer", language).text.replace("Crosscite", "")
    letters = [character for character in text if character.isalpha()]
    scripts = {
        "ar": "ARABIC", "fa": "ARABIC", "ur": "ARABIC", "he": "HEBREW", "ru": "CYRILLIC", "uk": "CYRILLIC", "bg": "CYRILLIC",
        "sr": "CYRILLIC", "el": "GREEK", "hi": "DEVANAGARI", "mr": "DEVANAGARI", "bn": "BENGALI", "ta": "TAMIL", "te": "TELUGU",
        "th": "THAI", "am": "ETHIOPIC", "zh": "CJK", "ko": "HANGUL",
    }  # fmt: skip
    if language == "ja":
        assert any("HIRAGANA" in unicodedata.name(character) for character in letters)
        return
    expected = scripts.get(language, "LATIN")
    assert [c for c in letters if not unicodedata.name(c).startswith(expected)] == []


def test_no_two_languages_share_a_text() -> None:
    texts = [Notices().notice("disclaimer", language).text for language in LANGUAGES]
    assert len(set(texts)) == len(texts)


def test_the_first_language_that_has_a_file_is_chosen_and_english_at_last() -> None:
    notices = Notices()
    assert notices.choose(["xx", None, "fr", "es"]) == "fr"
    assert notices.choose(["xx"]) == "en"


@pytest.mark.parametrize(
    ("change", "to", "message"),
    [
        ("no_answer =", "no_anwser =", "no_an"),
        ('dir = "ltr"', 'dir = "up"', "dir"),
        ('language = "es"', 'language = "fr"', "'fr', not 'es'"),
        ("[notices]", "[notices", "cannot be read"),
    ],
)
def test_a_wrong_file_is_named_in_one_line(tmp_path: Path, change: str, to: str, message: str) -> None:
    text = (FOLDER / "es.toml").read_text("utf-8")
    assert change in text
    (tmp_path / "es.toml").write_text(text.replace(change, to), "utf-8")
    with pytest.raises(NoticeError, match=r"notice file es\.toml") as caught:
        Notices(tmp_path).check()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_file_is_toml_with_a_reviewer_field() -> None:
    for path in FOLDER.glob("*.toml"):
        assert "reviewer" in tomllib.loads(path.read_text("utf-8"))
