"""What is made of a question before anything is searched: which language it is in, by itself and for who asks it."""

from collections.abc import Mapping
from dataclasses import dataclass

from corpus.document import UNDETERMINED
from corpus.language import SURE, normalise_language
from index.encoder import Vectors
from index.query_language import for_reader, query_probabilities, ranked
from service.contract import Query
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Understood:
    """A question, and the languages that it may be in with their probabilities, likeliest first.

    ``languages`` are for who asks it and count for ranking and notices; ``by_question`` are by the question alone, for what
    must not depend on who is thought to ask.
    """

    query: Query
    languages: Mapping[str, float]
    by_question: Mapping[str, float]


def understand(encoder_name: str, text: str, vector: Vectors, given: str | None, reads: Mapping[str, float]) -> Understood:
    """Return a question as understood; its language is ``und`` where none is likelier than not.

    Args:
        encoder_name: of the encoder that made ``vector``.
        text: the question.
        vector: its embedding, shape (dimensions,).
        given: its language where the caller says it, which then rules alone.
        reads: the languages that the reader reads, each with how much, from 0 to 1; empty where nothing is known.
    """
    if given is not None:
        query = Query(text=text, language=given, language_confidence=1.0, language_source="given")
        return Understood(query, {given: 1.0}, {given: 1.0})
    shares = query_probabilities(encoder_name, text, vector)
    languages = _by_probability(for_reader(shares, reads, text))
    language, confidence = next(iter(languages.items()), (UNDETERMINED, 0.0))
    if confidence < SURE:
        language = UNDETERMINED
    query = Query(text=text, language=language, language_confidence=confidence, language_source="detected")
    return Understood(query, languages, _by_probability(shares))


def site_reads(settings: Settings) -> dict[str, float]:
    """Return the language of a site that names one, its readers' for want of better; the default says nothing of them."""
    chosen = "interface_language" in settings.model_fields_set
    return {normalise_language(settings.interface_language): 1.0} if chosen else {}


def _by_probability(shares: Mapping[str, float]) -> dict[str, float]:
    return {guess.language: guess.confidence for guess in ranked(shares)}
