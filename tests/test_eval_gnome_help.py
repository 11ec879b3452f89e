from pathlib import Path

import pytest

from eval.gnome_help import main, read_help, translated
from eval.learn_offsets import read_parallel

_PAGE = """<?xml version="1.0" encoding="utf-8"?>
<page xmlns="http://projectmallard.org/1.0/" type="topic" id="{name}">
  <info><credit type="author"><name>Somebody</name></credit><desc>A description.</desc></info>
  <title>A title</title>
  {paragraphs}
</page>
"""
_ENGLISH = [f"Press the <key>F{n}</key> key\n   to open the window with the number {n}, then wait a while." for n in range(300)]


def write_help(folder: Path, language: str, texts: list[str]) -> None:
    directory = folder / language / "gnome-help"
    directory.mkdir(parents=True)
    for name, part in (("first", texts[:150]), ("second", texts[150:])):
        paragraphs = "\n".join(f"<p>{text}</p>" for text in part)
        (directory / f"{name}.page").write_text(_PAGE.format(name=name, paragraphs=paragraphs), "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "help"
    write_help(found, "C", [*_ENGLISH[:-1], "Short."])
    write_help(found, "de", [f"Drücken Sie die Taste F{n}, um das Fenster {n} zu öffnen." for n in range(300)])
    half = [f"Pulse la tecla F{n} para abrir la ventana {n} y espere un momento." for n in range(150)]
    write_help(found, "es", half + [text.replace("Press", "Push") for text in _ENGLISH[150:]])
    write_help(found, "fr", [f"Appuyez sur la touche F{n} pour ouvrir la fenêtre." for n in range(301)])
    write_help(found, "sr@latin", ["Pritisnite taster."] * 300)
    return found


def test_text_comes_without_markup_and_metadata(folder: Path) -> None:
    found = read_help(folder)
    assert sorted(found) == ["de", "en", "es", "fr"]
    assert found["en"]["first#7"] == "Press the F7 key to open the window with the number 7, then wait a while."
    assert len(found["en"]) == 300


def test_a_page_of_another_version_is_left_out(folder: Path) -> None:
    french = read_help(folder)["fr"]
    assert {key.partition("#")[0] for key in french} == {"first"}, "the second page has a paragraph more than the English one"


def test_only_what_was_translated_counts_and_only_where_it_is_enough(folder: Path) -> None:
    texts = translated(read_help(folder))
    assert sorted(texts) == ["de", "en"], "of es and fr there are 150 paragraphs"
    assert len(texts["de"]) == len(texts["en"]) == 299
    assert "second#149" not in texts["en"]


def test_what_is_written_is_what_offsets_are_learned_from(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--help-folder", str(folder), "--output", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.split() == ["en:299", "de:299"]
    texts = read_parallel(tmp_path / "out", 100)
    assert texts["de"].keys() == texts["en"].keys()
    assert 100 <= len(texts["de"]) < 200


def test_a_folder_without_help_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help-folder", str(tmp_path), "--output", str(tmp_path / "out")])
    assert "install Debian's gnome-user-docs" in capsys.readouterr().err.splitlines()[-1]
