"""What is shown together: translations, and copies; and what never is."""

from pathlib import Path

import numpy as np
import pytest

from corpus.document import Passage
from index.indexer import add_files
from index.passage_index import PassageIndex
from index.presentation import Found, group_parallels, parallels_and_copies

TEXT = (
    "Take the tablet with a glass of water in the morning, half an hour before breakfast, and do not lie down for some time "
    "afterwards. If you forget it, take it on the next morning and go on as before."
)


def make(number: int, text: str, language: str = "en") -> Found:
    name = f"d{number}"
    return Found(number, Passage(f"{name}:0", name, 0, 0, len(text), text, "", language, ()), 1.0 - number / 100)


def groups(found: list[Found], vectors: np.ndarray | None = None) -> list[list[int]]:
    vectors = np.ones((len(found), 1), np.float32) if vectors is None else vectors
    return [[item.number for item in group] for group in group_parallels(found, vectors)]


def test_copies_are_one_result() -> None:
    mirrored = TEXT.replace("glass of water", "glass of  WATER").replace("some time", "a time")
    assert groups([make(0, TEXT), make(1, TEXT), make(2, mirrored)]) == [[0, 1, 2]]


@pytest.mark.parametrize("other", [TEXT.replace("the tablet", "2 tablets"), TEXT[: len(TEXT) // 2], "Something else " * 12])
def test_what_differs_in_a_number_or_in_more_is_another_result(other: str) -> None:
    assert groups([make(0, TEXT), make(1, other)]) == [[0], [1]]


def test_one_tablet_is_not_two() -> None:
    assert groups([make(0, f"{TEXT} Take 1 tablet a day."), make(1, f"{TEXT} Take 2 tablets a day.")]) == [[0], [1]]


def test_copies_of_translations_join_their_group() -> None:
    french = make(1, "Prenez le comprimé avec un verre d'eau le matin, avant le petit déjeuner.", "fr")
    copy = make(2, french.passage.text, "fr")
    (group,) = group_parallels([make(0, TEXT), french, copy], np.ones((3, 1), np.float32))
    parallels, copies = parallels_and_copies(group)
    assert ([item.number for item in parallels], [item.number for item in copies]) == ([1], [2])


def test_a_translation_joins_what_it_is_near_to_on_the_whole() -> None:
    found = [make(at, f"text {at}", language) for at, language in enumerate(("en", "es", "fr"))]
    # Cosines to the English and to the Spanish: 0.6 and 0.8, of which the mean joins it; then 0.6 and 0.6.
    near = np.array([[1, 0, 0], [0.8, 0.6, 0], [0.6, 0.5333, 0.596]], np.float32)
    far = np.array([[1, 0, 0], [0.8, 0.6, 0], [0.6, 0.2, 0.7746]], np.float32)
    assert (groups(found, near), groups(found, far)) == ([[0, 1, 2]], [[0, 1], [2]])


def test_texts_far_apart_in_meaning_are_not_compared() -> None:
    assert groups([make(0, TEXT), make(1, TEXT)], np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)) == [[0], [1]]


def test_a_mirrored_page_is_one_result_with_the_other_beside_it(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.md").write_text(f"# Tablets\n\n{TEXT}\n", "utf-8")
    (tmp_path / "tea.md").write_text("# Tea\n\nTea is made from leaves, and it is drunk with a tablet of sugar.\n", "utf-8")
    index = PassageIndex(tmp_path / "index", create=True)
    reports = list(add_files(index, sorted(tmp_path.glob("*.md"))))
    assert len(reports) == 4
    hits = index.search(index.question("When do I take the tablet?", {"en": 1.0}), 4).hits
    index.close()
    assert [len(hit.duplicates) for hit in hits] == [2, 0]
    assert {other.document.document_id for other in hits[0].duplicates}.isdisjoint({hits[0].document.document_id})
