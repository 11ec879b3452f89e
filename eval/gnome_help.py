"""Parallel text from the GNOME desktop's help, which Debian's package `gnome-user-docs` holds in forty languages.

`python -m eval.gnome_help --help-folder FOLDER --output FOLDER`: reads `<language>/gnome-help/*.page` (in `/usr/share/help`
where the package is installed) and writes `<language>.tsv` with `id TAB text` for `eval/learn_offsets.py`: the paragraphs
that differ from the English ones, which stand where nobody has translated them yet.
"""

import argparse
from pathlib import Path

from lxml import etree

from corpus.language import detect_language, normalise_language
from eval.datasets import EvalError

LEAST, MOST = 60, 500
"""Characters of the English paragraph: shorter ones are labels, longer ones hold keys and menus of the program."""

_ENOUGH = 200  # paragraphs
_PARAGRAPH = "{http://projectmallard.org/1.0/}p"
_ENGLISH = "C"


def main(arguments: list[str] | None = None) -> int:
    """Write a file for each language."""
    parser = argparse.ArgumentParser(prog="python -m eval.gnome_help", description=__doc__)
    parser.add_argument("--help-folder", type=Path, default=Path("/usr/share/help"), help="default: /usr/share/help")
    parser.add_argument("--output", type=Path, required=True, help="folder to write the .tsv files to")
    options = parser.parse_args(arguments)
    try:
        texts = translated(read_help(options.help_folder))
        options.output.mkdir(parents=True, exist_ok=True)
        for language, of_one in texts.items():
            lines = "".join(f"{key}\t{text}\n" for key, text in of_one.items())
            (options.output / f"{language}.tsv").write_text(lines, "utf-8")
    except EvalError as error:
        parser.error(str(error))
    except OSError as error:
        parser.error(f"cannot write to {options.output} ({error.strerror}): give another folder")
    print(" ".join(f"{language}:{len(of_one)}" for language, of_one in texts.items()))
    return 0


def read_help(folder: Path) -> dict[str, dict[str, str]]:
    """Return paragraphs by language and by page and place in it.

    A page that has not as many paragraphs as the English one is left out: it is a translation of another version.

    Raises:
        EvalError: the help is not there.
    """
    english = _pages(folder / _ENGLISH)
    if not english:
        raise EvalError(f"no help in {folder}: install Debian's gnome-user-docs, or name the folder that holds C/gnome-help")
    found = {"en": _by_place(english)}
    for directory in sorted(folder.glob("*/gnome-help")):
        name = directory.parent.name
        language = normalise_language(name.replace("_", "-"))
        # Other scripts and countries of a language have folders of their own: the plain one stands for it.
        if name != _ENGLISH and "@" not in name and language not in found:
            pages = _pages(directory.parent)
            same = {page: texts for page, texts in pages.items() if len(texts) == len(english.get(page, ()))}
            found[language] = _by_place(same)
    return found


def _pages(folder: Path) -> dict[str, list[str]]:
    return {page.stem: _paragraphs(page) for page in sorted((folder / "gnome-help").glob("*.page"))}


def _by_place(pages: dict[str, list[str]]) -> dict[str, str]:
    return {f"{page}#{place}": text for page, texts in pages.items() for place, text in enumerate(texts)}


def _paragraphs(page: Path) -> list[str]:
    tree = etree.parse(page, etree.XMLParser(resolve_entities=False, no_network=True))
    return [" ".join("".join(map(str, element.itertext())).split()) for element in tree.iter(_PARAGRAPH)]


def translated(found: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Return English and what each other language has translated of it, the languages left out that have hardly anything.

    What nobody has translated yet stands there in English, of some version.
    """
    english = {key: text for key, text in found["en"].items() if LEAST <= len(text) <= MOST}
    texts = {"en": english}
    for language, of_one in found.items():
        own = {key: of_one[key] for key in english if key in of_one and detect_language(of_one[key]).language != "en"}
        if language != "en" and len(own) >= _ENOUGH:
            texts[language] = own
    return texts


if __name__ == "__main__":
    raise SystemExit(main())
