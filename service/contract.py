"""The JSON that Crosscite speaks, on every path: names are a contract, added to and never renamed."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Direction = Literal["ltr", "rtl"]
LanguageSource = Literal["given", "detected"]
NoticeKind = Literal["crisis", "emergency", "urgent", "see_doctor", "disclaimer", "no_answer", "outdated", "other_languages"]
"""Most pressing first: the order in which notices are given."""

_LANGUAGE = Field(description="ISO 639 code, lower case; `und` where it is not known.", examples=["es"])


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AskRequest(_Model):
    """A question."""

    question: str = Field(description="In any language.", examples=["¿Por qué me tiembla el párpado?"])
    language: str | None = Field(
        default=None,
        description="Language of the question (ISO 639, such as `es`); detected where it is not given.",
        examples=["es"],
        max_length=35,
    )
    limit: int | None = Field(default=None, ge=1, le=50, description="How many passages at the most.")
    languages: list[str] = Field(
        default=[],
        max_length=50,
        description="Only passages in these languages; all where it is empty.",
        examples=[["es", "fr"]],
    )
    prefer_own_language: bool = Field(
        default=False, description="Passages in the question's language well ahead, instead of first among equals."
    )
    country: str | None = Field(
        default=None,
        description="Country of the reader (ISO 3166, such as `MX`): whose emergency number to name. A language is no country.",
        examples=["MX"],
        max_length=35,
    )
    labels: list[str] = Field(
        default=[],
        max_length=50,
        description="Only documents with one of these labels; all where it is empty.",
        examples=[["hr"]],
    )
    after: str | None = Field(
        default=None,
        description="Only documents dated on this day or later (ISO 8601; of a month or a year, its first day). Documents "
        "without a date are left out.",
        examples=["2024-05-01"],
        max_length=10,
    )
    before: str | None = Field(
        default=None, description="Only documents dated before this day, likewise.", examples=["2025"], max_length=10
    )
    path: str | None = Field(
        default=None,
        description="Only documents whose source is this, lies below it, or matches it (`*`, `?`, `[`). A path that does not "
        "begin with `/` may stand anywhere below a folder.",
        examples=["leaflets/*.pdf"],
        max_length=4096,
    )


class Query(_Model):
    """The question as it was understood."""

    text: str
    language: str = _LANGUAGE
    language_confidence: float = Field(ge=0, le=1, description="1 where the language was given.")
    language_source: LanguageSource


class Notice(_Model):
    """A text to show with the answer, in the order given. `language` and `dir` are of the text itself."""

    kind: NoticeKind
    language: str = _LANGUAGE
    dir: Direction
    text: str
    missing_language: str | None = Field(
        default=None,
        description="The question's language, where it has no notices and this one is in another.",
        examples=["eu"],
    )
    number: str | None = Field(default=None, description="The number to call that `text` names.", examples=["112"])
    number_country: str | None = Field(default=None, description="The country that it holds in (ISO 3166).", examples=["ES"])
    number_source: str | None = Field(default=None, description="Where it comes from and when it was checked; to be shown.")


class Span(_Model):
    """Unicode code points `start` to `end` (exclusive) of the text that it belongs to."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)


class Citation(_Model):
    """Where a quote stands: `quote` is code points `start` to `end` of the document's text, whose UTF-8 bytes have `sha256`."""

    document_id: str
    title: str
    source: str = Field(
        description="The file that the document was read from; of a file that holds several, `#` and the part's name follow."
    )
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    page: int | None = Field(
        default=None, ge=1, description="The page that the quote begins on, counted from 1; null where there are no pages."
    )
    page_end: int | None = Field(default=None, ge=1, description="The page that it ends on; often the same.")
    heading: str | None = Field(
        default=None, description="The headings above the quote, joined by ` > `; null where there are none."
    )
    quote: str


class Parallel(_Model):
    """A passage that says the same, in another language or in almost the same words."""

    passage_id: str
    language: str = _LANGUAGE
    citation: Citation


class AnswerPassage(_Model):
    """A passage, quoted word for word."""

    rank: int = Field(ge=1)
    score: float = Field(description="How well it answers; falls with the rank, and compares within one answer only.")
    passage_id: str
    language: str = _LANGUAGE
    text: str
    highlights: list[Span] = Field(description="The sentences nearest to the question, as offsets into `text`.")
    citation: Citation
    parallels: list[Parallel] = Field(default=[], description="Passages that say the same in other languages.")
    duplicates: list[Parallel] = Field(
        default=[], description="Passages with the same text, or almost, as this one or as one of its parallels."
    )


class Answer(_Model):
    """The passages that answer, best first, under notices in the reader's language."""

    query: Query
    notices: list[Notice] = Field(description="Most pressing first; the disclaimer is always among them.")
    answerable: bool = Field(description="False: nothing in the documents answers, and the passages are only the nearest.")
    evidence: float = Field(description="How well the best passage answers, -1 to 1: what `answerable` was decided by.")
    passages: list[AnswerPassage]
    timings_ms: dict[str, float]


class DocumentSummary(_Model):
    """A document without its text."""

    document_id: str
    title: str
    source: str
    language: str = _LANGUAGE
    language_confidence: float = Field(ge=0, le=1)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    passages: int = Field(ge=0, description="How many passages it was split into.")
    metadata: dict[str, str] = Field(description="What the file says of itself, such as topic, date, author.")
    file: str = Field(default="", description="The file that holds it; `source` names the part of it, where it holds several.")
    date: str | None = Field(
        default=None, description="Its date by its metadata, ISO 8601, to the year, the month or the day.", examples=["2024-05"]
    )
    labels: list[str] = Field(default=[], description="The labels of its file, in order.")


class DocumentList(_Model):
    """The documents, in order of source."""

    notices: list[Notice]
    total: int = Field(ge=0)
    documents: list[DocumentSummary]


class DocumentWithText(DocumentSummary):
    """A document with the text that its citations' offsets refer to."""

    notices: list[Notice]
    text: str


class ErrorBody(_Model):
    """What went wrong: `code` for programs, `message` for people, in one line."""

    code: str = Field(examples=["empty_question"])
    message: str
    field: str | None = Field(default=None, description="The part of the request that is wrong.")


class ErrorResponse(_Model):
    """The shape of every error, on every path."""

    error: ErrorBody
    notices: list[Notice]


class Health(_Model):
    """Whether the service runs (`/healthz`) or can answer (`/readyz`)."""

    status: Literal["ok"]
    version: str
    documents: int | None = Field(default=None, description="Documents in the index; `/readyz` only.")
