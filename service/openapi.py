"""What the OpenAPI document says beyond the contract's models; `python -m service.openapi` writes docs/openapi.json."""

import json
import sys
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from service.contract import ErrorResponse

DEFAULT_PATH = Path("docs", "openapi.json")
TITLE = "Crosscite"
SUMMARY = "Ask in any language, get the exact passages that answer, each with a citation that anyone can check."
DESCRIPTION = """\
Every answer and every error carries notices in the reader's language, the disclaimer always among them: show them first.

The notices of an answer are in the question's language. Where there are none, and for errors and documents, they are in
the first known language of the `Accept-Language` header, else in the site's own. Of a question of a word or two, the
languages of that header are likelier; `language` rules alone.

Every error, on every path, has the shape of `ErrorResponse`. Unknown query parameters and unknown fields are refused.
Offsets are Unicode code points. A citation's `quote` equals code points `start` to `end` of the document's `text`, whose
UTF-8 bytes have the digest `sha256`.\
"""

_DISCLAIMER = {
    "kind": "disclaimer",
    "language": "en",
    "dir": "ltr",
    "text": "Crosscite quotes passages from documents. This is not medical advice. Talk to a doctor or pharmacist about your "
    "health. In an emergency, call your local emergency number.",
}
_QUOTE = (
    "How to stop a nosebleed\n\nSit down and lean forward, so that the blood runs out of your nose and not down your throat. "
    "Pinch the soft part of your nose, just above the nostrils, for 10 to 15 minutes without letting go to check. Breathe "
    "through your mouth and spit out any blood that collects there. Swallowing blood can upset your stomach and make you "
    "vomit.\n\nSome people also hold an ice pack, covered with a towel, on the bridge of the nose. Do not lie flat or tilt "
    "your head back."
)
ANSWER_EXAMPLE: dict[str, Any] = {
    "query": {
        "text": "How do I stop a nosebleed?",
        "language": "en",
        "language_confidence": 0.99,
        "language_source": "detected",
    },
    "notices": [_DISCLAIMER],
    "answerable": True,
    "evidence": 0.8213,
    "passages": [
        {
            "rank": 1,
            "score": 0.9275,
            "passage_id": "712230bcfca67370:176-658",
            "language": "en",
            "text": _QUOTE,
            "highlights": [{"start": 25, "end": 117}],
            "citation": {
                "document_id": "712230bcfca67370",
                "title": "Nosebleeds",
                "source": "samples/en/nosebleed.md",
                "sha256": "7ec5dec1358ad20b1bf9700fc3a19f15e1f9a6627065030c4dc142e70264fd77",
                "start": 176,
                "end": 658,
                "page": None,
                "page_end": None,
                "heading": "Nosebleeds",
                "quote": _QUOTE,
            },
            "parallels": [],
            "duplicates": [],
        }
    ],
    "timings_ms": {"language": 1.2, "encode": 6.1, "search": 0.9, "total": 8.2},
}

_ERRORS: dict[int, tuple[str, str, str, str | None]] = {
    400: ("The body is no JSON.", "malformed_json", "the body is no JSON (character 1: Expecting value)", None),
    404: ("There is no such document.", "no_such_document", "there is no document '0123456789abcdef'", None),
    413: ("The body is too large.", "body_too_large", "the body is larger than 65536 bytes: shorten the question", None),
    415: (
        "The body is not declared as JSON.",
        "wrong_content_type",
        "the content type is missing: send the header content-type: application/json",
        "content-type",
    ),
    422: (
        "The request cannot be served as it is: an empty question, an unknown parameter, a number out of bounds.",
        "empty_question",
        "the question is empty: type what you want to know",
        "question",
    ),
    429: (
        "Too many requests from one address, where the site sets a limit; the header Retry-After says when to ask again.",
        "too_many_requests",
        "too many requests from this address: ask again in 3 seconds",
        None,
    ),
    500: (
        "Something went wrong in the service.",
        "internal_error",
        "something went wrong in the service, not in the request: its log says what, under 1f6a9c03",
        None,
    ),
    503: (
        "The index or the model cannot be used.",
        "index_unavailable",
        "the index cannot be used at the moment: the service's log says why, under 1f6a9c03",
        None,
    ),
}


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the documentation of these error responses, each with an example."""
    responses: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        description, code, message, field = _ERRORS[status]
        example = {"error": {"code": code, "message": message, "field": field}, "notices": [_DISCLAIMER]}
        content = {"application/json": {"example": example}}
        responses[status] = {"model": ErrorResponse, "description": description, "content": content}
    return responses


def rendered(app: FastAPI) -> str:
    """Return the app's OpenAPI document as the text of docs/openapi.json."""
    return json.dumps(app.openapi(), ensure_ascii=False, indent=2) + "\n"


def main(arguments: list[str]) -> int:
    """Write the document to the path given, docs/openapi.json by default."""
    from service.api import documented_app  # which takes its descriptions from this module

    path = Path(arguments[0]) if arguments else DEFAULT_PATH
    path.write_text(rendered(documented_app()), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
