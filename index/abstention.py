"""When nothing in the documents answers: the evidence below which the nearest passages are not offered as an answer."""

import math

from index.encoders import EMBEDDED

MEASURED_EVIDENCE = 0.38
MEASURED_PASSAGES = 322
"""Between what answers and what does not, on the tuning half of `eval/data/questions.jsonl`, in an index of this many passages
(`python -m eval.choose_threshold`): a little below the best mean, since a passage refused costs more than one shown."""

_SPREAD = 0.06
"""By how much evidence for questions without an answer rises a unit of ``_expected_maximum``, in parts of the same documents
(the same command with `--parts`): the standard deviation of a normal distribution, were their scores drawn from one."""

_LEAST_PASSAGES, _MOST_PASSAGES = 10, 2_000


def answerable_evidence(model: str, passages: int) -> float:
    """Return the least evidence (``index.retriever.Ranking.evidence``) that counts as an answer.

    The best of many irrelevant passages looks better than the best of few: by the extreme value of a normal distribution, the
    maximum of n lies about sqrt(2 ln n) standard deviations above the mean. The threshold follows that between ten and 2,000
    passages; beyond, nothing was measured.

    Args:
        model: name of the model; for others than the embedded one nothing was measured, and everything counts.
        passages: how many the index holds.
    """
    if model != EMBEDDED:
        return -1.0
    return MEASURED_EVIDENCE + _SPREAD * (_expected_maximum(passages) - _expected_maximum(MEASURED_PASSAGES))


def _expected_maximum(passages: int) -> float:
    return math.sqrt(2 * math.log(min(max(passages, _LEAST_PASSAGES), _MOST_PASSAGES)))
