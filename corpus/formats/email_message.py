"""E-mail (.eml) and pages that browsers save as one file (.mhtml): subject, words of its own, attachments as parts."""

import codecs
import email
import email.policy
import mimetypes
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from email.header import Header, decode_header
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path

import regex
from lxml import etree
from lxml.html import document_fromstring, tostring

from corpus.content import head_text, tells_nothing
from corpus.document import CorpusError
from corpus.encodings import decode
from corpus.formats import Extracted, Format, Unread, html
from corpus.quoting import own_words
from corpus.raw_file import LimitError, RawFile
from corpus.text import clean_text, first_title, one_line
from corpus.unpacking import read_member, shown_name
from corpus.xml_tree import drop, line_of

# What the standard library raises on damaged headers and bodies.
_DAMAGE = (ValueError, LookupError, AttributeError, TypeError, RecursionError, AssertionError)
_PARTS_MAX = 1_000
_HEADER = regex.compile(
    r"(?:From|To|Subject|Date|Received|Return-Path|Delivered-To|Message-ID|MIME-Version|X-[\w-]+|Reply-To|Cc|DKIM-Signature):\s",
    regex.I,
)
_ANY_HEADER = regex.compile(r"[!-9;-~]+:|[ \t]")


def extract(raw: RawFile) -> Iterator[Extracted | Unread]:
    """Yield a message's text as one document, then what is attached, each by its own format as a part.

    The body is its plain text unless that is empty, else its HTML by that format.

    Raises:
        CorpusError: it is no message, or cannot be taken apart.
    """
    data = raw.read()
    if not data.strip():
        yield Extracted("", ())
        return
    try:
        # The older policy gives headers as they stand: the newer one raises on damaged ones.
        message = email.message_from_bytes(data.lstrip(), policy=email.policy.compat32)
        parts = list(_leaves(message))
    except _DAMAGE as error:
        raise CorpusError(f"cannot be taken apart ({type(error).__name__}): save the message anew") from None
    if not message.keys():
        raise CorpusError("has no header of an e-mail: give a message as a mail program saves it")
    if len(parts) > _PARTS_MAX:
        raise CorpusError(f"has more than {_PARTS_MAX} parts: save what you need of it")
    yield from _read(raw, message, parts)


def _read(raw: RawFile, message: Message, parts: list[Message]) -> Iterator[Extracted | Unread]:
    bodies = [part for part in parts if _is_body(part)]
    attached = [part for part in parts if part not in bodies]
    body = _body(bodies)
    title = _header(message, "Subject")
    metadata = {
        "author": _header(message, "From"),
        "date": _date(message),
        "url": _header(message, "Snapshot-Content-Location"),
    }
    metadata = {key: value for key, value in metadata.items() if value} | dict(body.metadata)
    if any(char.isalnum() for char in body.text) or not attached:
        yield replace(body, title=title or body.title or Path(raw.name).stem, metadata=metadata)
    web_page = bool(metadata.get("url")) or message.get_content_type() == "multipart/related"
    for number, part in enumerate(attached, start=1):
        raw.budget.tick()
        name = shown_name(_file_name(part)) or f"attachment {number}{_ending(part)}"
        if (web_page and part.get("Content-Location")) or (part.get("Content-ID") and part.get_content_maintype() == "image"):
            continue  # pictures and styles of the body
        try:
            content = _bytes(part)
            raw.budget.unpack(len(content))
            member = raw.member(Path(name).name, content)
        except LimitError:
            raise
        except CorpusError as error:
            yield Unread(name, str(error))
            continue
        yield from read_member(member, name)


def _leaves(message: Message) -> Iterator[Message]:
    """Yield the parts that hold no others; a message that is attached is one of them."""
    waiting = [message]
    while waiting:
        part = waiting.pop(0)
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            waiting = [item for item in payload if isinstance(item, Message)] + waiting
        else:
            yield part


def _is_body(part: Message) -> bool:
    return (
        part.get_content_type() in ("text/plain", "text/html")
        and part.get_content_disposition() != "attachment"
        and not _file_name(part)
    )


def _body(bodies: list[Message]) -> Extracted:
    """Return the text of a message's body: all its plain parts in a row, or without words in them its first HTML."""
    plain = [_text(part) for part in bodies if part.get_content_type() == "text/plain"]
    text = clean_text("\n\n".join(plain)).strip()
    pages = [part for part in bodies if part.get_content_type() == "text/html"]
    # Some programs put a line ("your program shows no HTML") in the place of the plain text.
    if pages and not any(char.isalnum() for char in text):
        for part in pages:
            page = _without_quotes(_text(part))
            for found in html.extract(RawFile.in_memory("body.html", page)):
                return found
    own = own_words(text)
    return Extracted(text, own.blocks, first_title(text, list(own.blocks)), dropped=own.dropped)


def _without_quotes(page: str) -> bytes:
    """Return a page without the messages it replies to, as the usual programs mark them, for the HTML format."""
    try:
        root = document_fromstring(page)
    except (etree.ParserError, ValueError):
        return b""
    own = deepcopy(root)
    for element in list(own.iter("blockquote", "div")):
        classes = (element.get("class") or "").split()
        if element.get("type") == "cite" or "gmail_quote" in classes or element.get("id") == "divRplyFwdMsg":
            drop(element)
    kept = own if any(char.isalnum() for char in line_of(own)) else root
    return codecs.BOM_UTF8 + str(tostring(kept, encoding="unicode")).encode("utf-8", "replace")


def _text(part: Message) -> str:
    return decode(_bytes(part), part.get_content_charset())


def _bytes(part: Message) -> bytes:
    """Return a part's content without its transfer encoding; of an attached message the whole of it.

    Raises:
        CorpusError: it cannot be had.
    """
    try:
        payload = part.get_payload()
        if isinstance(payload, list):
            return b"".join(item.as_bytes() for item in payload[:1] if isinstance(item, Message))
        content = part.get_payload(decode=True)
    except _DAMAGE as error:
        raise CorpusError(f"is damaged ({type(error).__name__}): save the attachment by itself") from None
    return content if isinstance(content, bytes) else b""


def _header(message: Message, name: str) -> str:
    try:
        return _decoded(message.get(name))
    except _DAMAGE:
        return ""


def _file_name(part: Message) -> str:
    try:
        return _decoded(part.get_filename())
    except _DAMAGE:
        return ""


def _decoded(value: Header | str | None) -> str:
    if value is None:
        return ""
    pieces = []
    for piece, charset in decode_header(value):
        if isinstance(piece, str):
            pieces.append(piece)
            continue
        try:
            pieces.append(decode(piece, None if charset in (None, "unknown-8bit") else charset))
        except CorpusError:
            pieces.append(piece.decode("utf-8", "replace"))
    return one_line("".join(pieces))


def _date(message: Message) -> str:
    try:
        return parsedate_to_datetime(_header(message, "Date")).date().isoformat()
    except _DAMAGE:
        return ""


def _ending(part: Message) -> str:
    kind = part.get_content_type()
    return ".eml" if kind == "message/rfc822" else mimetypes.guess_extension(kind) or ""


def _resembles(raw: RawFile) -> bool:
    text = head_text(raw) if tells_nothing(raw.name) else None
    if text is None:
        return False
    top = text.replace("\r\n", "\n").split("\n\n", 1)[0].split("\n")
    return sum(_HEADER.match(line) is not None for line in top) > 2 and all(map(_ANY_HEADER.match, top))


FORMAT = Format("e-mail", (".eml", ".mht", ".mhtml"), extract, resembles=_resembles)
