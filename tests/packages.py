"""Writes small packages (OOXML, ODF, EPUB) from the text of their parts, for the tests of reading them."""

import zipfile
from collections.abc import Mapping
from io import BytesIO

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_TYPES = """<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml"
 ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"""
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ODF = "urn:oasis:names:tc:opendocument:xmlns:"


def package(parts: Mapping[str, str | bytes], first: str = "") -> bytes:
    """Return a zip archive; ``first`` is the content of a member "mimetype" that is stored before all others."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        if first:
            archive.writestr(zipfile.ZipInfo("mimetype"), first)
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def docx(body: str, core: str = "", **parts: str) -> bytes:
    """Return a Word document; ``parts`` are the contents of word/NAME.xml."""
    relations = "".join(
        f'<Relationship Id="r{name}" Type="{_OFFICE}/{name}" Target="{name}.xml"/>' for name in parts if name != "document"
    )
    return package(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" Type="{_OFFICE}/officeDocument" '
            'Target="word/document.xml"/></Relationships>',
            "docProps/core.xml": '<c xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">'
            f"{core}</c>",
            "word/_rels/document.xml.rels": f'<Relationships xmlns="{_RELATIONS}">{relations}</Relationships>',
            "word/document.xml": f'<w:document {W} xmlns:wps="urn:shapes" '
            'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml">'
            f"<w:body>{body}</w:body></w:document>",
            **{f"word/{name}.xml": content for name, content in parts.items()},
        }
    )


def odf(kind: str, body: str, styles: str = "", meta: str = "") -> bytes:
    """Return an OpenDocument file: "text" or "presentation"."""
    names = {"office": "office", "text": "text", "table": "table", "draw": "drawing", "presentation": "presentation"}
    spaces = " ".join(f'xmlns:{prefix}="{_ODF}{name}:1.0"' for prefix, name in (names | {"style": "style"}).items())
    spaces += f' xmlns:meta="{_ODF}meta:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return package(
        {
            "content.xml": f"<office:document-content {spaces}><office:automatic-styles>{styles}</office:automatic-styles>"
            f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>",
            "meta.xml": f"<office:document-meta {spaces}><office:meta>{meta}</office:meta></office:document-meta>",
        },
        first=f"application/vnd.oasis.opendocument.{kind}",
    )


def epub(chapters: Mapping[str, str], metadata: str = "", **parts: str) -> bytes:
    """Return a book whose chapters are XHTML documents, in their order."""
    items = "".join(f'<item id="i{n}" href="{name}" media-type="application/xhtml+xml"/>' for n, name in enumerate(chapters))
    spine = "".join(f'<itemref idref="i{n}"/>' for n in range(len(chapters)))
    return package(
        {
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="OPS/book.opf"/></rootfiles></container>',
            "OPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f"<metadata>{metadata}</metadata><manifest>{items}</manifest><spine>{spine}</spine></package>",
            **{f"OPS/{name}": content for name, content in chapters.items()},
            **parts,
        },
        first="application/epub+zip",
    )
