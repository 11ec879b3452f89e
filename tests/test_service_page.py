from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from lxml import html
from lxml.html import HtmlElement

from index.passage_index import PassageIndex
from service.answering import Answerer
from service.api import create_app
from service.contract import Span
from service.interface import load_interfaces
from service.page import file_name, marked
from service.settings import Settings


def get(client: TestClient, path: str, language: str = "en", status: int = 200) -> HtmlElement:
    response = client.get(path, headers={"accept-language": language, "accept": "text/html"})
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    return html.fromstring(response.text)


def one(page: HtmlElement, path: str) -> HtmlElement:
    found = page.xpath(path)
    assert len(found) == 1, (path, len(found))
    return found[0]


def test_the_first_page(client: TestClient) -> None:
    page = get(client, "/")
    assert (page.get("lang"), page.get("dir")) == ("en", "ltr")
    assert one(page, "//h1").text_content() == "Crosscite"
    box = one(page, "//form[@role='search'][@action='/'][@method='get']//input[@name='q']")
    assert one(page, f"//label[@for='{box.get('id')}']").text_content() == "Your question"
    assert one(page, "//p[@class='notice disclaimer']").get("lang") == "en"
    assert one(page, "//a[@class='skip']").get("href") == "#" + one(page, "//main").get("id")
    assert not page.xpath("//*[@style]"), "the policy forbids them"
    assert not page.xpath("//script[not(@src)] | //style")
    assert all(urlsplit(link).netloc == "" for link in page.xpath("//@href | //@src"))


@pytest.mark.parametrize("language", load_interfaces())
def test_the_page_in_every_language(client: TestClient, language: str) -> None:
    page, interface = get(client, "/", f"{language}-XX, en;q=0.5"), load_interfaces()[language]
    assert (page.get("lang"), page.get("dir")) == (language, interface.dir)
    assert one(page, "//form//button").text_content() == interface.text.ask
    notice = one(page, "//p[@class='notice disclaimer']")
    assert (notice.get("lang"), notice.get("dir")) == (language, interface.dir)
    assert one(page, "//nav//a[@aria-current='true']").get("hreflang") == language


def test_the_choice_of_language_persists_in_links(client: TestClient) -> None:
    page = get(client, "/?q=muscle+twitching&ui=es", "de")
    assert page.get("lang") == "es"
    assert one(page, "//form//input[@name='ui']").get("value") == "es"
    links = [urlsplit(link) for link in page.xpath("//main//a/@href | //header/a/@href | //nav/a/@href")]
    assert len(links) > 5
    assert all(parse_qs(link.query)["ui"] == ["es"] for link in links)
    for link in page.xpath("//nav//li/a"):
        assert parse_qs(urlsplit(link.get("href")).query) == {"q": ["muscle twitching"], "ui": [link.get("hreflang")]}


@pytest.mark.parametrize("ui", ["xx", "", "en-GB", "<script>"])
def test_a_choice_that_there_is_not_is_ignored(client: TestClient, ui: str) -> None:
    page = client.get("/", params={"ui": ui}, headers={"accept-language": "fr"})
    assert html.fromstring(page.text).get("lang") == "fr"
    assert not html.fromstring(page.text).xpath("//input[@name='ui']")


def test_the_sites_own_language_where_the_reader_asks_for_an_unknown_one(sample_answerer: Answerer) -> None:
    settings = sample_answerer.settings.model_copy(update={"interface_language": "pt"})
    client = TestClient(create_app(Answerer(sample_answerer.index, settings)))
    assert get(client, "/", "zu").get("lang") == "pt"


def test_an_answer(client: TestClient) -> None:
    answer = client.get("/v1/ask", params={"q": "Por que minha pálpebra treme?"}).json()
    page = get(client, "/?q=Por+que+minha+p%C3%A1lpebra+treme%3F", "es")
    assert one(page, "//input[@name='q']").get("value") == "Por que minha pálpebra treme?"
    shown = page.xpath("//p[starts-with(@class, 'notice ')]")
    assert [(notice.get("class"), notice.get("lang"), notice.text_content()) for notice in shown] == [
        (f"notice {notice['kind']}", notice["language"], notice["text"]) for notice in answer["notices"]
    ]
    articles = page.xpath("//ol[@class='passages']/li/article")
    assert len(articles) == len(answer["passages"])
    order = [element.get("class") or element.tag for element in page.iter("p", "ol")]
    assert order.index("notice disclaimer") < order.index("passages"), "notices come first"
    for article, passage in zip(articles, answer["passages"], strict=True):
        citation = passage["citation"]
        quote = one(article, "./blockquote")
        assert quote.text_content() == passage["text"]
        assert quote.get("lang") == passage["language"]
        marks = [passage["text"][span["start"] : span["end"]] for span in passage["highlights"]]
        assert [mark.text_content() for mark in quote.xpath("./mark")] == marks
        assert one(article, ".//h2").text_content() == citation["title"]
        line = one(article, ".//p[@class='citation']").text_content()
        assert f"caracteres {citation['start']} a {citation['end']}" in line
        assert citation["sha256"][:12] in line
        assert citation["source"].rsplit("/", 1)[1] in line
        link = urlsplit(one(article, ".//p[@class='actions']/a").get("href"))
        assert (link.path, link.fragment) == (f"/documents/{citation['document_id']}", "cited")
        assert parse_qs(link.query)["start"] == [str(citation["start"])]
        copied = one(article, ".//button[@hidden]").get("data-citation")
        assert citation["quote"] in copied
        assert citation["sha256"] in copied
    names = [tag.text_content() for tag in page.xpath("//article//span[@class='tag']")]
    assert names[0] == "portugués", "in the reader's language"


def test_no_path_of_this_machine_is_shown(client: TestClient) -> None:
    source = client.get("/v1/documents").json()["documents"][0]["source"]
    folder = source.rsplit("/", 1)[0]
    assert folder
    document = client.get("/v1/documents").json()["documents"][0]["document_id"]
    for path in ("/?q=muscle+twitching", "/documents", f"/documents/{document}"):
        assert folder not in client.get(path).text


def test_arabic_is_right_to_left_on_an_english_page(client: TestClient) -> None:
    page = get(client, "/?q=%D8%A7%D8%B1%D8%AA%D8%B9%D8%A7%D8%B4+%D8%A7%D9%84%D8%B9%D8%B6%D9%84%D8%A7%D8%AA")
    assert page.get("dir") == "ltr"
    assert page.xpath("//blockquote[@lang='ar'][@dir='rtl']")
    assert page.xpath("//h2/bdi[@lang='ar'][@dir='rtl']")
    assert all(quote.get("dir") == ("rtl" if quote.get("lang") == "ar" else "ltr") for quote in page.xpath("//blockquote"))
    assert one(page, "//input[@name='q']").get("dir") == "auto"


def test_samples_say_that_they_are_samples(client: TestClient) -> None:
    page = get(client, "/?q=muscle+twitching")
    assert "Sample document, not medical advice." in {note.text_content() for note in page.xpath("//p[@class='sample']")}
    documents = get(client, "/documents")
    notes = [item.text_content().count("Sample document") for item in documents.xpath("//ul[@class='documents']/li")]
    assert sum(notes) == len(notes) - 1, "all but the hostile one"


def test_where_nothing_answers_the_page_says_so(sample_answerer: Answerer) -> None:
    settings = sample_answerer.settings.model_copy(update={"answerable_score": 1.0})
    client = TestClient(create_app(Answerer(sample_answerer.index, settings)))
    page = get(client, "/?q=How+do+I+configure+a+Kubernetes+ingress+controller%3F")
    assert one(page, "//h1").text_content() == "Nearest passages"
    kinds = [notice.get("class") for notice in page.xpath("//p[starts-with(@class, 'notice ')]")]
    assert kinds[:2] == ["notice disclaimer", "notice no_answer"]
    assert page.xpath("//blockquote")


def test_the_document_with_the_passage_marked(client: TestClient) -> None:
    found = get(client, "/?q=muscle+twitching&ui=de")
    link = found.xpath("//p[@class='actions']/a/@href")[0]
    quote = found.xpath("//blockquote")[0].text_content()
    page = get(client, link)
    assert page.get("lang") == "de"
    text = one(page, "//div[@class='text']")
    document = client.get(f"/v1{urlsplit(link).path}").json()
    assert text.text_content() == document["text"]
    assert (text.get("lang"), text.get("dir")) == (document["language"], "ltr")
    assert one(page, "//mark[@id='cited']").text_content() == quote
    assert one(page, "//code").text_content() == document["sha256"]
    assert one(page, "//p[@class='notice disclaimer']").get("lang") == "de"
    back = urlsplit(one(page, "//p[@class='back']/a").get("href"))
    assert (back.path, parse_qs(back.query)) == ("/", {"q": ["muscle twitching"], "ui": ["de"]})


def test_a_document_without_a_passage(client: TestClient) -> None:
    document = client.get("/v1/documents").json()["documents"][0]
    page = get(client, f"/documents/{document['document_id']}")
    assert not page.xpath("//mark")
    assert one(page, "//h1").text_content() == document["title"]


@pytest.mark.parametrize(
    "span",
    [
        "start=1",
        "end=5",
        "start=5&end=5",
        "start=9&end=3",
        "start=-1&end=4",
        "start=a&end=4",
        "start=0&end=99999999",
        "start=0&end=" + "9" * 5000,
        "start=٣&end=9",
        "start=&end=",
    ],
)
def test_a_passage_that_there_is_not(client: TestClient, span: str) -> None:
    document = client.get("/v1/documents").json()["documents"][0]["document_id"]
    page = get(client, f"/documents/{document}?{span}", status=422)
    assert one(page, "//div[@role='alert']/p").text_content()


def test_the_list_of_documents(client: TestClient) -> None:
    documents = client.get("/v1/documents").json()["documents"]
    page = get(client, "/documents", "fr")
    items = page.xpath("//ul[@class='documents']/li")
    assert [one(item, ".//h2").text_content() for item in items] == [document["title"] for document in documents]
    links = [one(item, ".//h2/a").get("href") for item in items]
    assert links == [f"/documents/{document['document_id']}" for document in documents]
    assert "arabe" in page.xpath("//li[.//bdi[@lang='ar']]")[-1].text_content()


def test_an_empty_index(tmp_path: Path) -> None:
    index = PassageIndex(tmp_path, create=True)
    client = TestClient(create_app(Answerer(index, Settings(index=tmp_path))))
    assert "crosscite add PATH" in one(get(client, "/documents"), "//p[@class='empty']").text_content()
    page = get(client, "/?q=muscle+twitching")
    assert "crosscite add PATH" in one(page, "//p[@class='empty']").text_content()
    assert page.xpath("//p[@class='notice no_answer']")
    index.close()


# Hostile input


def test_a_hostile_document_stays_text(client: TestClient) -> None:
    page = get(client, "/?q=How+does+a+beekeeper+calm+the+bees+in+the+hive%3F")
    article = page.xpath("//article[contains(., 'Beekeeping')]")[0]
    quote = one(article, "./blockquote")
    assert '<script>alert("passage")</script>' in quote.text_content()
    assert "7 * 7" in quote.text_content()
    document = urlsplit(one(article, ".//p[@class='actions']/a").get("href")).path
    for path in ("/?q=How+does+a+beekeeper+calm+the+bees+in+the+hive%3F", "/documents", document):
        shown = get(client, path)
        assert [script.get("src") for script in shown.xpath("//script")] == ["/static/copy.js"]
        assert not shown.xpath("//img | //i | //b")
        assert not shown.xpath("//@onerror")
    assert one(get(client, document), "//h1").get("dir") == "ltr"


def test_titles_and_names_are_isolated(client: TestClient) -> None:
    page = get(client, "/documents")
    assert len(page.xpath("//h2/a/bdi[@dir]")) == len(page.xpath("//h2"))
    assert len(page.xpath("//bdi[@class='file']")) == len(page.xpath("//h2"))


@pytest.mark.parametrize(
    "question",
    ['"><script>alert(1)</script>', "</title><b>why", "{{ 7*7 }} why", "why' onfocus='x", "why \u202e\u2066 x"],
)
def test_a_hostile_question_stays_text(client: TestClient, question: str) -> None:
    response = client.get("/", params={"q": question}, headers={"accept-language": "en"})
    assert response.status_code == 200
    page = html.fromstring(response.text)
    assert one(page, "//input[@name='q']").get("value") == question
    assert [script.get("src") for script in page.xpath("//script")] == ["/static/copy.js"]
    assert not page.xpath("//b | //@onfocus")


def test_unknown_parameters_of_the_page_are_left_alone(client: TestClient) -> None:
    assert get(client, "/?utm_source=newsletter").xpath("//h1")


# Pieces


@pytest.mark.parametrize(
    ("spans", "pieces"),
    [
        ([], [("abcdef", False)]),
        ([(0, 6)], [("abcdef", True)]),
        ([(1, 3)], [("a", False), ("bc", True), ("def", False)]),
        ([(3, 9), (0, 1)], [("a", True), ("bc", False), ("def", True)]),
        ([(0, 3), (2, 4)], [("abc", True), ("d", True), ("ef", False)]),
        ([(2, 2), (5, 4), (7, 9)], [("abcdef", False)]),
    ],
)
def test_marked(spans: list[tuple[int, int]], pieces: list[tuple[str, bool]]) -> None:
    found = marked("abcdef", [Span(start=start, end=end) for start, end in spans])
    assert found == pieces
    assert "".join(piece for piece, _ in found) == "abcdef"


def test_file_name() -> None:
    assert file_name("/srv/health/leg.md") == "leg.md"
    assert file_name("health/leg.md") == "health/leg.md"
    assert file_name("https://example.org/leg") == "https://example.org/leg"
    assert file_name("/srv/a.zip#sub/leg.html") == "a.zip#sub/leg.html"
