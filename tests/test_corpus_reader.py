"""Finding and reading files: what comes out, what is skipped, and what each bad file says."""

import hashlib
import os
from pathlib import Path

import pytest

from corpus.document import CorpusError, document_id_of
from corpus.formats import formats
from corpus.reader import find_files, read_document
from corpus.text import clean_text

SEEDS = Path(__file__).parent.parent.parent / "shared" / "seeds"
SPANISH = (
    "Los calambres nocturnos son contracciones dolorosas del músculo. Según los médicos, beber agua y estirar la pantorrilla "
    "antes de dormir ayuda a la mayoría de los niños y adultos. ¿Qué más se puede hacer? Mañana será otro día."
)


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def one_line_error(path: Path) -> str:
    with pytest.raises(CorpusError) as caught:
        read_document(path)
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


def test_a_document_names_its_file_and_its_text(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", SPANISH)
    document = read_document(path)
    assert document.source == path.as_posix()
    assert document.document_id == document_id_of(document.source)
    assert document.sha256 == hashlib.sha256(document.text.encode()).hexdigest()
    assert document.text == SPANISH
    assert (document.language, document.language_confidence > 0.9) == ("es", True)


def test_a_relative_path_gives_the_same_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.txt", SPANISH)
    monkeypatch.chdir(tmp_path)
    assert read_document(Path("a.txt")) == read_document(path)


@pytest.mark.parametrize(
    ("declared", "language", "sure"),
    [("pt-BR", "pt", True), ("nonsense!", "es", False), ("xx", "es", False), ("", "es", False)],
)
def test_a_declared_language_wins_if_it_is_one(tmp_path: Path, declared: str, language: str, sure: bool) -> None:
    document = read_document(write(tmp_path / "a.md", f"---\nlanguage: '{declared}'\n---\n{SPANISH}"))
    assert document.language == language
    assert (document.language_confidence == 1.0) is sure


@pytest.mark.parametrize("content", ["", " \n\t\n", "…!?\n---", "\ufeff"])
@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html"])
def test_nothing_to_read_is_empty(tmp_path: Path, name: str, content: str) -> None:
    assert "is empty" in one_line_error(write(tmp_path / name, content))


def test_an_unknown_ending_names_those_known(tmp_path: Path) -> None:
    message = one_line_error(write(tmp_path / "a.xyz", "text"))
    assert ".xyz" in message
    assert all(ending in message for ending in formats())
    assert "without an ending" in one_line_error(write(tmp_path / "data", b"\x00\x01text"))


def test_a_missing_file_and_an_odd_name_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="not valid UTF-8") as caught:
        read_document(tmp_path / "a\nb\udcff.txt")
    assert "\n" not in str(caught.value)
    str(caught.value).encode()


def test_text_is_cleaned_once() -> None:
    assert clean_text("e\u0301 a\x00b\x07\r\nc\rd\x0be\u2028f\tg\x7f\ud800") == "é ab\nc\nd\ne\nf\tg"
    kept = "می\u200cخواهم \u200fעברית\u200e 👨\u200d👩\u200d👧"
    assert clean_text(kept) == kept


def test_a_folder_is_read_in_order_without_hidden_files(tmp_path: Path) -> None:
    wanted = [write(tmp_path / name, "x") for name in ("a.md", "b/c.txt", "b/d.HTML")]
    write(tmp_path / ".hidden.txt", "x")
    write(tmp_path / ".git" / "x.txt", "x")
    odd = write(tmp_path / "b" / "picture.png", "x")
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    (tmp_path / "b" / "broken.txt").symlink_to(tmp_path / "nowhere")
    found = find_files([tmp_path, wanted[0]])
    assert list(found.files) == wanted
    assert {skipped.path: skipped.reason.split(" (")[0] for skipped in found.skipped} == {
        odd: "of no known ending, nor of known content",
        tmp_path / "b" / "broken.txt": "not a file",
    }


def test_bad_paths_are_one_clear_line(tmp_path: Path) -> None:
    write(tmp_path / "folder" / "a.png", "x")
    write(tmp_path / "b.xyz", "x")
    for path, message in [("missing", "no such file"), ("folder", "no readable file"), ("b.xyz", "no known format")]:
        with pytest.raises(CorpusError, match=message):
            find_files([tmp_path / path])


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", SPANISH)
    path.chmod(0)
    assert "permission denied" in one_line_error(path)


@pytest.mark.skipif(not SEEDS.is_dir(), reason="../shared/seeds is not here")
def test_the_seeds_are_read_whole() -> None:
    documents = [read_document(path) for path in find_files([SEEDS]).files]
    assert [document.language for document in documents] == ["es", "es", "es", "fr", "it"]
    assert documents[1].title == "Espasmos musculares en la pantorrilla"
    assert documents[0].title.endswith("…")
    assert len(documents[0].title) <= 120
    assert len(documents[4].blocks) == 5
