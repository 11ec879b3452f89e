"""`python -m eval.web_pages`: how much of an article comes through from a web page, and how much of what surrounds it.

Every sample document stands in seven kinds of pages (`eval/data/web_pages`): WordPress, Drupal, MediaWiki, a
government's, a layout of tables, ASP.NET, and one without any semantic markup. The pages were written for this. Text
between ⟪ and ⟫ belongs to the article too; what is between ⟦ and ⟧ must go.
"""

import argparse
import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import regex
import yaml
from babel import Locale
from markdown_it import MarkdownIt

from corpus.formats import Extracted
from corpus.formats.html import extract
from corpus.raw_file import RawFile

_KEPT, _GONE = regex.compile("⟪(.*?)⟫", regex.S), regex.compile("⟦(.*?)⟧", regex.S)
_FRONT_MATTER = regex.compile(r"\A---\n(.*?)\n---\n", regex.S)


@dataclass(frozen=True, slots=True)
class Page:
    """A page as its server sends it, with stretches of text that must come through and stretches that must not."""

    template: str
    language: str
    source: str
    kept: tuple[str, ...]
    gone: tuple[str, ...]


def main(arguments: list[str] | None = None) -> int:
    """Print, for each kind of page, the share of the article that is kept and of the rest that is dropped."""
    parser = argparse.ArgumentParser(prog="python -m eval.web_pages", description=__doc__)
    parser.add_argument(
        "--documents", type=Path, default=Path("corpus/data"), help="articles in Markdown (default: the samples)"
    )
    parser.add_argument("--trafilatura", action="store_true", help="measure trafilatura alone instead")
    parser.add_argument("--missed", action="store_true", help="name what was lost and what slipped through")
    options = parser.parse_args(arguments)
    reader = by_trafilatura if options.trafilatura else by_crosscite
    counts: dict[str, list[int]] = {}
    for page in pages(options.documents):
        kept, gone = judge(page, reader)
        row = counts.setdefault(page.template, [0, 0, 0, 0])
        for at, number in enumerate((sum(kept.values()), len(kept), sum(gone.values()), len(gone))):
            row[at] += number
        if options.missed:
            print(*(f"{page.template} {page.language} lost: {text[:70]}" for text, ok in kept.items() if not ok), sep="\n")
            print(
                *(f"{page.template} {page.language} slipped through: {text[:70]}" for text, ok in gone.items() if not ok),
                sep="\n",
            )
    counts["all"] = [sum(column) for column in zip(*counts.values(), strict=True)]
    print(f"{'page':<14}{'article kept':>16}{'rest dropped':>16}")
    for name, (kept_count, kept_of, gone_count, gone_of) in counts.items():
        print(f"{name:<14}{kept_count / kept_of:>16.1%}{gone_count / gone_of:>16.1%}")
    return 0


def pages(documents: Path) -> Iterator[Page]:
    """Yield every document in every kind of page."""
    phrases = yaml.safe_load((resources.files("corpus") / "boilerplate.yaml").read_text(encoding="utf-8"))
    templates = {
        entry.name.removesuffix(".html"): entry.read_text(encoding="utf-8")
        for entry in sorted((resources.files("eval") / "data" / "web_pages").iterdir(), key=lambda entry: entry.name)
    }
    for path in sorted(documents.glob("*/*.md")):
        text = path.read_text(encoding="utf-8")
        front = _FRONT_MATTER.match(text)
        fields = yaml.safe_load(front.group(1)) if front else {}
        article = MarkdownIt("commonmark").enable("table").render(text[front.end() if front else 0 :])
        article = regex.sub(r"<h1>.*?</h1>", "", article, count=1)
        language = path.parent.name
        values = {"lang": language, "title": html.escape(str(fields.get("title", path.stem))), "article": article}
        values["dir"] = "rtl" if Locale.parse(language).text_direction == "right-to-left" else "ltr"
        values |= {key: phrases[language][key][0] for key in ("skip", "reply", "email")}
        for name, template in templates.items():
            source = template
            for key, value in values.items():
                source = source.replace(f"{{{{{key}}}}}", value)
            lines = regex.findall(r"<(?:p|li|h\d|td|th)>([^<]{12,})", article)
            kept = tuple(html.unescape(line).strip() for line in (*lines, *_KEPT.findall(source)))
            gone = tuple(_GONE.findall(source))
            yield Page(name, language, regex.sub("[⟪⟫⟦⟧]", "", source), kept, gone)


def judge(page: Page, reader: Callable[[str], str]) -> tuple[dict[str, bool], dict[str, bool]]:
    """Say of each stretch that must come through, and of each that must not, whether it did as it must."""
    text = " ".join(reader(page.source).split())
    return (
        {stretch: " ".join(stretch.split()) in text for stretch in page.kept},
        {stretch: " ".join(stretch.split()) not in text for stretch in page.gone},
    )


def by_crosscite(source: str) -> str:
    """Return what becomes passages: the text of all blocks."""
    [document] = extract(RawFile.in_memory("page.html", source.encode()))
    assert isinstance(document, Extracted)  # noqa: S101
    return "\n".join(document.text[block.start : block.end] for block in document.blocks)


def by_trafilatura(source: str) -> str:
    """Return what trafilatura finds on its own, asked to keep as much as it can."""
    from trafilatura import extract as found

    return found(source, include_comments=False, include_tables=True, favor_recall=True) or ""


if __name__ == "__main__":
    raise SystemExit(main())
