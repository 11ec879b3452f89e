"""Which language a text is in: a check of its script first, langdetect among the languages of that script after it."""

import threading
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import islice

import regex
from langdetect.detector_factory import DetectorFactory
from langdetect.lang_detect_exception import LangDetectException

from corpus.document import UNDETERMINED


@dataclass(frozen=True, slots=True)
class LanguageGuess:
    """A lower-case ISO 639 code, or ``und``, and how sure the guess is, from 0.0 (nothing known) to 1.0."""

    language: str
    confidence: float


_UNKNOWN = LanguageGuess(UNDETERMINED, 0.0)

# Scripts in which nearly everything is written in one language, and how sure the script alone makes us. The numbers are
# judgement, not measurement: lower where another language is common (Ethiopic: Tigrinya; Bengali: Assamese; Tibetan: Dzongkha).
_ONE_LANGUAGE = {
    "Thai": ("th", 0.99), "Lao": ("lo", 0.98), "Khmer": ("km", 0.98), "Myanmar": ("my", 0.9), "Tibetan": ("bo", 0.8),
    "Greek": ("el", 0.99), "Armenian": ("hy", 0.98), "Georgian": ("ka", 0.98), "Hebrew": ("he", 0.95),
    "Ethiopic": ("am", 0.75), "Bengali": ("bn", 0.9), "Gurmukhi": ("pa", 0.97), "Gujarati": ("gu", 0.97),
    "Oriya": ("or", 0.97), "Tamil": ("ta", 0.98), "Telugu": ("te", 0.98), "Kannada": ("kn", 0.97),
    "Malayalam": ("ml", 0.98), "Sinhala": ("si", 0.97), "Thaana": ("dv", 0.98), "Hangul": ("ko", 0.99),
}  # fmt: skip
# The languages langdetect knows, by the scripts that several of them share.
_SHARED = {
    "Latin": "af ca cs cy da de en es et fi fr hr hu id it lt lv nl no pl pt ro sk sl so sq sv sw tl tr vi",
    "Cyrillic": "bg mk ru uk",
    "Arabic": "ar fa ur",
    "Devanagari": "hi mr ne",
}
_KANA = ("Hiragana", "Katakana")
_WEIGHT = {"Han": 2, "Hangul": 2}  # one character says what two or three letters say elsewhere
_SCRIPTS = (*_ONE_LANGUAGE, *_SHARED, *_KANA, "Han")
_SCRIPT_OF = regex.compile("|".join(rf"(?P<{name}>[\p{{Script={name}}}&&\p{{L}}]+)" for name in _SCRIPTS), regex.V1)
_LETTERS = regex.compile(r"\p{L}")
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}]+")

_SAMPLE, _SLICE = 3000, 1000  # code points looked at: the whole text, or three slices of a longer one
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


def detect_language(text: str) -> LanguageGuess:
    """Return the likeliest language of ``text``; ``und`` with 0.0 where it has no letters. Never raises."""
    candidates = language_candidates(text)
    return candidates[0] if candidates else _UNKNOWN


def language_candidates(text: str) -> tuple[LanguageGuess, ...]:
    """Return the languages that ``text`` may be in, likeliest first, none where it has no letters.

    The confidences are probabilities and sum to at most 1; what is missing is a language unknown here. Long text is judged
    by three slices. The same text always gives the same answer, in any process and thread.
    """
    sample = _sample(text)
    scripts = _script_shares(sample)
    if not scripts:
        return ()
    script = max(scripts, key=lambda name: scripts[name])
    share = scripts[script]
    if script == "Japanese":
        found = [("ja", 0.99)]
    elif script == "Han":
        found = [("zh", 0.9), ("ja", 0.09)]  # without kana: Chinese, or a Japanese name or heading
    elif script in _ONE_LANGUAGE:
        found = [_ONE_LANGUAGE[script]]
    else:
        found = _among(sample, _SHARED[script].split())
    return tuple(LanguageGuess(language, round(probability * share, 4)) for language, probability in found)


def profile_fit(text: str, language: str) -> float | None:
    """Return the share of letter trigrams in ``text`` that langdetect's profile of ``language`` holds.

    A fraction in [0, 1], or None where there is no such profile or no trigram. How high it is for prose in the language itself
    depends on the language (median 0.89 in English, 0.59 in Vietnamese): only to be compared, never taken absolutely. It is a
    tenth of the work of a detection: 100 words are looked at.
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


def count_letters(text: str) -> int:
    """Return the number of letters in ``text``, in code points."""
    return len(_LETTERS.findall(text))


def _sample(text: str) -> str:
    if len(text) <= _SAMPLE:
        return text
    middle = (len(text) - _SLICE) // 2
    return "\n".join((text[:_SLICE], text[middle : middle + _SLICE], text[-_SLICE:]))


def _script_shares(text: str) -> dict[str, float]:
    counts: dict[str, int] = {}
    for match in _SCRIPT_OF.finditer(text):
        name = match.lastgroup or ""
        counts[name] = counts.get(name, 0) + len(match.group()) * _WEIGHT.get(name, 1)
    kana = sum(counts.pop(name, 0) for name in _KANA)
    # Japanese has kana in every sentence; a Chinese text that quotes a brand name has a few.
    if kana * 10 >= counts.get("Han", 0) and kana:
        counts["Japanese"] = kana + counts.pop("Han", 0)
    total = sum(counts.values())
    return {name: count / total for name, count in counts.items()}


def _among(text: str, languages: list[str]) -> list[tuple[str, float]]:
    """Ask langdetect, with no other language than these possible: a prior of its own interface, not a filter after it."""
    if not any(char.islower() for char in text):
        text = text.lower()  # langdetect leaves out words in capitals
    detector = _Profiles.factory().create()
    detector.set_prior_map(dict.fromkeys(languages, 1.0))
    detector.PROB_THRESHOLD = 0.01
    letters = count_letters(text)
    if letters > _LONG:
        detector.ITERATION_LIMIT = 200  # of 1000: as right on paragraphs; on short text it would cost confidence
    detector.append(text)
    try:
        found = detector.get_probabilities()
    except LangDetectException:
        return []
    trust = letters / (letters + _LENGTH_HALF)
    # langdetect lets a prior of its own be outvoted by its first sample, so ours is applied to what it says.
    weighed = {guess.lang: guess.prob * (_RARE_PRIOR if guess.lang in _RARE else 1.0) for guess in found}
    total = sum(weighed.values())
    return sorted(((code, weight / total * trust) for code, weight in weighed.items()), key=lambda pair: -pair[1])


def _codes(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ISO_639_1 = _codes(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es et
    eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk
    kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nd ne ng nl nn no nr nv ny oc
    oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl
    tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    """
)
_OTHER_CODES = _codes("ast ceb ckb din fuv haw hmn kmr nus prs sco yue")
# Retired codes, the three-letter codes of ISO 639-2 (both kinds), and names in English and in the language itself.
_ALIASES = dict(
    pair.split("=")
    for pair in _codes(
        """
        iw=he in=id ji=yi nb=no mo=ro sh=sr fil=tl cmn=zh zho=zh chi=zh arb=ar ara=ar eng=en spa=es fra=fr fre=fr deu=de
        ger=de ita=it por=pt jpn=ja rus=ru hin=hi ben=bn urd=ur fas=fa per=fa tur=tr vie=vi tha=th kor=ko ind=id nld=nl
        dut=nl pol=pl ces=cs cze=cs slk=sk slo=sk ron=ro rum=ro hun=hu ell=el gre=el heb=he swe=sv dan=da nor=no nob=no
        nno=nn fin=fi ukr=uk bul=bg hrv=hr srp=sr slv=sl est=et lav=lv lit=lt cat=ca eus=eu baq=eu glg=gl tam=ta tel=te
        mar=mr nep=ne amh=am swa=sw som=so tgl=tl msa=ms may=ms khm=km lao=lo mya=my bur=my kat=ka geo=ka hye=hy arm=hy
        sqi=sq alb=sq mkd=mk mac=mk cym=cy
        english=en spanish=es español=es french=fr français=fr german=de deutsch=de italian=it italiano=it portuguese=pt
        português=pt arabic=ar chinese=zh japanese=ja russian=ru hindi=hi turkish=tr türkçe=tr vietnamese=vi thai=th
        korean=ko dutch=nl nederlands=nl polish=pl polski=pl greek=el hebrew=he swedish=sv svenska=sv ukrainian=uk
        persian=fa farsi=fa bengali=bn urdu=ur indonesian=id swahili=sw amharic=am romanian=ro czech=cs hungarian=hu
        danish=da norwegian=no finnish=fi العربية=ar 中文=zh 日本語=ja русский=ru हिन्दी=hi ελληνικά=el 한국어=ko ไทย=th
        """
    )
)


@lru_cache(maxsize=256)
def normalise_language(code: str) -> str:
    """Return the base ISO 639 code for what a file declares as its language; ``und`` where that makes no sense.

    ``pt-BR``, ``zh_Hans``, ``ENG`` and ``English`` give ``pt``, ``zh``, ``en`` and ``en``.
    """
    base = regex.split(r"[-_.@,;\s]", code.strip().lower(), maxsplit=1)[0]
    base = _ALIASES.get(base, base)
    return base if base in _ISO_639_1 or base in _OTHER_CODES else UNDETERMINED
