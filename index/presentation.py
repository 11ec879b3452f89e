"""From a ranking to what is shown: translations of one passage together, and room for more than one document."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from corpus.document import Passage
from index.encoder import Vectors

SAME_SIMILARITY = 0.65
"""Neutral cosine from which on passages in two languages count as saying the same. On parallel paragraphs (XQuAD) that joins
half of the pairs and, by mistake, one other passage in 50; in the sample documents, which hold no translations, none."""

PER_DOCUMENT = 2
"""Passages of one document that are shown before other documents' have had their turn."""


@dataclass(frozen=True, slots=True)
class Found:
    """A ranked passage: its number in the store and its score."""

    number: int
    passage: Passage
    score: float


def group_parallels(found: Sequence[Found], vectors: Vectors) -> list[list[Found]]:
    """Put passages that say the same in several languages into one group, best first, groups in order of their best.

    A group holds one passage a language: what says the same in the same language is another result.

    Args:
        found: passages, best first.
        vectors: their neutral vectors, shape (len(found), dimensions).
    """
    likeness = vectors @ vectors.T
    groups: list[list[int]] = []
    for at, item in enumerate(found):
        for group in groups:
            spoken = {found[member].passage.language for member in group}
            if likeness[group[0], at] >= SAME_SIMILARITY and item.passage.language not in spoken:
                group.append(at)
                break
        else:
            groups.append([at])
    return [[found[at] for at in group] for group in groups]


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
