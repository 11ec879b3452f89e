"""The outline of a PDF (its bookmarks): which lines of which pages are headings, whatever they look like."""

from itertools import islice
from typing import Any

import regex

from corpus.text import clean_text

_MOST = 20_000  # bookmarks
_DEEPEST = 5
_NUMBERING = regex.compile(r"\p{Nd}+(?:\.\p{Nd}+)*[.)]?\s+(?=\p{L})")


def outline_of(file: Any) -> dict[int, dict[str, int]]:
    """Return the levels of an open file's bookmarks by page, counted from 1, and by folded title; 2 is the outermost.

    Level 1 is left to the title of the document, which most outlines do not name.
    """
    found: dict[int, dict[str, int]] = {}
    for bookmark in islice(file.get_toc(max_depth=_DEEPEST), _MOST):
        destination = bookmark.get_dest()
        page = destination.get_index() if destination else None
        try:
            title = folded(bookmark.get_title())
        except ValueError:
            continue  # no UTF-16, whatever the file says
        if page is not None and any(map(str.isalpha, title)):
            found.setdefault(page + 1, {}).setdefault(title, bookmark.level + 2)
    return found


def folded(text: str) -> str:
    """Return what is compared of a title and a line: neither white space nor a number before it, which outlines leave away."""
    line = clean_text(text).strip()
    number = _NUMBERING.match(line)
    return "".join(line[number.end() if number else 0 :].split())
