"""EPUB: the chapters of a book in the order of its spine."""

import posixpath
import zipfile
from collections.abc import Iterator
from html.entities import name2codepoint
from urllib.parse import unquote

import regex
from lxml import etree, html

from corpus.dates import iso_date
from corpus.declared import believable_language
from corpus.document import CorpusError
from corpus.encodings import decode
from corpus.formats import Extracted, Format
from corpus.markup import add_blocks, local_name
from corpus.package import damaged, member, names_of, opened
from corpus.raw_file import RawFile
from corpus.text import TextBuilder, one_line

_CONTAINER = "META-INF/container.xml"
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
_DROPPED = frozenset(("head", "script", "style", "nav", "svg", "audio", "video", "template", "object", "iframe", "rt", "rp"))
_ENTITY = regex.compile(r"&([A-Za-z]\w*);")
_OWN_ENTITIES = frozenset(("amp", "lt", "gt", "quot", "apos"))
_DECLARATION = regex.compile(r"^\s*<\?xml[^>]*\?>|<!DOCTYPE[^>\[]*(?:\[[^\]]*\])?\s*>")
_MATH = "{http://www.w3.org/1998/Math/MathML}"
_EPUB_TYPE = "{http://www.idpf.org/2007/ops}type"
_NOTE_LINK = frozenset("a")
_NOTE_REFERENCES = frozenset(("noteref", "doc-noteref", "footnote-ref"))
_ENCODING = regex.compile(rb"""\s*<\?xml[^>]{0,80}?encoding\s*=\s*["']([\w.:-]+)""")
_FONT_ALGORITHMS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


def _is_epub(raw: RawFile) -> bool:
    return _CONTAINER in names_of(raw)


def extract(raw: RawFile) -> Iterator[Extracted]:
    """Return a book's text; its table of contents and what is only shown beside the text are left out."""
    yield _read(raw)


def _read(raw: RawFile) -> Extracted:
    with opened(raw, "EPUB", lambda name: not name.lower().endswith(_BINARY)) as (_, archive), damaged("EPUB"):
        _refuse_encrypted(archive)
        place, package = _package(archive)
        title, declared, metadata = _declared(package)
        builder = TextBuilder()
        for name in _chapters(package, posixpath.dirname(place)):
            raw.budget.tick()
            try:
                data = archive.read(name)
            except KeyError:  # named, and not there: the other chapters are
                continue
            chapter = _tree(data)
            if chapter is not None:
                add_blocks(chapter, builder)
        found = builder.build(title, None, metadata)
    return Extracted(found.text, found.blocks, found.title, believable_language(declared, found.text), found.metadata)


_BINARY = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".ttf", ".otf", ".woff", ".woff2", ".mp3", ".mp4", ".m4a", ".css", ".js")


def _refuse_encrypted(archive: zipfile.ZipFile) -> None:
    """Raise where more than fonts is encrypted."""
    root = member(archive, "META-INF/encryption.xml")
    if root is None:
        return
    for method in root.iter("{http://www.w3.org/2001/04/xmlenc#}EncryptionMethod"):
        if method.get("Algorithm") not in _FONT_ALGORITHMS:
            raise CorpusError("is encrypted by its seller (DRM): it can be read with the seller's program only")


def _package(archive: zipfile.ZipFile) -> tuple[str, etree._Element]:
    """Return the name and the root of the file that describes the book."""
    container = member(archive, _CONTAINER)
    places = [] if container is None else [root.get("full-path", "") for root in container.iter("{*}rootfile")]
    for place in [*places, *(name for name in archive.namelist() if name.endswith(".opf"))]:
        package = member(archive, place)
        if package is not None:
            return place, package
    raise CorpusError("is damaged, or no EPUB (it has no package file): save it anew")


def _declared(package: etree._Element) -> tuple[str, str | None, dict[str, str]]:
    values: dict[str, list[str]] = {}
    for element in package.iter("{http://purl.org/dc/elements/1.1/}*"):
        value = one_line("".join(map(str, element.itertext())))
        if value:
            values.setdefault(local_name(element), []).append(value)
    metadata = {}
    if "creator" in values:
        metadata["author"] = ", ".join(values["creator"])
    date = iso_date(next(iter(values.get("date", [])), ""))
    if date:
        metadata["date"] = date
    if "rights" in values:
        metadata["licence"] = values["rights"][0]
    return values.get("title", [""])[0], values.get("language", [None])[0], metadata


def _chapters(package: etree._Element, folder: str) -> Iterator[str]:
    """Yield the names of the members that the spine names, in its order."""
    items = {item.get("id"): item for item in package.iter("{*}item")}
    for reference in package.iter("{*}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or item.get("media-type") not in _PAGES or "nav" in item.get("properties", "").split():
            continue
        yield posixpath.normpath(posixpath.join(folder, unquote(item.get("href", "").split("#")[0])))


def _tree(data: bytes) -> etree._Element | None:
    """Return a chapter's tree, read as the XML it should be, else as a browser would."""
    encoding = _ENCODING.match(data)
    source = _DECLARATION.sub("", decode(data, encoding.group(1).decode("ascii") if encoding else None)).strip()
    if not source:
        return None
    try:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True, remove_pis=True)
        root = etree.fromstring(_ENTITY.sub(_character, source), parser)
    except etree.XMLSyntaxError:
        try:
            lenient = html.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True)
            root = html.document_fromstring(source, parser=lenient)
        except (etree.ParserError, ValueError):
            return None
    for element in list(root.iter(etree.Element)):
        parent, name = element.getparent(), local_name(element)
        if parent is None:
            continue
        if name in _DROPPED or name == "annotation" or _is_backlink(element):
            _drop(element, parent)
        elif name in _NOTE_LINK and _role(element) & _NOTE_REFERENCES:
            element.text = f"[{''.join(map(str, element.itertext())).strip('[]')}]"
            del element[:]
        elif str(element.tag).startswith(_MATH):
            element.tag = "span"  # a formula stands within its line
    return root


def _role(element: etree._Element) -> set[str]:
    return set(f"{element.get(_EPUB_TYPE, '')} {element.get('role', '')} {element.get('class', '')}".split())


def _is_backlink(element: etree._Element) -> bool:
    return local_name(element) == "a" and bool(_role(element) & {"backlink", "doc-backlink", "footnote-back"})


def _drop(element: etree._Element, parent: etree._Element) -> None:
    """Remove an element and keep the text after it."""
    tail = element.tail or ""
    before = element.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    parent.remove(element)


def _character(match: regex.Match[str]) -> str:
    name = match.group(1)
    code = None if name in _OWN_ENTITIES else name2codepoint.get(name)
    return match.group() if name in _OWN_ENTITIES else "" if code is None else chr(code)


FORMAT = Format("EPUB", (".epub",), extract, signature=_is_epub, isolated=True)
