"""Notices: in every language, whole, in the right script and direction."""

import json
import tomllib
import unicodedata
from pathlib import Path

import pytest
import regex
from babel import Locale

import service.notices
from service.cli import main
from service.emergency_numbers import emergency_number
from service.notices import KINDS, NoticeError, Notices, NoticeTexts

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
    for kind in KINDS:
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


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_notice_diagnoses_doses_reassures_or_weighs(language: str) -> None:
    file = Notices().file(language)
    said = {name: getattr(file.notices, name).casefold() for name in NoticeTexts.model_fields}
    words = {phrase: rf"(?<![\p{{L}}\p{{M}}]){regex.escape(phrase.casefold())}" for phrase in file.forbidden.phrases}
    assert [(name, phrase) for name, text in said.items() for phrase, word in words.items() if regex.search(word, text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_stands_in_the_text_where_it_should(language: str) -> None:
    number = emergency_number("ES")
    for kind in ("emergency", "crisis"):
        notice = Notices().notice(kind, language, number=number)
        assert "112" in notice.text
        assert (notice.number, notice.number_country) == ("112", "ES")
        assert "2026" in (notice.number_source or "")
        assert "{" not in notice.text + (notice.number_source or "")


SITE = """\
language = "es"
reviewer = "Dr. A. Example"
reviewed = "2026-11-01"

[notices]
disclaimer = "Hospital General cita documentos. Esto no es un consejo médico. En una emergencia, llame al 112."
"""


def test_a_site_rewords_a_notice_and_keeps_the_others(tmp_path: Path) -> None:
    (tmp_path / "es.toml").write_text(SITE, "utf-8")
    notices = Notices(site=tmp_path)
    notices.check()
    assert notices.notice("disclaimer", "es").text.startswith("Hospital General")
    assert notices.notice("urgent", "es") == Notices().notice("urgent", "es")
    status = {one.language: one for one in notices.status()}
    assert (status["es"].reviewer, status["es"].site, status["fr"].site) == ("Dr. A. Example", True, False)


@pytest.mark.parametrize(
    ("change", "to", "line", "message"),
    [
        ('disclaimer = "Hospital', 'disclaimr = "Hospital', 6, "no kind of notice"),
        ("Esto no es", "Esto {no} es", 6, "placeholders"),
        (SITE[SITE.index("disclaimer") :], 'disclaimer = " "\n', 6, "switched off"),
        ('reviewed = "2026-11-01"', 'reviewed = "yesterday"', 3, "reviewed"),
    ],
)
def test_a_wrong_site_file_is_named_with_its_line(tmp_path: Path, change: str, to: str, line: int, message: str) -> None:
    assert change in SITE
    (tmp_path / "es.toml").write_text(SITE.replace(change, to), "utf-8")
    with pytest.raises(NoticeError, match=rf"es\.toml, line {line}: ") as caught:
        Notices(site=tmp_path).check()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_of_the_site_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoticeError, match="CROSSCITE_NOTICES"):
        Notices(site=tmp_path / "none").check()


def test_the_status_says_that_nobody_has_reviewed_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["notices", "status"]) == 0
    assert f"{len(LANGUAGES)} languages, {len(LANGUAGES)} not reviewed" in capsys.readouterr().out
    assert main(["notices", "status", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["languages"]) == len(LANGUAGES)


def test_every_file_is_toml_with_a_reviewer_field() -> None:
    for path in FOLDER.glob("*.toml"):
        assert "reviewer" in tomllib.loads(path.read_text("utf-8"))
