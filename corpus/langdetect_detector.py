"""langdetect as a detector: seeded, kept to the languages of a text's script, and modest about a few letters."""

import threading
from collections.abc import Sequence
from importlib import resources
from itertools import islice

import regex
from langdetect.detector_factory import DetectorFactory
from langdetect.lang_detect_exception import LangDetectException

_WORD = regex.compile(r"\p{L}[\p{L}\p{M}]+")
_LETTERS = regex.compile(r"\p{L}")

# Asked in far less often than the languages that langdetect takes them for on a few words ("why does my eyelid twitch" is
# Welsh to it). More than a few words outweigh any prior.
_RARE = frozenset(("af", "ca", "cy", "so", "sq"))
_RARE_PRIOR = 0.1
_LENGTH_HALF = 4  # letters at which langdetect's own probability counts half: it is sure of itself on single words too
_FIT_WORDS = 100
_LONG = 200  # letters
_SEED = 0


class _Profiles:
    """langdetect's profiles, read once, in a fixed order, into a factory of our own.

    The module's global factory is left alone: others may use it unseeded. A seed set on the factory reaches each detector
    it creates, which seeds a generator of its own, so that a guess depends on nothing but the text.
    """

    _lock = threading.Lock()
    _factory: DetectorFactory | None = None

    @classmethod
    def factory(cls) -> DetectorFactory:
        with cls._lock:
            if cls._factory is None:
                folder = resources.files("langdetect") / "profiles"
                files = sorted((file for file in folder.iterdir() if file.is_file()), key=lambda file: file.name)
                factory = DetectorFactory()
                factory.load_json_profile([file.read_text(encoding="utf-8") for file in files])
                factory.set_seed(_SEED)
                cls._factory = factory
        return cls._factory


def probabilities(text: str, languages: Sequence[str]) -> dict[str, float]:
    """Return how probable each of ``languages`` is, as far as langdetect knows them; what is missing to 1 is not known.

    No other language is possible: a prior of langdetect's own interface, not a filter after it. Never raises.
    """
    factory = _Profiles.factory()
    if not any(char.islower() for char in text):
        text = text.lower()  # langdetect leaves out words in capitals
    detector = factory.create()
    known = [language for language in languages if language in factory.langlist]
    if not known:
        return {}
    detector.set_prior_map(dict.fromkeys(known, 1.0))
    detector.PROB_THRESHOLD = 0.01
    letters = len(_LETTERS.findall(text))
    if letters > _LONG:
        detector.ITERATION_LIMIT = 200  # of 1000: as right on paragraphs; on short text it would cost confidence
    detector.append(text)
    try:
        found = detector.get_probabilities()
    except LangDetectException:
        return {}
    trust = letters / (letters + _LENGTH_HALF)
    # langdetect lets a prior of its own be outvoted by its first sample, so ours is applied to what it says.
    weighed = {guess.lang: guess.prob * (_RARE_PRIOR if guess.lang in _RARE else 1.0) for guess in found}
    total = sum(weighed.values())
    return {code: weight / total * trust for code, weight in weighed.items()}


def profile_fit(text: str, language: str) -> float | None:
    """Return the share of letter trigrams in ``text`` that langdetect's profile of ``language`` holds.

    A fraction in [0, 1], or None where there is no such profile or no trigram. How high it is for prose in the language itself
    depends on the language (median 0.89 in English, 0.59 in Vietnamese): only to be compared, never taken absolutely. It is a
    tenth of the work of langdetect's detection: 100 words are looked at.
    """
    factory = _Profiles.factory()
    if language not in factory.langlist:
        return None
    row = factory.langlist.index(language)
    known, grams, total = factory.word_lang_prob_map, 0, 0
    for word in islice((match.group() for match in _WORD.finditer(text)), _FIT_WORDS):
        padded = f" {word} "
        for at in range(len(padded) - 2):
            total += 1
            frequencies = known.get(padded[at : at + 3])
            grams += frequencies is not None and frequencies[row] > 0
    return grams / total if total else None
