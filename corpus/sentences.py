"""Where sentences begin and end, and where one that is too long may be cut."""

from itertools import accumulate, pairwise

import regex
from icu4py.breakers import LineBreaker, SentenceBreaker

Span = tuple[int, int]
"""A (start, end) pair of Unicode code points."""

_CLOSING_HEAD = regex.compile(r"[\p{Pe}\p{Pf}]+(?:\s+|$)")
_REFERENCE_MARKS = regex.compile(r"(?:\[[^\[\]\n]{1,60}\])+\s*")
_BLANK_LINE = regex.compile(r"\n[^\S\n]*\n\s*")
_OPENING_TAIL = regex.compile(r"[\p{Ps}\p{Pi}]+$")
# Letters of scripts in which people abbreviate a name to one letter; a lone Devanagari or Hangul syllable is a word.
_INITIAL = regex.compile(r"(?:^|[\s\p{Ps}\p{Pi}\p{Pd}.])([\p{Lu}\p{Ll}\p{Script=Arabic}\p{Script=Hebrew}])\.\s*$")
_DOTTED = regex.compile(r"(?:^|[^\p{L}\p{M}\p{N}])((?:\p{L}{1,4}\.\s?)*[\p{L}\p{M}-]{1,8})\.\s*$")
_ORDINAL = regex.compile(r"(?:^|[\s\p{Ps}\p{Pd}])\p{Nd}{1,2}\.\s*$")
_SENTENCE_THEN_NUMBER = regex.compile(r"\p{Ll}{4}[\p{Pe}\p{Pf}\"]?\.[\p{Pe}\p{Pf}\"]?\s+()(?=\p{Nd})")
_PRECEDING_WORD = regex.compile(r"([\p{L}\p{M}]+)[\s'’]+\p{L}\p{M}*\.\s*$")

# Nouns that are themselves followed by a letter: "vitamin C." ends a sentence, "John C." does not.
_LETTERED = regex.compile(
    r"(?:vitam|hepat|hépat|epat|витам|гепат|βιταμ|ηπατ|typ|tip|clas|klas|gr[uo]+p|plan|fig|abb|omega|омега|variant)",
    regex.I,
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A dot after a number of one or two digits is an ordinal's ("am 8. Februar") in these languages.
_ORDINAL_LANGUAGES = _words("bs cs da de et eu fi fo hr hu is lb lt lv nb nn no pl sk sl sr tr")

# Abbreviations after which a sentence goes on although a capital letter follows. Kept to those that hardly ever end one
# ("etc." and "Inc." often do), for all languages at once: the same letters rarely mean another thing in another.
_ABBREVIATIONS = _words(
    """
    dr dra drs prof profa mr mrs mme mlle ste sr sra srta sig dott dott.ssa rev gen lt sgt capt hon vgl bzw ca cf vs approx
    mio mrd z.b d.h u.a i.e e.g ee p.ej p.ex ej pág inż dipl tzn tzw np m.in bkz örn yy dhr mevr bijv
    д-р проф см им акад рис табл т.е т.к βλ π.χ δρ डॉ डा أ.د
    """
)
# These are abbreviations only before a number: "no. 5", but "She said no."
_BEFORE_NUMBERS = _words("no nr núm vol fig figs abb tab art p pp pág ed ul bl tel tlf стр ул рис табл n nº al")

_UNMARKED = regex.compile(r"[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]")
_NO_SPACES_NEEDED = regex.compile(
    r"[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}"
    r"\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef\u200b]"
)
# Words that open a clause in Thai and Lao: a space before one of them is nearly always a good place to break.
_CLAUSE_OPENERS = tuple(
    _words(
        """
        ซึ่ง โดย ในขณะที่ นอกจาก อย่างไรก็ตาม หลังจาก แต่ ดังนั้น เนื่องจาก เมื่อ ทำให้ ต่อมา ทั้งนี้ แม้ รวมถึง เพราะ หาก ถ้า จากนั้น ได้แก่
        ເຊິ່ງ ໂດຍ ແຕ່ ນອກຈາກ ດັ່ງນັ້ນ ເນື່ອງຈາກ ເມື່ອ ຫຼັງຈາກ ຖ້າ
        """
    )
)
_STRETCH_MIN, _STRETCH_MAX = 60, 200  # code points of a stretch without sentence marks


def sentence_spans(text: str, language: str) -> list[Span]:
    """Return the sentences of ``text`` as (start, end) pairs of code points, in order, trimmed of white space.

    A blank line always ends a sentence, a single newline is a space. ``language`` is an ISO 639 code; ``und`` is fine.
    Text in a script that marks no sentence ends (Thai, Lao) breaks at spaces once a stretch is long, never inside a word.
    """
    spans: list[Span] = []
    start = 0
    for blank in _BLANK_LINE.finditer(text):
        spans.extend(_paragraph_spans(text, start, blank.start(), language))
        start = blank.end()
    spans.extend(_paragraph_spans(text, start, len(text), language))
    return spans


def cut_spans(text: str, start: int, end: int) -> list[Span]:
    """Split ``text[start:end]`` into the smallest pieces it may be cut into, in order and without gaps.

    Pieces end after white space or, in a script written without spaces, where a line could be broken (ICU knows the words of
    Thai, Lao, Khmer and Burmese): never inside a word of a language that has spaces, never inside a grapheme cluster.
    """
    part = text[start:end]
    cuts = []
    for at in _boundaries(LineBreaker(part, "und"), part)[:-1]:
        before, after = part[at - 1], part[at]
        if before.isspace() or _NO_SPACES_NEEDED.match(before) or _NO_SPACES_NEEDED.match(after):
            cuts.append(at)
    edges = [0, *cuts, len(part)]
    return [(start + a, start + b) for a, b in pairwise(edges) if a < b]


def grapheme_spans(text: str, start: int, end: int) -> list[Span]:
    """Split ``text[start:end]`` into user-perceived characters (extended grapheme clusters, UAX #29)."""
    return [match.span() for match in regex.finditer(r"\X", text, pos=start, endpos=end)]


def trim(text: str, start: int, end: int) -> Span:
    """Return the span without the white space at its two ends (an empty span where it holds nothing else)."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _boundaries(breaker: SentenceBreaker | LineBreaker, text: str) -> list[int]:
    """Return the ends of a breaker's segments in code points: icu4py counts UTF-16 units."""
    ends = [end for _, end in breaker.segments()]
    if not text or max(text) <= "\uffff":
        return ends
    units = accumulate(2 if char > "\uffff" else 1 for char in text)
    position = {unit: index for index, unit in enumerate(units, 1)}
    return [position[end] for end in ends]


def _paragraph_spans(text: str, start: int, end: int, language: str) -> list[Span]:
    start, end = trim(text, start, end)
    if start == end:
        return []
    # Same length: offsets stay. ICU would take the newlines of hard-wrapped text for sentence ends.
    part = text[start:end].replace("\n", " ")
    found = set(_boundaries(SentenceBreaker(part, language), part)[:-1])
    # ICU asks for a letter after the full stop: "... partnerships. 35,064 households".
    found.update(match.start(1) for match in _SENTENCE_THEN_NUMBER.finditer(part))
    edges = [0]
    for at in sorted(found):
        tail = _OPENING_TAIL.search(part, max(0, at - 8), at)
        if tail:
            at = tail.start()  # an opening quote or bracket belongs to what follows it,
            marks = None if part[at - 1].isspace() else _REFERENCE_MARKS.match(part, at)
            if marks:  # unless it opens a mark like "[1]" that belongs to what it follows
                at = marks.end()
        closing = _CLOSING_HEAD.match(part, at)
        if closing:
            at = closing.end()  # "« Quoi ? »", but not the "»" that opens a German quote
        if at > edges[-1] and _is_boundary(part, edges[-1], at, language):
            edges.append(at)
    edges.append(len(part))
    spans: list[Span] = []
    for left, right in pairwise(edges):
        piece = trim(part, left, right)
        if piece[0] == piece[1]:
            continue
        if spans and not any(char.isalnum() for char in part[piece[0] : piece[1]]):
            spans[-1] = (spans[-1][0], piece[1])  # a stray "...", bracket or dash
            continue
        spans.append(piece)
    return [(start + a, start + b) for span in spans for a, b in _stretches(part, span)]


def _is_boundary(part: str, since: int, at: int, language: str) -> bool:
    """Say whether ICU's boundary at ``at`` ends a sentence, looking back no further than ``since``."""
    left = part[max(since, at - 48) : at]
    bare = left.rstrip()
    if not bare.endswith("."):
        return True
    following = part[at : at + 1]
    dotted = _DOTTED.search(left)
    if dotted:
        word = dotted.group(1).lower().replace(" ", "")
        last = word.rsplit(".", 1)[-1]
        if word in _ABBREVIATIONS or last in _ABBREVIATIONS:
            return False
        if last in _BEFORE_NUMBERS and following.isdigit():
            return False
    if _INITIAL.search(left):
        # "John C. Messenger", "U. S. Secretary", "z. B. Danzig", "(c. 1455)"; but "vitamin C. It", "Group B. It".
        before = _PRECEDING_WORD.search(left)
        return before is not None and _LETTERED.match(before.group(1)) is not None
    return not (language in _ORDINAL_LANGUAGES and _ORDINAL.search(left))


def _stretches(part: str, span: Span) -> list[Span]:
    """Break a long stretch of a script without sentence marks at its spaces."""
    start, end = span
    if end - start <= _STRETCH_MAX or len(_UNMARKED.findall(part, start, end)) * 2 < end - start:
        return [span]
    spaces = [
        match.span()
        for match in regex.finditer(r"\s+", part, pos=start, endpos=end)
        # A space beside a number, a Latin name or a repetition mark is inside a phrase.
        if _UNMARKED.match(part[match.start() - 1]) and _UNMARKED.match(part[match.end()])
    ]
    spans: list[Span] = []
    fallback: Span | None = None
    for left, right in spaces:
        if fallback and left - start > _STRETCH_MAX:
            spans.append((start, fallback[0]))
            start, fallback = fallback[1], None
        if left - start < _STRETCH_MIN or end - right < _STRETCH_MIN // 2:
            continue
        if part.startswith(_CLAUSE_OPENERS, right):
            spans.append((start, left))
            start, fallback = right, None
        else:
            fallback = (left, right)
    if fallback and end - start > _STRETCH_MAX:
        spans.append((start, fallback[0]))
        start = fallback[1]
    spans.append((start, end))
    return spans
