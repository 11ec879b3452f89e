"""What a format may do to the process that it runs in, for the tests of reading in another one."""

import os
import time
from collections.abc import Iterator

from corpus.document import CorpusError
from corpus.formats import Extracted, Unread
from corpus.raw_file import RawFile


def plain(raw: RawFile) -> Iterator[Extracted | Unread]:
    text = raw.read().decode()
    raw.budget.page(3)
    yield Extracted(text, (), raw.name, "en", {"author": "a"})
    yield Unread("b", "no reason")


def sleeping(raw: RawFile) -> Iterator[Extracted]:
    yield Extracted("before", ())
    time.sleep(600)


def aborting(raw: RawFile) -> Iterator[Extracted]:
    os.abort()
    yield Extracted("never", ())


def failing(raw: RawFile) -> Iterator[Extracted]:
    raise CorpusError("is what it is")
    yield Extracted("never", ())


def erring(raw: RawFile) -> Iterator[Extracted]:
    print("noise on standard output")
    raise KeyError(raw.name)
    yield Extracted("never", ())


def process(raw: RawFile) -> Iterator[Extracted]:
    yield Extracted(str(os.getpid()), ())
