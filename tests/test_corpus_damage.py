"""Whatever bytes a file holds: documents with exact blocks, parts named as unread, or an error of one line."""

import functools
import random

import pytest
from archives import tarred, zipped
from extraction import outcome
from test_corpus_content import CASES
from test_corpus_formats_email import MESSAGE
from test_corpus_formats_subtitles import SRT, VTT
from test_corpus_formats_xml import JATS, MEDQUAD, RECORDS

from corpus.formats import Extracted, Unread, formats
from corpus.raw_file import Limits
from corpus.text import clean_text

TEXTS = {
    "a.nxml": JATS,
    "q.xml": MEDQUAD,
    **{f"{kind}.xml": text for kind, text in RECORDS.items()},
    "a.srt": SRT,
    "a.vtt": VTT,
    "a.json": '{"data": [{"id": 1, "text": "One.", "meta": {"a": [1, 2.5, null]}}], "k": {"l": "\\u00e4 \\ud83d\\ude00"}}',
    "a.jsonl": '{"_id": "1", "title": "T", "text": "One.\\n\\n- two", "metadata": {"url": "u"}}\n{"a": 1}\n[1, 2]\n"x"\n',
    "a.csv": 'id,title,text\n1,T,"One, ""two""\nthree"\n2,U,Four\n',
    "b.csv": "name;n\nÄpfel;1,5\nBirnen;2\n",
    "a.tsv": "a\tb\n1\t2\n",
}


@functools.cache
def samples() -> list[tuple[str, bytes]]:
    """Return files of every format that this module knows to make."""
    found = [
        ("m.eml", MESSAGE),
        *((name, text.encode()) for name, text in TEXTS.items()),
        *((name, data) for name, data, _ in CASES),
    ]
    members = [(name, data[:3000]) for name, data in found]
    packed = [("a.zip", zipped(members)), ("b.zip", zipped(members, packed=False)), ("a.tar", tarred(members))]
    packed += [
        (f"a.{ending}", tarred(members, f"w:{mode}")) for ending, mode in (("tgz", "gz"), ("tar.bz2", "bz2"), ("txz", "xz"))
    ]
    return [(name, data) for name, data in [*found, *packed] if len(data) > 3]


def damaged(data: bytes, generator: random.Random) -> bytes:
    """Return bytes cut, changed, repeated in part, or others altogether."""
    changed = bytearray(data)
    place = generator.randrange(len(changed))
    match generator.randrange(6):
        case 0 | 1:
            del changed[place:]
        case 2 | 3:
            for _ in range(generator.choice((1, 1, 3, 10))):
                changed[generator.randrange(len(changed))] = generator.randrange(256)
        case 4:
            other = generator.randrange(len(changed))
            changed[place:place] = changed[min(place, other) : max(place, other)]
        case _:
            changed[place : place + 30] = generator.randbytes(generator.randrange(60))
    return bytes(changed)


def hold(name: str, data: bytes) -> None:
    """Read a file, and check what must be so of all that is found in it."""
    found, error = outcome(name, data, Limits(unpacked_bytes=50 << 20, seconds=60))
    assert "\n" not in error
    for each in found:
        if isinstance(each, Unread):
            assert each.reason
            assert "\n" not in each.reason
        else:
            check(each)


def check(found: Extracted) -> None:
    """Check that text is clean, and that blocks and what is dropped cover it in order."""
    text, end = found.text, 0
    assert clean_text(text) == text
    assert all("\n" not in value for value in (found.title, found.part, *found.metadata.values()))
    ranges = sorted([(block.start, block.end) for block in found.blocks] + [(each.start, each.end) for each in found.dropped])
    for start, stop in [*ranges, (len(text), len(text))]:
        assert end <= start <= stop <= len(text)
        assert not text[end:start].strip(), text[end:start]
        assert text[start:stop].strip() == text[start:stop]
        end = stop


@pytest.mark.parametrize("seed", range(8))
def test_damaged_files_give_documents_or_one_line(seed: int) -> None:
    generator = random.Random(seed)  # noqa: S311
    for _ in range(60):
        name, data = generator.choice(samples())
        if generator.random() < 0.1:
            name = generator.choice(["x", "x.dat", *(f"x{ending}" for ending in sorted(formats()))])
        hold(name, damaged(data, generator))


def test_every_sample_is_sound_undamaged() -> None:
    for name, data in samples():
        hold(name, data)


@pytest.mark.parametrize("ending", [*sorted(formats()), ""])
def test_random_bytes(ending: str) -> None:
    generator = random.Random(ending)  # noqa: S311
    for size in (0, 1, 5, 100, 5_000):
        hold(f"x{ending}", generator.randbytes(size))
        hold(f"x{ending}", bytes(generator.choice(b"\0\n {}[]<>\"',;:=-&#x1a") for _ in range(size)))
