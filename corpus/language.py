"""Which language a text is in: its script first, a detector among the languages of that script after it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

import regex

from corpus.document import UNDETERMINED
from corpus.language_codes import normalise_language as normalise_language
from corpus.scripts import blank_other_scripts, letters_by_script


@dataclass(frozen=True, slots=True)
class LanguageGuess:
    """A lower-case ISO 639 code, or ``und``, and how probable it is, from 0.0 (nothing known) to 1.0."""

    language: str
    confidence: float


DetectorName = Literal["default", "langdetect"]
"""``default``: CLD2 and fastText together (``corpus.language_model``); langdetect where they cannot be had."""

SURE = 0.3
"""Probability from which a language is named; below it, ``und``. Of texts held out from learning, guesses between 0.3 and 0.5
were right more often than wrong, those below less often: much of what is missing there is kept for languages unknown here."""

_UNKNOWN = LanguageGuess(UNDETERMINED, 0.0)

# Scripts in which nearly everything is written in one language, and how sure the script alone makes us. The numbers are
# judgement, not measurement: lower where another language is common (Tibetan: Dzongkha).
_ONE_LANGUAGE = {
    "Thai": ("th", 0.99), "Lao": ("lo", 0.98), "Khmer": ("km", 0.98), "Myanmar": ("my", 0.9), "Tibetan": ("bo", 0.8),
    "Greek": ("el", 0.99), "Armenian": ("hy", 0.98), "Georgian": ("ka", 0.98), "Gurmukhi": ("pa", 0.97),
    "Gujarati": ("gu", 0.97), "Oriya": ("or", 0.97), "Tamil": ("ta", 0.98), "Telugu": ("te", 0.98), "Kannada": ("kn", 0.97),
    "Malayalam": ("ml", 0.98), "Sinhala": ("si", 0.97), "Thaana": ("dv", 0.98), "Hangul": ("ko", 0.99),
}  # fmt: skip
# The languages told apart within the scripts that several share: those of the embedded encoder, and some more.
_SHARED = {
    name: tuple(codes.split())
    for name, codes in {
        "Latin": "af ast az br bs ca cs cy da de en eo es et eu fi fr fy ga gd gl ha hr ht hu id ig is it jv ku la lb lg ln lt "
        "lv mg mi ms mt nl no ny oc om pl pt ro rw sk sl sn so sq sr st su sv sw tl tn tr ts uz vi xh yo zu",
        "Cyrillic": "az be bg kk ky mk mn ru sr tg tt uk uz",
        "Arabic": "ar ckb fa ps sd ug ur",
        "Devanagari": "hi mr ne sa",
        "Hebrew": "he yi",
        "Ethiopic": "am ti",
        "Bengali": "as bn",
    }.items()
}
_KANA = ("Hiragana", "Katakana")
_WEIGHT = {"Han": 2, "Hangul": 2}  # one character says what two or three letters say elsewhere
_PLACES = regex.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\S+")  # addresses are in no language

# A longer text is judged by slices, evenly spread, so that a foreign quotation or menu has the weight of its length.
_WHOLE, _SLICE, _SLICES = 1200, 400, 8  # code points
_LEAST = 0.01  # a language less probable than this is no candidate


class _Chosen:
    """The detector in use. One for the process, set when it starts: files are read deep below whoever knows the settings."""

    name: DetectorName = "default"


def use_detector(name: str) -> None:
    """Choose the detector for this process.

    Raises:
        ValueError: there is no detector of that name.
    """
    for known in get_args(DetectorName):
        if name == known:
            _Chosen.name = known
            return
    raise ValueError(f"there is no language detector {name!r}: there are {', '.join(get_args(DetectorName))}")


def calibrated() -> bool:
    """Return whether probabilities come from the fitted model, so that other evidence can be weighed against them."""
    from corpus import language_model

    return _Chosen.name == "default" and language_model.available()


def detect_language(text: str) -> LanguageGuess:
    """Return the language of most of ``text``; ``und`` with 0.0 where it has no letters, or none is likely. Never raises."""
    candidates = language_candidates(text)
    return candidates[0] if candidates and candidates[0].confidence >= SURE else _UNKNOWN


def language_candidates(text: str) -> tuple[LanguageGuess, ...]:
    """Return the languages that ``text`` may be in, likeliest first, none where it has no letters.

    The confidences are probabilities and sum to at most 1; what is missing is a language unknown here. Of a text in several
    languages they are the shares. The same text always gives the same answer, in any process and thread.
    """
    found = language_probabilities(text)
    ranked = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(LanguageGuess(code, round(share, 4)) for code, share in ranked if share >= _LEAST)


def language_probabilities(text: str) -> dict[str, float]:
    """Return how probable each language is that its script is written in, however improbable; empty where it has no letters."""
    slices = _slices(_PLACES.sub(" ", text) if "/" in text or "@" in text else text)
    total: dict[str, float] = {}
    letters = 0
    for part in slices:
        counts = letters_by_script(part)
        weight = sum(counts.values())
        letters += weight
        found = _of_one(part, counts)
        if total:
            for language, share in found.items():
                total[language] = total.get(language, 0.0) + share * weight
        else:  # most texts are one slice
            total = {language: share * weight for language, share in found.items()}
    return {language: share / letters for language, share in total.items()} if letters else {}


def profile_fit(text: str, language: str) -> float | None:
    """Return the share of letter trigrams in ``text`` that langdetect's profile of ``language`` holds, None without one."""
    from corpus import langdetect_detector

    return langdetect_detector.profile_fit(text, language)


def languages_of_script(text: str) -> tuple[str, ...]:
    """Return the languages that a detector chooses among for a text, none where its script alone decides."""
    scripts = scripts_of(text)
    return _SHARED.get(_main_script(scripts), ()) if scripts else ()


def scripts_of(text: str) -> Mapping[str, float]:
    """Return the share of each script in a text's letters; Han and kana together are ``Japanese``."""
    return _script_shares(letters_by_script(text))


def _slices(text: str) -> list[str]:
    if len(text) <= _WHOLE:
        return [text]
    count = min(_SLICES, -(-len(text) // _SLICE))
    step = (len(text) - _SLICE) / (count - 1)
    return [text[round(step * at) : round(step * at) + _SLICE] for at in range(count)]


def _of_one(text: str, letters: Mapping[str, int]) -> dict[str, float]:
    """Return the probabilities of a short text's languages, those of its most frequent script alone."""
    scripts = _script_shares(letters)
    if not scripts:
        return {}
    script = _main_script(scripts)
    if script == "Japanese":
        found = {"ja": 0.99}
    elif script == "Han":
        found = {"zh": 0.9, "ja": 0.09}  # without kana: Chinese, or a Japanese name or heading
    elif script in _ONE_LANGUAGE:
        language, sure = _ONE_LANGUAGE[script]
        found = {language: sure}
    else:
        if len(scripts) > 1:
            text = blank_other_scripts(text, script)
        found = _detector(_Chosen.name)(text, _SHARED[script])
    # Of a question in Greek about "Josh Norman" half the letters may be Latin: that says little against Greek.
    share = scripts[script] if script == "Latin" else scripts[script] / (1 - scripts.get("Latin", 0.0) / 2)
    return found if share == 1.0 else {language: probability * share for language, probability in found.items()}


def _main_script(scripts: Mapping[str, float]) -> str:
    """Return the script that a text is written in: Latin counts half beside another, being that of foreign names and terms."""
    return max(scripts, key=lambda name: (scripts[name] / (2 if name == "Latin" else 1), name))


def _script_shares(letters: Mapping[str, int]) -> dict[str, float]:
    counts = {name: count * _WEIGHT.get(name, 1) for name, count in letters.items() if name}
    kana = sum(counts.pop(name, 0) for name in _KANA)
    # Japanese has kana in every sentence; a Chinese text that quotes a brand name has a few.
    if kana * 10 >= counts.get("Han", 0) and kana:
        counts["Japanese"] = kana + counts.pop("Han", 0)
    total = sum(counts.values())
    return {name: count / total for name, count in counts.items()}


@cache
def _detector(name: DetectorName) -> Callable[[str, Sequence[str]], dict[str, float]]:
    # Imported here: langdetect takes 65 MB and half a second that the default does without.
    from corpus import language_model

    if name == "default" and language_model.available():
        return language_model.probabilities
    from corpus import langdetect_detector

    return langdetect_detector.probabilities
