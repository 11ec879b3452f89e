"""Web pages: the content without what surrounds it, and what the page declares."""

import time
from pathlib import Path

import pytest
from extraction import extracted

from corpus.document import CorpusError
from eval.web_pages import by_crosscite, judge, pages

SAMPLES = Path(__file__).parent.parent / "corpus" / "data"

FILLER = "Los calambres nocturnos son frecuentes y casi siempre inofensivos. " * 8
PAGE = f"""<?xml version="1.0" encoding="utf-8"?>
<html lang="es-ES"><head><title>Calambres | Salud</title><meta name="author" content="Ana Ruiz">
<link rel="canonical" href="https://example.org/c"><meta property="article:published_time" content="2021-03-04">
<script>document.write("nunca")</script></head>
<body class="cookie-ok"><nav><a href="/">Inicio</a></nav>
<div class="cookie-banner">Usamos cookies. <button>Aceptar</button></div>
<main><article><h1>Calambres en la pierna</h1><p>Son <b>muy</b> frecuentes<br>de noche. {FILLER}</p>
<h2>Causas</h2><p>Las causas:</p><ul><li>Falta de <a href="x">magnesio</a></li><li><p>Ejercicio</p></li></ul>
<ol><li>uno</li><li>dos</li></ol>
<table><tr><th>Causa</th><th>Qué hacer</th></tr><tr><td>Sed</td><td>Beber <i>agua</i></td></tr></table>
<pre>x = 1
y = 2</pre><p hidden>oculto</p></article>
<div id="comments"><h3>Deja una respuesta</h3><p>Tu correo no será publicado.</p></div></main>
<aside>Relacionado</aside><footer>© 2020</footer></body></html>"""


def test_structure_stays_and_furniture_goes() -> None:
    found = extracted("page.html", PAGE.encode())
    assert [(block.kind.value, block.level, found.text[block.start : block.end]) for block in found.blocks] == [
        ("heading", 1, "Calambres en la pierna"),
        ("paragraph", 0, f"Son muy frecuentes\nde noche. {FILLER}".strip()),
        ("heading", 2, "Causas"),
        ("paragraph", 0, "Las causas:"),
        ("list_item", 0, "- Falta de magnesio"),
        ("list_item", 0, "- Ejercicio"),
        ("list_item", 0, "1. uno"),
        ("list_item", 0, "2. dos"),
        ("table_row", 0, "Causa | Qué hacer"),
        ("table_row", 0, "Sed | Beber agua"),
        ("code", 0, "x = 1\ny = 2"),
    ]


def test_what_the_page_declares() -> None:
    found = extracted("page.html", PAGE.encode())
    assert (found.title, found.language) == ("Calambres en la pierna", "es-ES")
    assert found.metadata == {"author": "Ana Ruiz", "date": "2021-03-04", "url": "https://example.org/c"}


def test_an_unmarked_page_is_left_to_trafilatura() -> None:
    links = "".join(f"<div><a href='/{n}'>Otro artículo de la revista sobre salud número {n}</a></div>" for n in range(40))
    page = f"<html><body><div>{links}</div><div><h2>Causas</h2><p>{FILLER}</p><p>{FILLER}</p></div></body></html>"
    found = extracted("page.html", page.encode())
    assert FILLER.strip() in found.text
    assert "número 39" not in found.text


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>Corto.</p>", "Corto."),
        ("<h1>T</h1>suelto<p>uno<div>dos</div>tres", "T\n\nsuelto\n\nuno\n\ndos\n\ntres"),
        ("Solo texto", "Solo texto"),
        ("<table><tr><td>a<td><table><tr><td>b<td>c</table></table>", "a | b | c"),
        ("<p>e&#769;te&#0;&#xD800;x&nbsp;y</p>", "éte�x y"),
        ("<!-- nada -->", ""),
        ("", ""),
    ],
)
def test_short_and_broken_pages(page: str, text: str) -> None:
    assert extracted("page.html", page.encode()).text.replace("\ufffd\ufffd", "\ufffd") == text


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<meta charset="iso-8859-1">', "cp1252"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">', "cp1251"),
        ('<meta charset="shift_jis">', "shift_jis"),
        ('<meta charset="no-such-thing">', "utf-8"),
        ('<meta charset="ascii">', "utf-8-sig"),
    ],
)
def test_the_declared_encoding_is_obeyed(head: str, encoding: str) -> None:
    text = {"cp1251": "Привет, мир", "shift_jis": "足がつる"}.get(encoding, "¿Qué pasó, niño?")
    assert extracted("page.html", f"<html><head>{head}</head><body><p>{text}</p></body></html>".encode(encoding)).text == text


@pytest.mark.parametrize(
    ("head", "metadata"),
    [
        ('<link rel="license" href="https://x.org/l">', {"licence": "https://x.org/l"}),
        ('<meta name="date" content="20210304">', {"date": "2021-03-04"}),
        ('<meta property="article:published_time" content="2021-03-04T10:00:00+02:00">', {"date": "2021-03-04"}),
        ('<meta name="date" content="03/04/2021"><meta name="author" content="http://x.org/a">', {"date": "03/04/2021"}),
        ('<meta name="DC.Rights" content="CC BY 4.0">', {"licence": "CC BY 4.0"}),
        ('<meta name="DC.Creator" content="Ana">', {"author": "Ana"}),
        (
            '<script type="application/ld+json">{"@graph": [{"@type": "Article", "author": [{"name": "Ana"}, "Bo"], '
            '"datePublished": "2020-01-02T00:00:00Z", '
            '"license": "https://creativecommons.org/licenses/by/4.0/", "inLanguage": "es"}]}</script>',
            {"author": "Ana, Bo", "date": "2020-01-02", "licence": "https://creativecommons.org/licenses/by/4.0/"},
        ),
        ('<script type="application/ld+json">{"author": [[[[1, null]]], "x"]}</script>', {"author": "x"}),
        ('<script type="application/ld+json">{broken</script>', {}),
        ('<meta property="og:url" content="https://x.org/p">', {"url": "https://x.org/p"}),
    ],
)  # fmt: skip
def test_metadata_of_many_kinds(head: str, metadata: dict[str, str]) -> None:
    assert extracted("page.html", f"<html><head>{head}</head><body><p>Text.</p></body></html>".encode()).metadata == metadata


def test_a_licence_linked_in_the_text_is_the_page_s_if_it_is_the_only_one() -> None:
    link = '<a href="https://creativecommons.org/licenses/{}/4.0/">licence</a>'
    one, two = (f"<p>Text. {' '.join(map(link.format, names))}</p>" for names in (["by"], ["by", "by-sa"]))
    assert extracted("page.html", one.encode()).metadata["licence"] == "https://creativecommons.org/licenses/by/4.0/"
    assert "licence" not in extracted("page.html", two.encode()).metadata


def test_articles_come_through_seven_kinds_of_pages_and_nothing_else_does() -> None:
    wrong = []
    for page in pages(SAMPLES):
        for stretches in judge(page, by_crosscite):
            wrong.extend((page.template, page.language, text) for text, right in stretches.items() if not right)
    assert wrong == []


def test_frames_and_very_large_pages_are_refused_with_a_reason() -> None:
    frames = b'<html><frameset cols="20%,80%"><frame src="menu.html"><frame src="text.html"></frameset></html>'
    with pytest.raises(CorpusError, match=r"frame page .* \(menu.html, text.html\)"):
        extracted("page.html", frames)
    for name, size in (("page.html", 51 << 20), ("page.md", 21 << 20)):
        with pytest.raises(CorpusError, match="divide it"):
            extracted(name, b" " * size)


def test_a_tail_without_any_markup_of_its_own_is_dropped_and_named() -> None:
    page = f"<p>{FILLER}</p><p>Leave a Reply</p><p>Your email address will not be published.</p>"
    found = extracted("page.html", page.encode())
    assert [block.kind.value for block in found.blocks] == ["paragraph"]
    assert [part.reason for part in found.dropped] == ["comment form"]


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 30_000 + "deep",
        "<div class='menu'>" * 20_000 + f"<p>{FILLER}",
        "<aside><a href=x>" * 10_000 + f"<p>{FILLER}",
        "<article class=comment>" * 5_000 + f"<p>{FILLER}",
        "<h3><button>" * 10_000 + "question",
        "<table><tr><td>" * 3_000 + f"<p>{FILLER}",
        f"<p>{FILLER}</p>" + "<p hidden>x</p>" * 50_000,
    ],
    ids=["divs", "menus", "asides", "comments", "buttons", "tables", "hidden"],
)
def test_odd_pages_take_linear_time(page: str) -> None:
    start = time.process_time()
    extracted("page.html", page.encode())
    assert time.process_time() - start < 5.0
