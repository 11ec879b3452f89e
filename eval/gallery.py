"""`python -m eval.gallery`: files that real programs make of sample documents, and how much of their text comes through."""

import argparse
import os
import shutil
import subprocess
import tempfile
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import regex
from rapidfuzz.distance import LCSseq

from corpus.document import Document
from corpus.reader import read_document

LANGUAGES = ("ar", "de", "el", "en", "es", "fa", "fr", "he", "hi", "ja", "ko", "ru", "th", "tr", "zh")
"""Those of the sample documents in nine scripts, and two texts in Persian and Hebrew made for this."""
THRESHOLD = 0.99
_RTL = frozenset(("ar", "fa", "he"))
_SCRIPTS = {"ar": "ar", "fa": "fa", "he": "he", "hi": "hi", "ja": "ja", "ko": "ko", "th": "th", "zh": "zh-cn"}
_MARKDOWN = "markdown-yaml_metadata_block-smart"
_SECONDS = 300

# Which of LibreOffice's filters makes what of which file, in this order: each row is one run of the program.
_OFFICE = (
    ("pandoc.docx", "odt", "office.odt"),
    ("pandoc.docx", "rtf", "office.rtf"),
    ("pandoc.docx", "epub", "office.epub"),
    ("pandoc.docx", "pdf", "office.pdf"),
    ("pandoc.odt", "docx", "office.docx"),
    ("pandoc.pptx", "odp", "office.odp"),
    ("office.odp", "pptx", "office.pptx"),
    ("pandoc.pptx", "pdf", "slides.pdf"),
)
_PANDOC = ("docx", "odt", "rtf", "epub", "pptx")
FORMATS = (
    *(f"pandoc.{ending}" for ending in _PANDOC),
    *(made for _, _, made in _OFFICE),
    "chromium.pdf",
)
"""The files of the gallery, by the program that wrote them: "slides.pdf" is LibreOffice's of a presentation."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One file of the gallery: what it was made of, as the reader sees that, and where it lies."""

    language: str
    kind: str
    source: Document
    path: Path


def missing_programs() -> str:
    """Return why the gallery cannot be made here: a program or the fonts for a script that are missing; empty where it can."""
    programs = [program for program in ("pandoc", "soffice", "chromium", "fc-list") if shutil.which(program) is None]
    if programs:
        return f"not installed: {', '.join(programs)} (.ci/run names the packages)"
    for language, code in _SCRIPTS.items():
        if not _run(["fc-list", f":lang={code}"]):
            return f"no font for {language} (.ci/run names the packages)"
    return ""


def make_gallery(folder: Path, languages: Sequence[str] = LANGUAGES) -> list[Sample]:
    """Write the gallery's files into a folder, about two minutes' work, and return them.

    Raises:
        subprocess.CalledProcessError: a program failed.
        subprocess.TimeoutExpired: a program took longer than five minutes.
    """
    sources = {language: _source(folder, language) for language in languages}
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(lambda language: _pandoc(folder, language, sources[language]), languages))
        office = pool.submit(_all_office, folder)
        list(pool.map(lambda language: _chromium(folder, language), languages))
        office.result()
    return [
        Sample(language, kind, sources[language], folder / kind / f"{language}.{kind.rsplit('.', 1)[1]}")
        for kind in FORMATS
        for language in languages
    ]


def _source(folder: Path, language: str) -> Document:
    """Write all sample documents in a language, one after the other, as one, and return what is read from it."""
    own = resources.files("eval").joinpath("data", "gallery", f"{language}.md")
    if own.is_file():
        texts = [own.read_text("utf-8")]
    else:
        folder_of_samples = resources.files("corpus").joinpath("data", language)
        names = sorted(entry.name for entry in folder_of_samples.iterdir() if entry.name.endswith(".md"))
        texts = [folder_of_samples.joinpath(name).read_text("utf-8") for name in names]
    path = folder / "source" / f"{language}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(regex.sub(r"\A---\n.*?\n---\n", "", text, flags=regex.S) for text in texts), "utf-8")
    return read_document(path)


def _pandoc(folder: Path, language: str, source: Document) -> None:
    title = source.title
    for kind in (*(f"pandoc.{ending}" for ending in _PANDOC), "html.html"):
        target = folder / kind / f"{language}.{kind.rsplit('.', 1)[1]}"
        target.parent.mkdir(exist_ok=True)
        command = ["pandoc", f"--from={_MARKDOWN}", "--standalone", "--quiet", f"--metadata=lang:{language}"]
        # Without a title of its own a book gets "UNTITLED" as its first line; elsewhere one would be added to the text.
        command += [f"--metadata=title:{title}"] if kind.endswith("epub") else [f"--metadata=pagetitle:{title}"]
        command += ["--metadata=dir:rtl"] if language in _RTL else []
        _run([*command, f"--output={target}", str(folder / "source" / f"{language}.md")])


def _all_office(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as profile:
        for made_of, ending, kind in _OFFICE:
            files = sorted((folder / made_of).iterdir())
            target = folder / kind
            command = ["soffice", "--headless", f"-env:UserInstallation={Path(profile).as_uri()}", "--convert-to", ending]
            _run([*command, "--outdir", str(target), *map(str, files)])


def _chromium(folder: Path, language: str) -> None:
    """Print a page as PDF, under the date, title, address and page number that browsers put around it."""
    target = folder / "chromium.pdf" / f"{language}.pdf"
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
        _run([*command, f"--print-to-pdf={target}", (folder / "html.html" / f"{language}.html").as_uri()])


def _run(command: Sequence[str]) -> bytes:
    return subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS).stdout


def shares(sample: Sample) -> tuple[float, float]:
    """Read a sample; return the share of its source's text that came through in order, and of what came besides."""
    source, found = sample.source.text, read_document(sample.path).text
    if sample.path.suffix == ".pdf":  # in which programs draw nothing for a zero-width non-joiner
        source = source.replace("\N{ZERO WIDTH NON-JOINER}", "")
    return share_in_order(source, found), added_share(source, found)


def share_in_order(source: str, found: str) -> float:
    """Return the share of a source's characters that a text has in the same order, 0 to 1.

    That is the length of their longest common subsequence over the source's, without white space and the marks of list items,
    which every format has in its own way.
    """
    wanted = _bare(source)
    return float(LCSseq.similarity(wanted, _bare(found))) / max(1, len(wanted))


def added_share(source: str, found: str) -> float:
    """Return how much of a text is not the source's, as a share of the source: headers, say, that should have been dropped."""
    wanted, bare = _bare(source), _bare(found)
    return (len(bare) - float(LCSseq.similarity(wanted, bare))) / max(1, len(wanted))


def _bare(text: str) -> str:
    return regex.sub(r"\s+", "", regex.sub(r"^- |\|", "", unicodedata.normalize("NFC", text), flags=regex.M))


def main() -> None:
    """Print the shares of all files as a table, in per cent."""
    parser = argparse.ArgumentParser(prog="python -m eval.gallery", description=__doc__)
    parser.add_argument("--keep", type=Path, metavar="DIR", help="make the files in this folder, and leave them there")
    options = parser.parse_args()
    reason = missing_programs()
    if reason:
        parser.exit(1, f"The gallery cannot be made here: {reason}\n")
    with tempfile.TemporaryDirectory() as folder:
        samples = make_gallery(options.keep or Path(folder))
        print(f"| file | {' | '.join(LANGUAGES)} |\n|---|{'---|' * len(LANGUAGES)}")
        for kind in FORMATS:
            found = [shares(sample)[0] for sample in samples if sample.kind == kind]
            # Rounded down: 100.0 is said of what is complete.
            print(f"| {kind} | {' | '.join(f'{int(share * 1000) / 10:.1f}' for share in found)} |", flush=True)


if __name__ == "__main__":
    main()
