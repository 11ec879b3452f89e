"""Web pages without what no reader came for: menus, banners, comment threads, share bars. When in doubt, text stays."""

from dataclasses import dataclass
from itertools import islice

import regex
from lxml import etree
from lxml.html import HtmlElement

from corpus.markup import INLINE_TAGS


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


_NEVER_TEXT = _tags("head script style noscript template iframe object embed svg math canvas audio video rp rt")
_CONTROLS = _tags("button select textarea input dialog datalist")
# Dropped unless they hold much of the page: ASP.NET puts a whole page into one form, and some put articles into asides.
_SURROUNDING = _tags("nav footer aside form header")
_FIELDS = _tags("input textarea select button")
_ROOTS = _tags("html body main article")
_NAMES = (
    "cookies?|consent|gdpr|cookie-?(?:bar|banner|notice|law-info-bar|message)|comments?|comment-?(?:list|form|respond|wrapper)|"
    "comments-area|respond|disqus(?:_thread)?|share|sharing|sharedaddy|addtoany|social|breadcrumbs?|navbar|navigation|navbox|"
    "menu|topmenu|mainmenu|sidebar|widget-area|related|related-?posts|jp-relatedposts|yarpp|newsletter|subscribe|pagination|"
    "advert|ads|advertisement|banner|popup|modal|skip-?link|jump-link|noprint|catlinks|printfooter|editsection|mw-navigation|"
    "sitenotice|contextual-sidebar|share-links|feedback|super-navigation-header|site-header|site-footer|footer|onetrust|cmplz|"
    "eu-cookie-compliance-banner|author-box|tag-links|cat-links|field--name-field-tags|contentinfo|complementary|navigation"
)
_BOILERPLATE = regex.compile(rf"(?:^|[\s_-])(?:{_NAMES})(?:$|[\s_-])", regex.I)
# Longer than the article they may be, and are no part of it.
_THREADS = regex.compile(
    r"(?:^|[\s_-])(?:comments?|comment-?(?:list|wrapper)|comments-area|respond|disqus(?:_thread)?)(?:$|[\s_-])", regex.I
)
_LAYOUT = regex.compile(
    r"(?:^|\s)(?:no|has|with|layout)[\w-]*-(?:sidebars?|menu|banner|navigation|comments?|footer)\S*", regex.I
)
_OPENS = regex.compile(r"tab|accordion|collaps|toggle|faq|answer|panel|expand|content|spoiler|drawer-body", regex.I)
_SKIP_TARGET = regex.compile(r"#\S+")
_LARGE_SHARE = 0.3  # of the page's text, outside links
_KEEPS_LINKS = _tags("h1 h2 h3 h4 h5 h6 head p dl")
_LINK_PROSE, _CONTAINER_SHARE = 0.2, 0.6
_HEADER_MAX = 150  # code points
_HIDDEN_MIN = 40  # code points of text that opens on a click; shorter is a label


def prune(page: HtmlElement) -> None:
    """Remove from a page what surrounds its text; the text after a removed element stays.

    An element goes by its tag, or by its id, class or role. It stays whatever these say where it holds the page's ``main``,
    ``article`` or ``h1``, or a third of the page's text, and is no comment thread. Text that opens on a click stays too: the
    panels of tabs and accordions, and a heading's button.
    """
    for element in list(page.iter(etree.Element)):
        if element.tag in _NEVER_TEXT and element.getparent() is not None:
            element.drop_tree()
    measures = _measured(page)
    large = _LARGE_SHARE * max(1, measures[page].prose)
    gone: set[HtmlElement] = set()
    for element in list(page.iter(etree.Element)):
        parent = element.getparent()
        if parent is None or (element.tag in _ROOTS and not _is_thread(element, measures)):
            continue
        if parent in gone:
            gone.add(element)
        elif _is_furniture(element, measures, large):
            gone.add(element)
            element.drop_tree()
    _prune_links(page)


def _prune_links(page: HtmlElement) -> None:
    """Remove what holds hardly anything but links, outside the one element that holds most of the page's text."""
    measures = _measured(page)
    container = _container(page, measures)
    around = {container, *container.iterancestors()}
    waiting = [child for parent in around if parent is not container for child in parent if child not in around]
    while waiting:
        element = waiting.pop()
        if element not in measures or element.tag in _KEEPS_LINKS:
            continue
        measure = measures[element]
        if measure.total and element.tag not in INLINE_TAGS and not measure.content:
            if measure.prose <= measure.total * _LINK_PROSE:
                element.drop_tree()
            else:
                waiting.extend(element)


def _container(page: HtmlElement, measures: "_Measures") -> HtmlElement:
    """Return the smallest element that holds most of the text that is in no link."""
    body = page.find("body")
    current = page if body is None else body
    needed = _CONTAINER_SHARE * measures[current].prose
    while True:
        inner = next((child for child in current if child in measures and measures[child].prose >= max(1, needed)), None)
        if inner is None or inner.tag in ("p", "li", "pre"):
            return current
        current = inner


def _is_furniture(element: HtmlElement, measures: "_Measures", large: float) -> bool:
    tag = element.tag
    if tag in _CONTROLS:
        return not _is_question(element)
    if tag == "option" or _is_thread(element, measures):
        return True
    name = _LAYOUT.sub(" ", _name(element))
    hidden = element.get("hidden") is not None or element.get("aria-hidden") == "true"
    named = _BOILERPLATE.search(name) is not None
    if tag in INLINE_TAGS:
        return hidden or (named and ("editsection" in name or tag != "a")) or _is_skip_link(element, name)
    if hidden and not named:
        return not (_OPENS.search(name) and measures[element].total >= _HIDDEN_MIN)
    if not named and (tag not in _SURROUNDING or not _surrounds(element, measures[element])):
        return False
    return not measures[element].content and measures[element].prose < large


def _surrounds(element: HtmlElement, measure: "_Measure") -> bool:
    """Say whether an element that often surrounds a page's text does so here."""
    parents = {parent.tag for parent in islice(element.iterancestors(), 40)}
    inside = bool(parents & {"article", "main", "blockquote"})
    if element.tag == "aside":  # inside an article, a note of its author's
        return not inside or measure.prose * 2 < measure.total
    if element.tag == "header":  # a site's name and slogan, not somebody's introduction
        return not inside and measure.prose <= _HEADER_MAX
    if element.tag == "footer":
        return "blockquote" not in parents
    if element.tag == "form":  # what has fields to fill in; else somebody's idea of a box
        return measure.fields
    return True


def _is_thread(element: HtmlElement, measures: "_Measures") -> bool:
    if element.tag in INLINE_TAGS or element.tag in ("html", "body", "main") or not _is_named_thread(element):
        return False
    if element.tag == "article" and not any(map(_is_named_thread, islice(element.iterancestors(), 10))):
        return False
    return not measures[element].article


def _is_named_thread(element: HtmlElement) -> bool:
    return _THREADS.search(_LAYOUT.sub(" ", _name(element))) is not None


def _is_question(element: HtmlElement) -> bool:
    """Say whether a button is the text of a heading: the question of an accordion."""
    return element.tag == "button" and any(
        parent.tag in ("h1", "h2", "h3", "h4", "h5", "h6", "summary", "dt") for parent in islice(element.iterancestors(), 3)
    )


def _is_skip_link(element: HtmlElement, name: str) -> bool:
    hides = regex.search(r"skip|jump|screen-reader-text|visually-hidden|sr-only", name, regex.I) is not None
    return element.tag == "a" and hides and _SKIP_TARGET.match(element.get("href") or "") is not None


def _name(element: HtmlElement) -> str:
    return f"{element.get('id', '')} {element.get('class', '')} {element.get('role', '')}"


@dataclass(slots=True)
class _Measure:
    """What an element holds: code points of text, of text outside links, and whether content or fields are among it."""

    total: int = 0
    prose: int = 0
    content: bool = False
    article: bool = False
    fields: bool = False


_Measures = dict[HtmlElement, _Measure]


def _measured(page: HtmlElement) -> _Measures:
    """Measure every element, in one walk from the leaves up."""
    measures: _Measures = {}
    links = 0
    for event, element in etree.iterwalk(page, events=("start", "end")):
        link = element.tag == "a"
        if event == "start":
            measures[element] = _Measure()
            links += link
            _count(measures[element], element.text, linked=links > 0)
            continue
        links -= link
        measure, parent = measures[element], element.getparent()
        if parent is None or element is page:
            continue
        above = measures[parent]
        above.total += measure.total
        above.prose += measure.prose
        thread = element.tag == "article" and _is_named_thread(element)
        above.article |= measure.article or element.tag in ("h1", "main") or (element.tag == "article" and not thread)
        above.content |= measure.content or element.tag in ("h1", "main", "article")
        above.fields |= measure.fields or (element.tag in _FIELDS and element.get("type") != "hidden")
        _count(above, element.tail, linked=links > 0)
    return measures


def _count(measure: _Measure, text: str | None, *, linked: bool) -> None:
    length = len(text.strip()) if text else 0
    measure.total += length
    if not linked:
        measure.prose += length
