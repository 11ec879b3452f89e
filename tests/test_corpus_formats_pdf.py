"""PDF: lines become paragraphs in reading order, over columns and pages, and what is no text stays out."""

import pytest
from extraction import extracted
from pdf_files import HEIGHT, Words, lines, pdf

from corpus.document import CorpusError
from corpus.formats import Extracted
from corpus.pdf.bidi import is_rtl, logical_order, mend_brackets

LEFT = ("Cramps of the calf come at night and", "they are painful, though in nearly all", "people harmless. Nobody knows quite")
LEFT_END = ("what brings them about, and stretching", "the muscle helps most people at once.")
RIGHT = (
    "Magnesium is often sold against them.",
    "In trials it did no better than pills",
    "containing nothing, but for women",
)
RIGHT_END = ("expecting a child at the time, whom it", "may have helped a little.")

ENCRYPTED = f"/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O({'o' * 32})/U({'u' * 32})>>"


def shown(found: Extracted) -> list[tuple[str, str]]:
    return [(f"{block.kind.value}{block.level or ''}", found.text[block.start : block.end]) for block in found.blocks]


def test_lines_become_headings_paragraphs_and_items() -> None:
    sentence = (
        "A cramp is a sudden contraction of a muscle that does not let go for a while, and it",
        "is common in the calf.",
    )
    item = ("stretch the calf for as long as it takes, with the knee straight and the heel", "on the floor")
    page = [
        Words(60, 780, "Night cramps", 20, bold=True),
        *lines(60, 740, *sentence),
        Words(60, 700, "What helps", 11, bold=True),
        *lines(60, 680, f"• {item[0]}", f"   {item[1]}", "• walk"),
        *lines(60, 620, "1. first", "2. second"),
        Words(60, 570, "The end…"),
    ]
    found = extracted("cramps.pdf", pdf([page], "/Title(Cramps)/Author(Ana Ruiz)/CreationDate(D:20240305120000Z)"))
    assert shown(found) == [
        ("heading1", "Night cramps"),
        ("paragraph", " ".join(sentence)),
        ("heading4", "What helps"),
        ("list_item", f"- {' '.join(item)}"),
        ("list_item", "- walk"),
        ("list_item", "1. first"),
        ("list_item", "2. second"),
        ("paragraph", "The end…"),
    ]
    assert (found.title, found.language) == ("Cramps", "en")
    assert found.metadata == {"author": "Ana Ruiz", "date": "2024-03-05"}


def test_the_lines_that_bookmarks_name_are_headings() -> None:
    first = lines(60, 780, "1 Night  cramps", "They come at night.", "Causes", "Causes", "Nobody knows.", "Elsewhere")
    outline = [("Night cramps", 0, 2), ("Causes", 0, 3), ("not on this page", 0, 4), ("Elsewhere", 1, 5), ("Cafe\u0301", 1, 6),
               ("\ud800", 1, 7), ("Later", 7, 8), ("12", 1, 1)]  # fmt: skip
    found = extracted("cramps.pdf", pdf([first, lines(60, 780, "2.1. Café", "12", "And so on.")], outline=outline))
    assert shown(found) == [
        ("heading2", "1 Night cramps"),
        ("paragraph", "They come at night."),
        ("heading2", "Causes"),
        ("paragraph", "Causes"),
        ("paragraph", "Nobody knows. Elsewhere"),
        ("heading2", "2.1. Café"),
        ("paragraph", "12"),
        ("paragraph", "And so on."),
    ]


@pytest.mark.parametrize("by_row", [False, True], ids=["drawn-by-column", "drawn-by-row"])
def test_columns_are_read_one_after_the_other(by_row: bool) -> None:
    left, right = lines(60, 700, *LEFT, *LEFT_END), lines(320, 700, *RIGHT, *RIGHT_END)
    across = [Words(60, 740, "On cramps, in two columns, under one heading that goes across", 16)]
    page = across + ([one for pair in zip(left, right, strict=True) for one in pair] if by_row else left + right)
    assert [text for _, text in shown(extracted("a.pdf", pdf([page])))] == [
        "On cramps, in two columns, under one heading that goes across",
        " ".join(LEFT + LEFT_END),
        " ".join(RIGHT + RIGHT_END),
    ]


def test_cells_of_a_table_stay_in_their_rows() -> None:
    rows = (("Cause", "What to do"), ("Thirst", "drink water"), ("Cold", "warm up slowly"), ("Sitting", "get up"))
    page = [
        words
        for index, row in enumerate(rows)
        for words in (Words(60, 700 - 16 * index, row[0]), Words(300, 700 - 16 * index, row[1]))
    ]
    assert shown(extracted("a.pdf", pdf([page]))) == [("table_row", " | ".join(row)) for row in rows]


def test_what_stands_on_every_page_is_left_out_and_pages_are_ranges() -> None:
    bodies = [
        ("The first page tells at some length of cramps that come at night, and it goes", "on to the next, in the middle of a"),
        (
            "sentence which only ends here. Then a new one begins and it fills the line up",
            "to its end, as far as one can tell.",
        ),
        ("Third page, a short one.",),
        ("Fourth page.",),
    ]
    pages = [
        [
            Words(60, HEIGHT - 40, f"Journal of Cramps {'ABCD'[0]}", 9),
            *lines(60, 700, *body),
            Words(290, 30, f"{number} / 4", 9),
        ]
        for number, body in enumerate(bodies, 1)
    ]
    found = extracted("a.pdf", pdf(pages))
    assert "Journal" not in found.text
    assert "/ 4" not in found.text
    assert [found.text[page.start : page.end].strip().split()[0] for page in found.pages] == [
        "The",
        "sentence",
        "Third",
        "Fourth",
    ]
    assert [page.number for page in found.pages] == [1, 2, 3, 4]
    assert "in the middle of a sentence which only ends here." in found.text


def test_a_title_that_slides_repeat_is_no_running_header() -> None:
    pages = [[Words(60, 780, "Results", 28), *lines(60, 600, f"Slide {word} has something to say.")] for word in ("one", "two")]
    assert extracted("a.pdf", pdf(pages)).text.count("Results") == 2


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ("and there is much that is known of the mus-", "cle that cramps.", "of the muscle that"),
        ("a well-known way. It is well known, and is well-", "known to all.", "is well-known to"),
        ("this is the so-called foot of the mother-", "In-Law that nobody likes.", "mother-In-Law that"),
    ],
    ids=["broken-word", "hyphen-seen-elsewhere", "capital"],
)
def test_hyphens_at_the_end_of_a_line(first: str, second: str, joined: str) -> None:
    found = extracted("a.pdf", pdf([lines(60, 700, first, second)]))
    assert joined in found.text


def test_ligatures_become_letters() -> None:
    assert extracted("a.pdf", pdf([[Words(60, 700, "fi is what is said")]])).text == "fi is what is said"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (pdf([[], []], images=True), "has no text, only images of 2 pages: run an OCR program over it first"),
        (pdf([[]]), "has no text on any page"),
        (pdf([lines(60, 700, "x")], extra=ENCRYPTED), "is encrypted: remove its password"),
        (pdf([lines(60, 700, "x")])[:40], "is damaged, or no PDF"),
        (b"%PDF-1.4\nnothing else", "is damaged, or no PDF"),
    ],
    ids=["scanned", "blank", "encrypted", "cut-off", "bare"],
)
def test_what_cannot_be_read_is_said(data: bytes, reason: str) -> None:
    with pytest.raises(CorpusError, match=f"^{reason}"):
        extracted("a.pdf", data)


@pytest.mark.parametrize(
    ("seen", "rtl", "read"),
    [
        ("םולש", True, "שלום"),
        ("12.5 אבג abc def", True, "abc def גבא 12.5"),
        ("%50 אבג", True, "גבא %50"),
        ("10-ל", True, "ל-10"),
        ("abc םולש def", False, "abc שלום def"),
        ("abc 7 םולש 5 ,בוט def", False, "abc 7 טוב, 5 שלום def"),
        ("abc", False, "abc"),
    ],
)
def test_the_order_seen_becomes_the_order_read(seen: str, rtl: bool, read: str) -> None:
    assert "".join(seen[index] for index in logical_order(list(seen), rtl=rtl)) == read


def test_lines_have_the_direction_of_their_letters() -> None:
    assert is_rtl(list("ab שלום עולם"), page_is_rtl=False)
    assert not is_rtl(list("a long line with אב"), page_is_rtl=True)
    assert is_rtl(list("12."), page_is_rtl=True)


def test_brackets_open_and_close_as_read() -> None:
    assert mend_brackets("אב )גד( הו") == "אב (גד) הו"
    assert mend_brackets("אב (גד) הו") == "אב (גד) הו"
