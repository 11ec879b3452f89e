"""What files say of their language, as far as it is to be believed."""

from corpus.document import UNDETERMINED
from corpus.language import detect_language, normalise_language

_SURE = 0.9
_SAMPLE = 20_000  # code points


def believable_language(declared: str | None, text: str) -> str | None:
    """Return a declared language unless the text is clearly in another.

    Office programs write their user's language into every file, whatever it is written in.
    """
    language = normalise_language(declared) if declared else UNDETERMINED
    if language == UNDETERMINED:
        return None
    guess = detect_language(text[:_SAMPLE])
    return None if guess.language not in (language, UNDETERMINED) and guess.confidence >= _SURE else declared
