"""When nothing in the documents answers: the score of the best passage below which an answer is not offered as one."""

EMBEDDED_SCORE = 0.82


def answerable_score(model: str) -> float:
    """Return the least cosine similarity of a passage that may answer; -1 for models for which none was measured."""
    return EMBEDDED_SCORE if model == "embedded" else -1.0
