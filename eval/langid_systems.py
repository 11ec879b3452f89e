"""The systems that tell languages apart, each alone in a process: `python -m eval.langid_systems NAME < texts.json`.

Reads a JSON list of [text, {language that its reader reads: how much}] and writes {"start": seconds, "memory": MB,
"microseconds": a text, "found": [[code, confidence]]}.
``memory`` is what the process holds after all texts beyond what it held before the system was imported; ``start`` is to the
first answer. Confidences are the systems' own, null where they have none.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from corpus.document import UNDETERMINED

Answer = tuple[str, float | None]
Reads = Mapping[str, float]
Identify = Callable[[Sequence[tuple[str, Reads]]], list[Answer]]


def main() -> int:
    """Run one system over the texts on standard input."""
    import psutil

    name, texts = sys.argv[1], json.load(sys.stdin)
    process = psutil.Process()
    before, started = process.memory_info().rss, time.perf_counter()
    identify = SYSTEMS[name]()
    identify([("The first text.", {})])
    ready = time.perf_counter()
    found = identify(texts)
    finished = time.perf_counter()
    result = {
        "start": ready - started,
        "memory": (process.memory_info().rss - before) / 1e6,
        "microseconds": 1e6 * (finished - ready) / max(1, len(texts)),
        "found": found,
    }
    json.dump(result, sys.stdout)
    return 0


def _each(one: Callable[[str], Answer]) -> Identify:
    return lambda texts: [one(text) for text, _ in texts]


def _product(name: str) -> Identify:
    from corpus.language import detect_language, language_candidates, use_detector

    use_detector(name)

    def one(text: str) -> Answer:
        guess = detect_language(text)
        return guess.language, guess.confidence

    language_candidates("")
    return _each(one)


def _query(*, letters: bool) -> Identify:
    """Return the classifier on the question's embedding: with the letters, as the product uses it, or by itself."""
    import numpy as np

    from corpus.language import SURE
    from index.encoders import make_encoder
    from index.query_language import for_reader, query_probabilities, ranked, shipped

    encoder = make_encoder()
    learned = shipped(encoder.name)
    if learned is None:
        raise ValueError(f"nothing was learned for {encoder.name}")

    def together(texts: Sequence[tuple[str, Reads]]) -> list[Answer]:
        answers: list[Answer] = []
        for (text, reads), vector in zip(texts, encoder.encode_queries([text for text, _ in texts]), strict=True):
            guesses = ranked(for_reader(query_probabilities(encoder.name, text, vector), reads, text))
            sure = bool(guesses) and guesses[0].confidence >= SURE
            answers.append((guesses[0].language, guesses[0].confidence) if sure else (UNDETERMINED, 0.0))
        return answers

    def alone(texts: Sequence[tuple[str, Reads]]) -> list[Answer]:
        scores = encoder.encode_queries([text for text, _ in texts]) @ learned.weights.T + learned.bias
        return [(learned.languages[int(best)], None) for best in np.argmax(scores, axis=1)]

    return together if letters else alone


def _langdetect_plain() -> Identify:
    import langdetect
    from langdetect.lang_detect_exception import LangDetectException

    langdetect.DetectorFactory.seed = 0

    def one(text: str) -> Answer:
        try:
            best = langdetect.detect_langs(text)[0]
        except LangDetectException:
            return UNDETERMINED, 0.0
        return best.lang, best.prob

    return _each(one)


def _cld2() -> Identify:
    import pycld2

    def one(text: str) -> Answer:
        try:
            _, _, found = pycld2.detect(text, isPlainText=True, bestEffort=True)
        except pycld2.error:
            return UNDETERMINED, 0.0
        return {"iw": "he", "jw": "jv", "un": UNDETERMINED}.get(found[0][1], found[0][1]), None

    return _each(one)


def _fasttext() -> Identify:
    from corpus.language_model import fasttext_model

    model = fasttext_model()

    def one(text: str) -> Answer:
        labels, shares = model.predict(" ".join(text.split()), k=1)
        return (labels[0].removeprefix("__label__"), float(shares[0])) if labels else (UNDETERMINED, 0.0)

    return _each(one)


def _lingua(*, low: bool) -> Identify:
    from lingua import LanguageDetectorBuilder

    builder = LanguageDetectorBuilder.from_all_languages()
    detector = (builder.with_low_accuracy_mode() if low else builder).build()

    def one(text: str) -> Answer:
        found = detector.detect_language_of(text)
        return (found.iso_code_639_1.name.lower(), None) if found else (UNDETERMINED, 0.0)

    return _each(one)


def _py3langid() -> Identify:
    import py3langid

    def one(text: str) -> Answer:
        return py3langid.classify(text)[0], None

    return _each(one)


SYSTEMS: dict[str, Callable[[], Identify]] = {
    "default": partial(_product, "default"),
    "query": partial(_query, letters=True),
    "embedding": partial(_query, letters=False),
    "langdetect": partial(_product, "langdetect"),
    "langdetect-plain": _langdetect_plain,
    "cld2": _cld2,
    "fasttext": _fasttext,
    "py3langid": _py3langid,
    "lingua": partial(_lingua, low=False),
    "lingua-low": partial(_lingua, low=True),
}
"""By name: ``default`` and ``langdetect`` as documents are read with them, ``query`` as questions are understood by default,
``embedding`` the classifier on the embedding alone; the others as their own documentation shows them."""

if __name__ == "__main__":
    raise SystemExit(main())
