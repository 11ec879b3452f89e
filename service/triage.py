"""Triage: how pressing a question sounds, so that what should not wait is said before anything else. It never diagnoses.

Two detectors back each other: words (``service/triage_terms``) and the question's embedding (``service/triage_model``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, get_args

import regex

from index.encoder import Encoder, Vectors
from service.triage_model import TriageModel, model_for
from service.triage_rules import TRIAGE_DATA, HarmlessKind, Tier, label_tiers
from service.triage_terms import TermEvidence, TermFinder

_SURE_ENOUGH = 0.1  # probability from which a language's terms are looked for
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}'’\u200c\u200d]+")
_UNSPACED = regex.compile(r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}--\p{M}]", regex.V1)
_KEYWORD_WORDS, _KEYWORD_CHARACTERS = 2, 3


class Bounds(NamedTuple):
    """Probabilities from which a tier is given, chosen on examples whose whole meaning was left out of learning."""

    acute: float = 0.50
    acute_with_term: float = 0.35
    acute_in_doubt: float = 0.80
    acute_among_harmless: float = 0.65
    acute_in_general: float = 0.70
    general: float = 0.08  # share of general knowledge from which the bound before holds
    urgent: float = 0.65
    urgent_with_term: float = 0.25
    see_doctor: float = 0.65
    see_doctor_with_term: float = 0.30


@dataclass(frozen=True, slots=True)
class Finding:
    """A tier, the rule that speaks for it most (empty for ``none``), and what both detectors saw."""

    tier: Tier
    rule: str
    probabilities: Mapping[str, float]
    terms: TermEvidence


class Triage:
    """Judges questions. Safe to share between threads."""

    def __init__(
        self, encoder: Encoder, cache: Path | None = None, folder: Path = TRIAGE_DATA, bounds: Bounds | None = None
    ) -> None:
        """Judge vectors of this encoder; what has to be learned for it is kept in ``cache``."""
        self._encoder, self._cache, self._folder = encoder, cache, folder
        self._bounds = bounds or Bounds()
        self._terms = TermFinder(folder)

    @cached_property
    def model(self) -> TriageModel:
        """What the embedding's detector knows; learned here where it is not known yet.

        Raises:
            EncoderError, TriageError: it cannot be learned.
        """
        return model_for(self._encoder, self._cache, self._folder)

    @cached_property
    def _tiers(self) -> Mapping[str, Tier]:
        return label_tiers(self._folder)

    def judge(self, text: str, vector: Vectors, languages: Mapping[str, float]) -> Finding:
        """Return how pressing a question sounds.

        Args:
            text: the question.
            vector: its embedding as a query, shape (dimensions,).
            languages: the languages it may be in, with their probabilities.

        Raises:
            EncoderError, TriageError: the detector cannot be made ready.
        """
        probabilities = self.model.probabilities(vector, languages)
        terms = self._terms.evidence(text, [code for code, share in languages.items() if share >= _SURE_ENOUGH])
        return decide(probabilities, terms, self._tiers, self._bounds, keywords=_keywords(text))


def _keywords(text: str) -> int:
    """Return how many words a question has that is a word or two, as people type them into a search box; 0 for a longer one.

    Up to three characters of a script without spaces are a word: "痛み".
    """
    words = _WORD.findall(text)
    if _UNSPACED.search(text):
        return int(sum(map(len, words)) <= _KEYWORD_CHARACTERS)
    return len(words) if len(words) <= _KEYWORD_WORDS else 0


def decide(
    probabilities: Mapping[str, float], terms: TermEvidence, tiers: Mapping[str, Tier], bounds: Bounds, *, keywords: int = 0
) -> Finding:
    """Return what both detectors together say.

    A term lowers the bound of its tier. One that is asked about ("symptoms of") or long past counts as worth a doctor's
    time; one that is denied, or a figure of speech beside it, raises the bound instead. So does a mere keyword, which tells
    what somebody reads about and not what is the matter, and what reads as a question of general knowledge, whose wars and
    diseases are nobody's own.
    """
    share: dict[Tier, float] = dict.fromkeys(("none", "see_doctor", "urgent", "emergency", "crisis"), 0.0)
    for label, probability in probabilities.items():
        share[tiers[label]] += probability
    distant = terms.study or terms.past
    named = {("see_doctor" if distant else tiers[rule]) for rule in terms.rules}
    acute = share["emergency"] + share["crisis"]
    if named & {"emergency", "crisis"}:
        bound = bounds.acute_with_term
    elif keywords == 1 or terms.look_alike or (terms.denied and not terms.rules):
        bound = bounds.acute_in_doubt
    else:
        # Two words are a keyword in English ("insulin storage") and a cry for help in Korean or Hungarian.
        bound = bounds.acute_among_harmless if distant or keywords else bounds.acute
    if probabilities.get("general", 0.0) >= bounds.general:
        bound = max(bound, bounds.acute_in_general)
    if acute >= bound:
        crisis = share["crisis"] + 0.3 * ("crisis" in named) >= share["emergency"] + 0.3 * ("emergency" in named)
        tier: Tier = "crisis" if crisis else "emergency"
    elif share["urgent"] + acute >= (bounds.urgent_with_term if named - {"see_doctor"} else max(bounds.urgent, bound - 0.05)):
        tier = "urgent"
    elif 1 - share["none"] >= (bounds.see_doctor_with_term if named or distant else bounds.see_doctor):
        tier = "see_doctor"
    else:
        return Finding("none", "", probabilities, terms)
    return Finding(tier, _speaks_most(tier, probabilities, terms, tiers), probabilities, terms)


def _speaks_most(tier: Tier, probabilities: Mapping[str, float], terms: TermEvidence, tiers: Mapping[str, Tier]) -> str:
    labels = [label for label in probabilities if label not in get_args(HarmlessKind)]
    fitting = [label for label in labels if tiers[label] == tier] or labels
    return max(fitting, key=lambda label: probabilities[label] + (label in terms.rules))
