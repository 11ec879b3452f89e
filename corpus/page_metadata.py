"""What a web page says of itself: title, language, author, date, address and licence, from its head and its structured data."""

import json
from collections.abc import Iterator
from typing import Any

import regex
from lxml.html import HtmlElement

from corpus.dates import iso_date
from corpus.markup import text_of
from corpus.text import one_line

_META = {
    "author": "author article:author citation_author dc.creator dcterms.creator parsely-author",
    "date": "article:published_time citation_publication_date citation_date datepublished date dc.date.issued dc.date "
    "dcterms.issued dcterms.date dcterms.created dc.date.created pubdate publish-date parsely-pub-date",
    "licence": "dcterms.license dc.rights.license license licence dc.rights dcterms.rights rights copyright",
}
_LINKED_DATA = {"author": ("author", "creator"), "date": ("datePublished", "dateCreated"), "licence": ("license",)}
_CREATIVE_COMMONS = regex.compile(r"https?://creativecommons\.org/(?:licenses|publicdomain)/\S+", regex.I)
_ADDRESS = regex.compile(r"https?://\S+", regex.I)
_VALUE_MAX = 500  # code points
_NODES_MAX = 2000


def page_metadata(page: HtmlElement) -> tuple[str, str | None, dict[str, str]]:
    """Return a page's title, its declared language (unchecked, or None), and its metadata: author, date, url, licence.

    Of several sources the page's own ``meta`` tags come first, then schema.org's structured data, then links and marked-up
    elements. A date is given as ISO 8601 where it can be understood for certain, else as it stands.
    """
    values = _meta_values(page)
    linked = list(_linked_data(page))
    metadata: dict[str, str] = {}
    for key, names in _META.items():
        found = next((values[name] for name in names.split() if name in values), "")
        # A profile's address is nobody's name.
        if key == "author" and _ADDRESS.match(found):
            found = ""
        found = found or next((text for node in linked for name in _LINKED_DATA[key] if (text := _plain(node.get(name)))), "")
        if found:
            metadata[key] = found
    for link in page.iter("link", "a"):
        relation, target = (link.get("rel") or "").lower().split(), one_line(link.get("href") or "")
        if target and link.tag == "link" and "canonical" in relation:
            metadata.setdefault("url", target)
        if target and "license" in relation:
            metadata.setdefault("licence", target)
        if link.tag == "a" and "author" in relation and one_line(text_of(link)):
            metadata.setdefault("author", one_line(text_of(link)))
    if "url" not in metadata and "og:url" in values:
        metadata["url"] = values["og:url"]
    if "licence" not in metadata:
        commons = {link.get("href") for link in page.iter("a") if _CREATIVE_COMMONS.match(link.get("href") or "")}
        if len(commons) == 1:  # several: those of its pictures
            metadata["licence"] = str(commons.pop())
    if "date" not in metadata:
        times = [element.get("datetime") or "" for element in page.iter("time") if element.get("pubdate") is not None]
        times += [
            element.get("datetime") or ""
            for element in page.xpath("//article//header//time | //time[@itemprop='datePublished']")
        ]
        if times and times[0]:
            metadata["date"] = one_line(times[0])
    if "date" in metadata:
        # What is no date for certain ("03/04/2021") stays as it stands.
        metadata["date"] = iso_date(metadata["date"]) or metadata["date"]
    language = page.get("lang") or page.get("{http://www.w3.org/XML/1998/namespace}lang") or page.get("xml:lang")
    language = language or values.get("content-language") or values.get("dc.language") or values.get("og:locale")
    language = language or next((text for node in linked if (text := _plain(node.get("inLanguage")))), None)
    title = values.get("og:title") or one_line(page.findtext(".//title") or "")
    return title, language, {key: value[:_VALUE_MAX] for key, value in metadata.items()}


def _meta_values(page: HtmlElement) -> dict[str, str]:
    values: dict[str, str] = {}
    for meta in page.iter("meta"):
        name = (meta.get("name") or meta.get("property") or meta.get("itemprop") or meta.get("http-equiv") or "").lower()
        content = one_line(meta.get("content") or "")
        if name and content:
            values.setdefault(name, content)
    return values


def _linked_data(page: HtmlElement) -> Iterator[dict[str, Any]]:
    """Yield the objects of a page's JSON-LD that describe a text, in their order."""
    seen = 0
    for script in page.iter("script"):
        if (script.get("type") or "").lower().split(";")[0].strip() != "application/ld+json":
            continue
        try:
            waiting = [json.loads(text_of(script), strict=False)]
        except (ValueError, RecursionError):
            continue
        while waiting and seen < _NODES_MAX:
            node = waiting.pop(0)
            seen += 1
            if isinstance(node, list):
                waiting = node + waiting
            elif isinstance(node, dict):
                waiting.extend(node.get("@graph") or [] if isinstance(node.get("@graph"), list) else [])
                if any(name in node for names in (*_LINKED_DATA.values(), ("inLanguage",)) for name in names):
                    yield node


def _plain(value: object) -> str:
    """Return a value of JSON-LD as text: itself, its name or address, or those of several; empty for anything else."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, dict):
        return next((one_line(value[key]) for key in ("name", "url", "@id") if isinstance(value.get(key), str)), "")
    if isinstance(value, list):
        return ", ".join(text for entry in value[:20] if isinstance(entry, str | dict) and (text := _plain(entry)))
    return ""
