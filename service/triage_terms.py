"""The words' detector of triage: terms of the rules in a question, and the words around them that change what they mean."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import regex

from service.phrase_matcher import UNSPACED, Match, PhraseMatcher
from service.text_folding import CLAUSE_END, fold
from service.triage_rules import TRIAGE_DATA, load_context, load_rules

# Languages that deny behind what is denied; all others before it.
_NEGATION_FOLLOWS = frozenset({"tr", "ja", "ko", "hi", "bn", "ur", "fa"})
_REACH, _REACH_BEHIND, _REACH_UNSPACED = 3, 1, 2  # words, words, and characters between a denial and what it denies
_RELATIVES = {
    "ms": "id",
    "no": "sv",
    "nb": "sv",
    "da": "sv",
    "sk": "cs",
    "mr": "hi",
    "ne": "hi",
    "ca": "es",
    "gl": "es",
    "mk": "bg",
}
"""A language without terms that is close enough to read those of another."""

_LATIN = regex.compile(r"\p{Script=Latin}")


@dataclass(frozen=True, slots=True)
class TermEvidence:
    """What the words say: rules whose terms stand there, rules whose terms are denied there, and what the context is."""

    rules: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    study: bool = False
    past: bool = False
    look_alike: bool = False


class TermFinder:
    """Finds terms; a language's are read when a question first needs them."""

    def __init__(self, folder: Path = TRIAGE_DATA) -> None:
        """Take the rules of ``folder``."""
        self._folder = folder
        self._terms = lru_cache(maxsize=None)(self._load_terms)
        self._contexts = lru_cache(maxsize=None)(self._load_context)
        self._written_otherwise = lru_cache(maxsize=None)(self._load_transliterated)

    def evidence(self, text: str, languages: Iterable[str]) -> TermEvidence:
        """Return what the terms of these languages, and those that any language writes in Latin letters, say of a question.

        Raises:
            TriageError: a file of the data is wrong.
        """
        folded = fold(text)
        known = dict.fromkeys(_RELATIVES.get(language, language) for language in languages)
        found = [self._in_language(folded, language) for language in known]
        if _LATIN.search(folded):
            rules = tuple(match.label for match in self._written_otherwise().find(folded))
            found.append(TermEvidence(rules=rules))
        return TermEvidence(
            rules=tuple(dict.fromkeys(rule for evidence in found for rule in evidence.rules)),
            denied=tuple(dict.fromkeys(rule for evidence in found for rule in evidence.denied)),
            study=any(evidence.study for evidence in found),
            past=any(evidence.past for evidence in found),
            look_alike=any(evidence.look_alike for evidence in found),
        )

    def _in_language(self, folded: str, language: str) -> TermEvidence:
        terms, context = self._terms(language).find(folded), self._contexts(language).find(folded)
        looks = [match for match in context if match.label == "look_alike"]
        denials = [match for match in context if match.label == "negation"]
        real = [term for term in terms if not any(look.start < term.end and term.start < look.end for look in looks)]
        words = folded.split(" ")
        denied = {term for term in real if any(_denies(denial, term, language, words) for denial in denials)}
        kinds = {match.label for match in context}
        return TermEvidence(
            rules=tuple(term.label for term in real if term not in denied),
            denied=tuple(term.label for term in real if term in denied),
            study="study" in kinds,
            past="past" in kinds,
            look_alike=bool(looks),
        )

    def _load_terms(self, language: str) -> PhraseMatcher:
        said = [(rule.id, rule.languages[language].terms) for rule in load_rules(self._folder) if language in rule.languages]
        return PhraseMatcher(language, [(rule, term) for rule, terms in said for term in terms])

    def _load_context(self, language: str) -> PhraseMatcher:
        context = load_context(language, self._folder)
        kinds = ("negation", "past", "study", "look_alike") if context else ()
        return PhraseMatcher(language, [(kind, phrase) for kind in kinds for phrase in getattr(context, kind)])

    def _load_transliterated(self) -> PhraseMatcher:
        """File the terms in Latin letters of languages that have other letters of their own, such as Hindi's."""
        phrases = []
        for rule in load_rules(self._folder):
            for said in rule.languages.values():
                latin = [bool(_LATIN.search(term)) for term in said.terms]
                if sum(latin) * 2 < len(latin):
                    phrases += [(rule.id, term) for term, is_latin in zip(said.terms, latin, strict=True) if is_latin]
        return PhraseMatcher("und", phrases)


def _denies(denial: Match, term: Match, language: str, words: Sequence[str]) -> bool:
    """Return whether a denial beside a term denies it. One inside belongs to the term: "not breathing"."""
    if language in _NEGATION_FOLLOWS:
        start, end = term.end, denial.start
    else:
        start, end = denial.end, term.start
    reach = _REACH_UNSPACED if language in UNSPACED else _REACH_BEHIND if language in _NEGATION_FOLLOWS else _REACH
    if not 0 <= end - start <= reach:
        return False
    return language in UNSPACED or CLAUSE_END not in words[start:end]
