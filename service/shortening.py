"""What an error repeats of what somebody gave: quoted, and of something long its beginning."""

MAX_SHOWN = 200
"""Characters."""


def shown(text: str) -> str:
    """Return the text in quotes, shortened where it is long."""
    return repr(text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…")
