"""From what was found to what is said of it: passages with citations, documents, in the contract's models."""

from corpus.document import Passage
from index.passage_index import Hit
from index.passage_index import Parallel as FoundParallel
from index.store import StoredDocument
from service.contract import AnswerPassage, Citation, Parallel, Span


def answer_passage(hit: Hit) -> AnswerPassage:
    """Return what a question found as it is quoted, with its citation and those of its translations and copies."""
    passage, document = hit.passage, hit.document
    return AnswerPassage(
        rank=hit.rank,
        score=round(hit.score, 4),
        passage_id=passage.passage_id,
        language=passage.language,
        text=passage.text,
        highlights=[Span(start=start, end=end) for start, end in hit.highlights],
        citation=_citation(passage, document),
        parallels=[_parallel(each) for each in hit.parallels],
        duplicates=[_parallel(each) for each in hit.duplicates],
    )


def _parallel(parallel: FoundParallel) -> Parallel:
    passage = parallel.passage
    return Parallel(passage_id=passage.passage_id, language=passage.language, citation=_citation(passage, parallel.document))


def _citation(passage: Passage, document: StoredDocument) -> Citation:
    return Citation(
        document_id=document.document_id,
        title=document.title,
        source=document.source,
        sha256=document.sha256,
        start=passage.start,
        end=passage.end,
        page=passage.pages[0] if passage.pages else None,
        page_end=passage.pages[1] if passage.pages else None,
        heading=passage.context or None,
        quote=passage.text,
    )


def summary(document: StoredDocument) -> dict[str, object]:
    """Return the fields of a ``DocumentSummary``."""
    return {
        "document_id": document.document_id,
        "title": document.title,
        "source": document.source,
        "language": document.language,
        "language_confidence": document.language_confidence,
        "sha256": document.sha256,
        "passages": document.passages,
        "metadata": dict(document.metadata),
        "file": document.file,
        "date": document.date,
        "labels": list(document.labels),
    }
