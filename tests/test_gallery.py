"""The gallery: what LibreOffice, pandoc and Chromium write comes through, in every format and language."""

import subprocess
from collections import Counter
from pathlib import Path

import pytest

from corpus.document import BlockKind
from corpus.reader import read_document
from corpus.splitter import split_document
from eval.gallery import (
    FORMATS,
    LANGUAGES,
    THRESHOLD,
    Sample,
    added_share,
    make_gallery,
    missing_programs,
    share_in_order,
    shares,
)

# LibreOffice lays out these slides from left to right, since pandoc does not write into them that they run the other way: on
# the page itself, words and brackets of mixed lines stand where nobody would read them.
LAID_OUT_WRONG = {("slides.pdf", "fa"), ("slides.pdf", "he")}


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Sample]:
    """Make the gallery once for all tests."""
    reason = missing_programs()
    if reason:
        pytest.skip(f"the gallery cannot be made: {reason}")
    return {(sample.kind, sample.language): sample for sample in make_gallery(tmp_path_factory.mktemp("gallery"))}


@pytest.mark.parametrize("kind", FORMATS)
def test_the_text_comes_through_in_order(gallery: dict[tuple[str, str], Sample], kind: str) -> None:
    found = {language: shares(gallery[kind, language]) for language in LANGUAGES if (kind, language) not in LAID_OUT_WRONG}
    assert {language: share for language, (share, _) in found.items() if share < THRESHOLD} == {}
    # One page alone does not tell what stands on all, so a short file keeps what a browser prints around it; a book has a title
    # page.
    added = {language: share for language, (_, share) in found.items() if share > 0.02 and language not in ("fa", "he")}
    assert added == {}


# LibreOffice's books have no headings, and to pandoc a heading below the first level is no title of a slide.
@pytest.mark.parametrize("kind", [kind for kind in FORMATS if not kind.endswith(("ice.epub", "pptx", "odp", "slides.pdf"))])
def test_structure_comes_through(gallery: dict[tuple[str, str], Sample], kind: str) -> None:
    for language in ("ar", "en", "th"):
        sample = gallery[kind, language]
        expected = Counter(block.kind for block in sample.source.blocks)
        found = Counter(block.kind for block in read_document(sample.path).blocks)
        assert found[BlockKind.HEADING] == pytest.approx(expected[BlockKind.HEADING], rel=0.1)
        assert found.total() == pytest.approx(expected.total(), rel=0.15)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_quote_verifies(gallery: dict[tuple[str, str], Sample], kind: str) -> None:
    for language in LANGUAGES:
        document = read_document(gallery[kind, language].path)
        passages = split_document(document, lambda texts: [max(1, len(text) // 3) for text in texts], 120)
        assert passages
        for passage in passages:
            assert document.text[passage.start : passage.end] == passage.text
            assert (passage.pages is not None) == kind.endswith((".pdf", ".pptx", ".odp"))
        if kind.endswith((".pdf", ".pptx", ".odp")):
            numbers = [page.number for page in document.pages]
            assert numbers == sorted(set(numbers))


def test_what_the_files_say_of_themselves_is_found(gallery: dict[tuple[str, str], Sample]) -> None:
    for kind in FORMATS:
        for language in LANGUAGES:
            assert read_document(gallery[kind, language].path).language == language, (kind, language)


def test_headers_columns_and_hyphens_of_a_word_processor(tmp_path: Path) -> None:
    if missing_programs():
        pytest.skip(f"the document cannot be made: {missing_programs()}")
    words = "\n\n".join(
        read_document(path).text for path in sorted((Path(__file__).parent.parent / "corpus/data/en").glob("*.md"))
    )
    paragraphs = [" ".join(part.split()) for part in words.split("\n\n") if len(part) > 120 and not part.startswith("-")]
    body = "".join(
        f'<text:p text:style-name="Body">{text.replace("&", "&amp;").replace("<", "&lt;")}</text:p>' for text in paragraphs
    )
    source = tmp_path / "columns.fodt"
    source.write_text(COLUMNS.replace("BODY", body), "utf-8")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", "--headless", profile, "--convert-to", "pdf", "--outdir", str(tmp_path), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    found = read_document(tmp_path / "columns.pdf")
    assert len(found.pages) > 2
    assert "Running head" not in found.text
    assert share_in_order("\n\n".join(paragraphs), found.text) >= THRESHOLD
    assert added_share("\n\n".join(paragraphs), found.text) < 0.002
    whole = {" ".join(found.text[block.start : block.end].split()) for block in found.blocks}
    assert sum(paragraph in whole for paragraph in paragraphs) >= 0.9 * len(paragraphs)


COLUMNS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" office:version="1.3"
 office:mimetype="application/vnd.oasis.opendocument.text">
<office:styles><style:style style:name="Body" style:family="paragraph"><style:paragraph-properties fo:text-align="justify"
 fo:text-indent="0.5cm"/><style:text-properties fo:font-size="11pt" fo:language="en" fo:country="US" fo:hyphenate="true"
 fo:hyphenation-remain-char-count="2" fo:hyphenation-push-char-count="2"/></style:style></office:styles>
<office:automatic-styles><style:page-layout style:name="L"><style:page-layout-properties fo:page-width="21cm"
 fo:page-height="14cm" fo:margin="1.5cm"><style:columns fo:column-count="2" fo:column-gap="0.8cm"/>
</style:page-layout-properties><style:header-style/><style:footer-style/></style:page-layout></office:automatic-styles>
<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="L"><style:header>
<text:p>Running head of the matter</text:p></style:header><style:footer><text:p>Page <text:page-number/> of
 <text:page-count/></text:p></style:footer></style:master-page></office:master-styles>
<office:body><office:text>BODY</office:text></office:body></office:document>
"""
