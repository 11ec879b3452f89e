"""From a ranking to what is shown: one passage's translations and copies together, and room for more than one document."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz

from corpus.document import Passage
from index.encoder import Vectors

SAME_SIMILARITY = 0.65
"""Neutral cosine to a group, in the mean of its passages, from which on one in another language counts as saying the same.
Lower would join more translations, but also what only treats of the same (docs/evaluation.md, `python -m eval.grouping`)."""

COPY_SIMILARITY = 90.0
"""Per cent of characters in common, in order (indel ratio), from which on passages of one language count as copies."""

_COPY_COSINE = 0.8
"""Neutral cosine below which two texts are not compared character by character: copies lie well above."""

PER_DOCUMENT = 2
"""Passages of one document that are shown before other documents' have had their turn."""

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Found:
    """A ranked passage: its number in the store and its score."""

    number: int
    passage: Passage
    score: float


def group_parallels(found: Sequence[Found], vectors: Vectors) -> list[list[Found]]:
    """Put passages that say the same into one group, best first, groups in order of their best.

    A group holds translations, one a language, and copies of any of them: mirrored pages, the same text in two files. What
    says much the same in the same language and other words is another result.

    Args:
        found: passages, best first.
        vectors: their neutral vectors, shape (len(found), dimensions).
    """
    likeness = vectors @ vectors.T
    texts = [_normalised(item.passage.text) for item in found]
    groups: list[list[int]] = []
    languages: list[set[str]] = []
    sums: list[Vectors] = []  # of each group's likeness to every passage
    group_of: list[int] = []
    for at, item in enumerate(found):
        language = item.passage.language
        near = sorted(np.flatnonzero(likeness[at, :at] >= _COPY_COSINE).tolist(), key=group_of.__getitem__)
        same = (other for other in near if found[other].passage.language == language and _copies(texts[other], texts[at]))
        joins = next((group_of[other] for other in same), None)
        if joins is None:
            joins = next(
                (
                    number
                    for number, group in enumerate(groups)
                    if language not in languages[number] and sums[number][at] >= SAME_SIMILARITY * len(group)
                ),
                None,
            )
        if joins is None:
            joins = len(groups)
            groups.append([])
            languages.append(set())
            sums.append(np.zeros(len(found), np.float32))
        groups[joins].append(at)
        languages[joins].add(language)
        sums[joins] += likeness[at]
        group_of.append(joins)
    return [[found[at] for at in group] for group in groups]


def parallels_and_copies(group: Sequence[Found]) -> tuple[list[Found], list[Found]]:
    """Divide what a group holds beside its best: its translations, the first of each language, and copies of any of them."""
    spoken = {group[0].passage.language}
    parallels: list[Found] = []
    copies: list[Found] = []
    for item in group[1:]:
        (copies if item.passage.language in spoken else parallels).append(item)
        spoken.add(item.passage.language)
    return parallels, copies


def spread(groups: Sequence[list[Found]], k: int) -> list[list[Found]]:
    """Return the best ``k``, of one document no more than its share while others have something to say.

    A reader is helped more by a second source than by a third passage of the first. The best stays first.
    """
    taken: list[list[Found]] = []
    later: list[list[Found]] = []
    of_document: Counter[str] = Counter()
    for group in groups:
        document = group[0].passage.document_id
        (taken if of_document[document] < PER_DOCUMENT else later).append(group)
        of_document[document] += 1
    return sorted((taken + later)[:k], key=lambda group: -group[0].score)


def _normalised(text: str) -> str:
    return " ".join(text.casefold().split())


def _copies(first: str, second: str) -> bool:
    """Say whether two texts are the same but for little. Never where a number differs: "1 tablet" is not "2 tablets"."""
    if first == second:
        return True
    if _NUMBER.findall(first) != _NUMBER.findall(second):
        return False
    return fuzz.ratio(first, second, score_cutoff=COPY_SIMILARITY) > 0
