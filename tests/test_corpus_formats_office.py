"""Word, PowerPoint, OpenDocument, EPUB, RTF and spreadsheets: structure stays, what is no text goes."""

from io import BytesIO

import pytest
from extraction import extracted
from packages import W, docx, epub, odf
from pptx import Presentation
from pptx.util import Inches
from xlsxwriter import Workbook

from corpus.document import CorpusError
from corpus.formats import Extracted


def shown(found: Extracted) -> list[tuple[str, str]]:
    return [(f"{block.kind.value}{block.level or ''}", found.text[block.start : block.end]) for block in found.blocks]


def p(text: str, style: str = "", more: str = "") -> str:
    chosen = f'<w:pPr><w:pStyle w:val="{style}"/>{more}</w:pPr>' if style or more else ""
    return f"<w:p>{chosen}<w:r><w:t>{text}</w:t></w:r></w:p>"


def test_word_keeps_structure_and_leaves_out_what_was_deleted() -> None:
    styles = (
        f'<w:styles {W}><w:style w:type="paragraph" w:styleId="Kop"><w:name w:val="Kop"/><w:pPr><w:outlineLvl w:val="1"/>'
        '</w:pPr></w:style><w:style w:type="paragraph" w:styleId="Mine"><w:name w:val="Mine"/>'
        '<w:basedOn w:val="Kop"/></w:style></w:styles>'
    )
    numbering = (
        f'<w:numbering {W}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl>'
        '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    )
    notes = f'<w:footnotes {W}><w:footnote w:id="2"><w:p><w:r><w:t>A note.</w:t></w:r></w:p></w:footnote></w:footnotes>'
    box = (
        "<w:p><w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing/></mc:Choice><mc:Fallback><w:pict><v:shape>"
        f"<v:textbox><w:txbxContent>{p('In a box')}</w:txbxContent></v:textbox></v:shape></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p>"
    )
    changed = (
        "<w:p><w:r><w:t xml:space='preserve'>It was </w:t></w:r><w:del><w:r><w:delText>bad</w:delText></w:r></w:del><w:ins>"
        "<w:r><w:t>good</w:t></w:r></w:ins><w:r><w:footnoteReference w:id='2'/></w:r><w:hyperlink><w:r><w:t>, it said</w:t>"
        "</w:r></w:hyperlink><w:sdt><w:sdtContent><w:r><w:t>.</w:t></w:r></w:sdtContent></w:sdt></w:p>"
    )
    row = "<w:tr>" + "".join(f"<w:tc>{p(cell)}</w:tc>" for cell in ("a", "b")) + "</w:tr>"
    item = p("one", more='<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>')
    body = p("The head", "Mine") + changed + item + f"<w:tbl>{row}{row}</w:tbl>" + box
    core = "<dc:title>Called so</dc:title><dc:creator>Ana</dc:creator><dcterms:created>2024-03-05T10:00:00Z</dcterms:created>"
    found = extracted("a.docx", docx(body, core, styles=styles, numbering=numbering, footnotes=notes))
    assert shown(found) == [
        ("heading2", "The head"),
        ("paragraph", "It was good[1], it said."),
        ("list_item", "- one"),
        ("table_row", "a | b"),
        ("table_row", "a | b"),
        ("paragraph", "In a box"),
        ("list_item", "1. A note."),
    ]
    assert (found.title, found.metadata) == ("Called so", {"author": "Ana", "date": "2024-03-05"})


def test_a_language_that_the_text_denies_is_not_believed() -> None:
    greek = p("Η ημικρανία είναι ένας έντονος πονοκέφαλος που συχνά συνοδεύεται από ναυτία και ευαισθησία στο φως.")
    assert extracted("a.docx", docx(greek, "<dc:language>en-US</dc:language>")).language is None
    assert extracted("a.docx", docx(greek, "<dc:language>el-GR</dc:language>")).language == "el-GR"


def test_slides_are_pages_with_their_notes() -> None:
    deck = Presentation()
    deck.core_properties.title, deck.core_properties.author = "Deck", "Ana"
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "First\vslide"
    slide.placeholders[1].text = "one\ntwo"
    slide.notes_slide.notes_text_frame.text = "To be said."
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    table = slide.shapes.add_table(1, 2, Inches(1), Inches(1), Inches(4), Inches(1)).table
    table.cell(0, 0).text, table.cell(0, 1).text = "a", "b"
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(Inches(1), Inches(3), Inches(2), Inches(1)).text_frame.text = "In a group"
    stream = BytesIO()
    deck.save(stream)
    found = extracted("a.pptx", stream.getvalue())
    assert shown(found) == [
        ("heading1", "First slide"),
        ("list_item", "- one"),
        ("list_item", "- two"),
        ("paragraph", "To be said."),
        ("table_row", "a | b"),
        ("paragraph", "In a group"),
    ]
    assert (found.title, found.metadata["author"]) == ("Deck", "Ana")
    assert [(page.number, found.text[page.start : page.end].split()[-1]) for page in found.pages] == [
        (1, "said."),
        (2, "group"),
    ]


def test_opendocument_text() -> None:
    styles = (
        '<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-format="1"/>'
        '<text:list-level-style-bullet text:level="2"/></text:list-style>'
    )
    inner = "<text:list><text:list-item><text:p>inner</text:p></text:list-item></text:list>"
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>gone</text:p></text:deletion></text:changed-region>"
        '</text:tracked-changes><text:h text:outline-level="2">Head</text:h>'
        '<text:p>One<text:s text:c="2"/>two<text:tab/>three<office:annotation><text:p>a comment</text:p></office:annotation>'
        "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>The note.</text:p></text:note-body>"
        "</text:note>"
        "<draw:frame><draw:text-box><text:p>In a box</text:p></draw:text-box></draw:frame>, <text:a>four</text:a>.</text:p>"
        f'<text:list text:style-name="L1"><text:list-item><text:p>first</text:p>{inner}</text:list-item></text:list>'
        "<table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell><table:table-cell><text:p>b"
        "</text:p></table:table-cell></table:table-row></table:table>"
    )
    meta = "<dc:title>Called so</dc:title><dc:creator>Ana</dc:creator><meta:creation-date>2024-03-05T10:00</meta:creation-date>"
    found = extracted("a.odt", odf("text", body, styles, meta))
    assert shown(found) == [
        ("heading2", "Head"),
        ("paragraph", "One two three[1], four."),
        ("paragraph", "In a box"),
        ("list_item", "1. first"),
        ("list_item", "- inner"),
        ("table_row", "a | b"),
        ("paragraph", "[1] The note."),
    ]
    assert (found.title, found.metadata) == ("Called so", {"author": "Ana", "date": "2024-03-05"})


def test_opendocument_slides() -> None:
    slide = (
        '<draw:page><draw:frame presentation:class="title"><draw:text-box><text:p>Title</text:p></draw:text-box></draw:frame>'
        "<presentation:notes><draw:frame><draw:text-box><text:p>A note</text:p></draw:text-box></draw:frame>"
        "</presentation:notes><draw:frame><draw:text-box><text:p>Body</text:p></draw:text-box></draw:frame></draw:page>"
    )
    found = extracted("a.odp", odf("presentation", slide * 2))
    assert shown(found) == [("heading1", "Title"), ("paragraph", "Body"), ("paragraph", "A note")] * 2
    assert [page.number for page in found.pages] == [1, 2]


def test_a_book_is_read_in_the_order_of_its_spine() -> None:
    first = (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head>'
        '<body><h1>One&nbsp;&amp; all</h1><p>Text<a class="footnote-ref">1</a>.</p><nav>no</nav>after</body></html>'
    )
    metadata = "<dc:title>Book</dc:title><dc:creator>Ana</dc:creator><dc:creator>Bo</dc:creator><dc:date>2020</dc:date>"
    metadata += "<dc:rights>CC0</dc:rights>"
    found = extracted("a.epub", epub({"b.xhtml": first, "a%20b.xhtml": "x", "a.xhtml": "<p>broken <b>markup</p>"}, metadata))
    assert [text for _, text in shown(found)] == ["One & all", "Text[1].", "after", "broken markup"]
    assert (found.title, found.metadata) == ("Book", {"author": "Ana, Bo", "date": "2020", "licence": "CC0"})


def test_rich_text() -> None:
    source = (
        r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\stylesheet{\s0 Normal;}{\s1\b heading 1;}}{\info{\title T\'e9}"
        r"{\author Ana}{\creatim\yr2024\mo3\dy5}}\pard\s1 Head\par\pard\outlinelevel1 Sub\par\pard Caf\'e9 \u1578?\u1588?"
        r"{\footnote\pard A note.} and \{more\}.\par\bullet\tab one\par 1.\tab two\par\trowd\cellx1\cellx2\intbl a\cell b"
        r"\cell\row\pard{\header gone}End\par}"
    )
    found = extracted("a.rtf", source.encode())
    assert shown(found) == [
        ("heading1", "Head"),
        ("heading2", "Sub"),
        ("paragraph", "Café تش[1] and {more}."),
        ("list_item", "- one"),
        ("list_item", "1. two"),
        ("table_row", "a | b"),
        ("paragraph", "End"),
        ("paragraph", "[1] A note."),
    ]
    assert (found.title, found.metadata) == ("Té", {"author": "Ana", "date": "2024-03-05"})


def test_sheets_are_rows_under_their_names() -> None:
    stream = BytesIO()
    with Workbook(stream, {"in_memory": True}) as book:
        book.set_properties({"title": "Sheets", "author": "Ana"})
        sheet = book.add_worksheet("Doses")
        sheet.write_row(0, 0, ["Drug", "mg", "ok"])
        sheet.write_row(2, 0, ["Aspirin", 500.0, True])
        sheet.write_row(3, 0, ["Half", 0.5])
        book.add_worksheet("Empty")
    found = extracted("a.xlsx", stream.getvalue())
    assert shown(found) == [
        ("heading1", "Doses"),
        ("table_row", "Drug | mg | ok"),
        ("table_row", "Aspirin | 500 | TRUE"),
        ("table_row", "Half | 0.5"),
    ]
    assert (found.title, found.metadata["author"]) == ("Sheets", "Ana")


@pytest.mark.parametrize(
    ("name", "stream", "reason"),
    [
        ("a.doc", "WordDocument", "is in the old Word format: save it as .docx"),
        ("a.ppt", "PowerPoint Document", "is in the old PowerPoint format: save it as .pptx"),
        ("a.docx", "EncryptedPackage", "is encrypted: save it without a password"),
        ("a.txt", "Unknown", "is in a format of old Office programs"),
        ("a.doc", "", "is no Word or PowerPoint file"),
    ],
)
def test_old_and_encrypted_office_files_say_what_to_do(name: str, stream: str, reason: str) -> None:
    magic = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" if stream else b"text"
    with pytest.raises(CorpusError, match=f"^{reason}"):
        extracted(name, magic + bytes(2_000_000) + stream.encode("utf-16-le") + bytes(100))


def test_an_encrypted_book_and_text_say_so() -> None:
    encryption = (
        '<encryption xmlns:e="http://www.w3.org/2001/04/xmlenc#"><e:EncryptedData><e:EncryptionMethod Algorithm="aes"/>'
        "</e:EncryptedData></encryption>"
    )
    with pytest.raises(CorpusError, match="encrypted by its seller"):
        extracted("a.epub", epub({"a.xhtml": "<p>x</p>"}, **{"META-INF/encryption.xml": encryption}))
