"""The page in a real browser: what a person does with it."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
QUESTIONS = {
    "es": "¿Por qué me tiembla el párpado?",
    "ar": "لماذا ترتعش عضلات ساقي؟",
    "ja": "足の筋肉がピクピクするのはなぜですか",
}

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}: apt-get install chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


class Watched:
    """Opens contexts and keeps what their pages complain of."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser, self.url = browser, url
        self.complaints: list[str] = []
        self.contexts: list[BrowserContext] = []

    def open(self, path: str = "/", **options: object) -> Page:
        context = self.browser.new_context(**{"locale": "en", **options})  # type: ignore[arg-type]
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", self.failed)
        page.on("request", lambda request: request.url.startswith(self.url) or self.complaints.append(f"asked {request.url}"))
        page.goto(self.url + path)
        return page

    def failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # the test went on to another page
            self.complaints.append(f"{request.url}: {request.failure}")


@pytest.fixture
def watched(browser: Browser, live_url: str) -> Iterator[Watched]:
    """Complaints of the console, of scripts, of the content security policy, and requests elsewhere fail a test."""
    watched = Watched(browser, live_url)
    yield watched
    for context in watched.contexts:
        context.close()
    assert watched.complaints == []


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_search_by_typing_and_enter(watched: Watched, scripts: bool) -> None:
    page = watched.open(java_script_enabled=scripts)
    page.get_by_label("Your question").fill("why does my leg twitch")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=*")
    assert page.locator("ol.passages > li").count() == 5
    assert page.locator("blockquote mark").count() >= 1
    assert page.locator("p.notice").first.is_visible()
    assert page.get_by_label("Your question").input_value() == "why does my leg twitch"
    assert page.get_by_role("button", name="Copy citation").count() == (5 if scripts else 0)


def test_an_arabic_passage_runs_right_to_left(watched: Watched) -> None:
    page = watched.open("/?q=" + quote(QUESTIONS["ar"]))
    passage = page.locator("blockquote[lang=ar]").first
    assert passage.get_attribute("dir") == "rtl"
    assert passage.evaluate("node => getComputedStyle(node).direction") == "rtl"
    assert page.evaluate("getComputedStyle(document.body).direction") == "ltr"
    arabic = watched.open("/", locale="ar")
    assert arabic.evaluate("getComputedStyle(document.body).direction") == "rtl"


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_a_passage_opens_in_its_document_where_it_stands(watched: Watched, motion: str) -> None:
    page = watched.open("/?q=" + quote(QUESTIONS["es"]), viewport={"width": 390, "height": 500}, reduced_motion=motion)
    cited = page.locator("blockquote").nth(1).inner_text()
    page.get_by_role("link", name="Show in the document").nth(1).click()
    mark = page.locator("mark#cited")
    assert mark.inner_text().split() == cited.split()
    tops = [-1.0]
    while len(tops) < 50 and not (len(set(tops[-3:])) == 1 and len(tops) > 3):  # until it has scrolled there
        page.wait_for_timeout(100)
        tops.append(mark.evaluate("node => node.getClientRects()[0].top"))
    assert 0 <= tops[-1] < 250
    page.go_back()
    assert page.locator("ol.passages").is_visible()


def test_a_citation_is_copied(watched: Watched) -> None:
    page = watched.open("/?q=muscle+twitching", permissions=["clipboard-read", "clipboard-write"])
    button = page.locator("button.copy").first
    button.click()
    page.get_by_role("status").get_by_text("Copied").wait_for(state="attached")
    assert button.inner_text() == "Copied"
    copied = page.evaluate("navigator.clipboard.readText()")
    assert page.locator("blockquote").first.inner_text().split()[0] in copied
    assert "SHA-256" in copied


def test_the_keyboard_alone_is_enough(watched: Watched) -> None:
    page = watched.open("/?q=muscle+twitching")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "q"


def test_another_language_for_the_page(watched: Watched) -> None:
    page = watched.open("/?q=muscle+twitching")
    page.locator("summary").click()
    page.get_by_role("link", name="español").click()
    page.wait_for_url("**ui=es*")
    assert page.get_by_role("button", name="Buscar").is_visible()
    assert page.get_by_label("Su pregunta").input_value() == "muscle twitching"
    page.get_by_role("button", name="Buscar").click()
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.lang") == "es"


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_page_scrolls_sideways(watched: Watched, width: int) -> None:
    page = watched.open(viewport={"width": width, "height": 844})
    page.goto(watched.url + "/?q=muscle+twitching")
    document = page.locator("p.actions a").first.get_attribute("href")
    paths = ["/", "/documents", document, *(f"/?ui={code}&q={quote(question)}" for code, question in QUESTIONS.items())]
    for path in [*paths, "/?ui=de&q=" + "w" * 1500]:
        page.goto(f"{watched.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


CONTRAST = """
() => {
  const parse = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = node => {
    for (; node; node = node.parentElement) {
      const colour = parse(getComputedStyle(node).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const node of document.querySelectorAll("body *")) {
    if (![...node.childNodes].some(child => child.nodeType === 3 && child.data.trim())) continue;
    const pair = [light(parse(getComputedStyle(node).color)), light(ground(node))].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < 4.5) low.push(`${node.tagName}.${node.className} ${ratio.toFixed(2)}`);
  }
  return low;
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_as_wcag_aa_asks(watched: Watched, scheme: str) -> None:
    page = watched.open("/?q=muscle+twitching", color_scheme=scheme)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) < 200) == (scheme == "dark")
    document = page.locator("p.actions a").first.get_attribute("href")
    for path in ("/", "/?q=muscle+twitching", "/documents", document, "/documents?ui=ar"):
        page.goto(f"{watched.url}{path}")
        assert page.evaluate(CONTRAST) == [], path


def test_every_control_has_a_name_and_room_for_a_finger(watched: Watched) -> None:
    page = watched.open("/?q=muscle+twitching", viewport={"width": 390, "height": 844})
    for control in page.locator("form input[type=search], form button, nav > a, summary, .actions a, .actions button").all():
        box = control.bounding_box()
        assert box is not None
        assert box["height"] >= 40, control.inner_text()
    assert page.evaluate("[...document.querySelectorAll('h1')].length") == 1
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(node => node.id)")
    assert len(ids) == len(set(ids))


def test_a_hostile_document_and_question_do_nothing(watched: Watched) -> None:
    question = 'bees hive <script>document.title="taken"</script><img src=x onerror="document.title=1">'
    page = watched.open("/?q=" + quote(question))
    assert page.locator("article").filter(has_text="Beekeeping").count() == 1
    assert page.title().startswith("bees hive <script>")
    assert page.url.startswith(watched.url)
