"""Language detection: right where it can be, the same every time, and honest where it cannot."""

import json
import re
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import langdetect
import pytest

from corpus.language import LanguageGuess, detect_language, language_candidates, normalise_language, profile_fit

SHARED = Path(__file__).parent.parent.parent / "shared"
TWITCH = {
    "en": "what does it mean when my leg twitches",
    "fr": "qu'est-ce que cela signifie quand ma jambe tressaute",
    "it": "cosa significa quando la mia gamba ha degli spasmi",
    "de": "was bedeutet es, wenn mein Bein zuckt",
    "pt": "o que significa quando minha perna se contrai",
    "es": "qué significa cuando mi pierna se contrae",
    "ja": "足がピクピクするのはどういう意味ですか",
    "ar": "ماذا يعني عندما ترتعش ساقي",
    "zh": "我的腿抽搐是什么意思",
}
NOTHING = ["", "   ", "123 456", "😀🎉", "…!?", "\u200d\u202e", "https://"]


@pytest.mark.parametrize(("language", "text"), TWITCH.items(), ids=TWITCH)
def test_the_question_of_the_brief(language: str, text: str) -> None:
    guess = detect_language(text)
    assert guess.language == language
    assert 0.7 < guess.confidence <= 1.0


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "头痛"), ("ja", "頭が痛い"), ("ko", "두통"), ("th", "ปวดหัว"), ("el", "πονοκέφαλος"), ("he", "כאב ראש"),
        ("am", "ራስ ምታት"), ("ka", "თავის ტკივილი"), ("hy", "գլխացավ"), ("km", "ឈឺក្បាល"), ("lo", "ເຈັບຫົວ"), ("my", "ခေါင်းကိုက်"),
        ("ta", "தலைவலி"), ("bn", "মাথাব্যথা"), ("gu", "માથાનો દુખાવો"), ("si", "හිසරදය"), ("hi", "मेरे सिर में दर्द क्यों होता है"),
        ("ru", "почему болит голова"), ("fa", "چرا سرم درد می‌کند"), ("en", TWITCH["en"].upper()),
    ],
)  # fmt: skip
def test_scripts(language: str, text: str) -> None:
    assert detect_language(text).language == language


@pytest.mark.parametrize("text", [text for text in NOTHING if text != "https://"])
def test_no_letters_no_language(text: str) -> None:
    assert detect_language(text) == LanguageGuess("und", 0.0)
    assert language_candidates(text) == ()


def test_candidates_are_probabilities_in_order() -> None:
    for text in [*TWITCH.values(), "casa", "no", "Å", "https://example.org", "mixed 頭痛 text и слова"]:
        candidates = [guess.confidence for guess in language_candidates(text)]
        assert candidates == sorted(candidates, reverse=True)
        assert sum(candidates) <= 1.001


def test_a_single_word_is_not_called_sure() -> None:
    assert detect_language("casa").confidence < 0.7 < detect_language(TWITCH["es"]).confidence


def test_the_same_in_every_call_thread_and_process() -> None:
    texts = [*TWITCH.values(), "casa", "gift", "dolor de cabeza"] * 3
    once = [detect_language(text) for text in texts]
    langdetect.detect("another caller, who does not seed")
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(detect_language, texts)) == once
    code = (
        "import sys, json; from corpus.language import detect_language;"
        "print(json.dumps([detect_language(text).confidence for text in json.loads(sys.argv[1])]))"
    )
    fresh = subprocess.run(
        [sys.executable, "-c", code, json.dumps(texts[::-1])],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent, env={"PYTHONHASHSEED": "7"},
    )  # fmt: skip
    assert json.loads(fresh.stdout)[::-1] == [guess.confidence for guess in once]


def test_a_long_text_is_sampled() -> None:
    assert detect_language("Menu " * 50 + (TWITCH["fr"] + ". ") * 200_000).language == "fr"


def test_fit_tells_a_language_from_its_neighbour() -> None:
    text = "¿Qué significa cuando tu pierna se mueve? Las contracciones musculares suelen ser inofensivas."
    own, other = profile_fit(text, "es"), profile_fit(text, "de")
    assert own is not None
    assert other is not None
    assert own > other + 0.15
    assert profile_fit(text, "xx") is None
    assert profile_fit("123", "es") is None


@pytest.mark.parametrize(
    ("declared", "code"),
    [
        ("en", "en"), ("pt-BR", "pt"), ("zh_Hans", "zh"), ("English", "en"), (" ES ", "es"), ("eng", "en"), ("iw", "he"),
        ("en_US.UTF-8", "en"), ("fil", "tl"), ("ckb", "ckb"),
        ("", "und"), ("und", "und"), ("xx", "und"), ("klingon", "und"), ("-", "und"),
    ],
)  # fmt: skip
def test_declared_codes(declared: str, code: str) -> None:
    assert normalise_language(declared) == code


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not here")
def test_the_seeds_first_line() -> None:
    line = (SHARED / "seeds" / "000_edd42c0f2b1e9786.txt").read_text("utf-8").split("\n")[0]
    assert detect_language(line).language == "es"


@pytest.mark.skipif(not (SHARED / "benchmarks" / "langid").is_dir(), reason="../shared/benchmarks is not here")
def test_accuracy_on_questions() -> None:
    known = set(re.findall(r"\w+", "ar bn de el en es fa fr hi id km mr my ne pt ro ru so sw ta th tl tr ur vi zh"))
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for row in (SHARED / "benchmarks" / "langid" / "queries.jsonl").read_text("utf-8").splitlines()[::3]:
        query = json.loads(row)
        if query["lang"] in known:
            total[query["lang"]] += 1
            right[query["lang"]] += detect_language(query["text"]).language == query["lang"]
    assert right.total() / total.total() > 0.975  # 0.985 over all
    assert min(right[language] / total[language] for language in total) > 0.8
