"""Where sentences begin and end, and where one that is too long may be cut."""

import unicodedata
from itertools import accumulate, pairwise

import regex
from icu4py.breakers import LineBreaker, SentenceBreaker

from corpus.abbreviations import BEFORE_NUMBERS, ENDS, abbreviations

Span = tuple[int, int]
"""A (start, end) pair of Unicode code points."""

_CLOSING_HEAD = regex.compile(r"[\p{Pe}\p{Pf}]+(?:\s+|$)")
_REFERENCE_MARKS = regex.compile(r"(?:\[[^\[\]\n]{1,60}\])+\s*")
_BLANK_LINE = regex.compile(r"\n[^\S\n]*\n\s*")
_OPENING_TAIL = regex.compile(r"[\p{Ps}\p{Pi}]+$")
# Letters of scripts in which people abbreviate a name to one letter; a lone Devanagari or Hangul syllable is a word.
_INITIAL = regex.compile(r"(?:^|[\s\p{Ps}\p{Pi}\p{Pd}.])([\p{Lu}\p{Ll}\p{Script=Arabic}\p{Script=Hebrew}])\.\s*$")
_AFTER_OPERATOR = regex.compile(r"[=<>≤≥≠≈+×·/*−^]\s*\p{L}\.\s*$")
_DOTTED = regex.compile(r"(?:^|[^\p{L}\p{M}\p{N}])((?:[\p{L}\p{M}]{1,4}\.\s?)*[\p{L}\p{M}՛-]{1,12})\.\s*$")
# "am 8. Februar", "12.-14. Mai", but "in den Jahren 1348-50."
_ORDINAL = regex.compile(r"(?:^|[\s\p{Ps}]|(?<!\p{Nd})\p{Pd})\p{Nd}{1,2}\.\s*$")
# "1.", "(a)", "iv.": names what follows it.
_LABEL = regex.compile(r"\s*\p{Ps}?(?:\p{Nd}{1,3}(?:\.\p{Nd}{1,3})*|[ivxlc]{1,5}|[IVXLC]{1,5}|\p{L})[.):։、．]\s*")
# Georgian has no capitals at the beginning of sentences, though its letters count as small ones.
_SMALL = r"[\p{Ll}--\p{Script=Georgian}]"
_GOES_ON = regex.compile(rf"[\s\p{{Pd}},;]*{_SMALL}", regex.V1)
# "「はい。」と言った。"
_QUOTED_JAPANESE = regex.compile(r"[」』](?:と(?:言|い|話|叫|答|聞|訊|思|述|書|呼|尋|説|語|考|感|の|は|も|つぶや|呟)|って)")
_ADDRESS = regex.compile(r"(?:https?://|www\.)\S+")
# What ICU asks too much of: a letter after the full stop ("... partnerships. 35,064 households"), a plain full stop rather
# than an ellipsis or, in Armenian, than a colon, which keyboards have and "։" they have not.
_CLOSING = r"[\p{Pe}\p{Pf}\"]?"
_MORE_ENDS = regex.compile(
    # Each begins with the mark itself, which is rare, and then looks back: that is five times as fast.
    rf"\.(?<=\p{{Ll}}{{4}}{_CLOSING}\.){_CLOSING}\s+(?=\p{{Nd}})"
    rf"|…(?<=\w…){_CLOSING}\s+(?=[\p{{Ps}}\p{{Pi}}\"]?\p{{Lu}})"
    r"|:(?<=\p{Script=Armenian}:)\s+(?=\p{Lu})"
    rf"|[.!?…]{_CLOSING}\s+(?=[–—―]\s?[\p{{Ps}}\p{{Pi}}\"¿¡]*\p{{Lu}})"  # the next speaker
    r"|[.;!?]\s+(?=\((?:\p{Nd}{1,2}|[ivx]{1,4}|\p{L})\)\s)"  # "(a)", "(ii)"
)
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

_EXTENDS = regex.compile(r"[\p{GCB=Extend}\p{GCB=SpacingMark}\p{GCB=ZWJ}]")
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
_LABEL_MAX = 16  # code points
_CLIPPED = 2
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


def icu_sentence_ends(text: str, locale: str) -> list[int]:
    """Return where ICU's rules for a locale end a sentence, in code points, the text's own end included."""
    return _boundaries(SentenceBreaker(text, locale), text)


def cut_spans(text: str, start: int, end: int) -> list[Span]:
    """Split ``text[start:end]`` into the smallest pieces it may be cut into, in order and without gaps.

    Pieces end after white space or, in a script written without spaces, where a line could be broken (ICU knows the words of
    Thai, Lao, Khmer and Burmese): never inside a word of a language that has spaces, never inside a grapheme cluster.
    """
    part = text[start:end]
    cuts = []
    for at in _boundaries(LineBreaker(part, "und"), part)[:-1]:
        before, after = part[at - 1], part[at]
        if _EXTENDS.match(after):
            continue  # a mark after a space is one cluster with it
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
    if not ends or ends[-1] == len(text):
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
    found = set(icu_sentence_ends(part, language)[:-1])
    found.update(match.end() for match in _MORE_ENDS.finditer(part))
    if "://" in part or "www." in part:
        for address in _ADDRESS.finditer(part):  # "https://x.org/?q=1"
            found.difference_update(range(address.start(), address.end()))
    edges = [0]
    for at in sorted(found):
        # What the patterns ask is asked first of the one character that rules most of them out: they take ten times as long.
        tail = None if part[at - 1].isspace() else _OPENING_TAIL.search(part, max(0, at - 8), at)
        if tail:
            at = tail.start()  # an opening quote or bracket belongs to what follows it,
            marks = None if part[at - 1].isspace() else _REFERENCE_MARKS.match(part, at)
            if marks:  # unless it opens a mark like "[1]" that belongs to what it follows
                at = marks.end()
        closing = None if part[at : at + 1].isalnum() else _CLOSING_HEAD.match(part, at)
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
        if spans and not part[piece[0]].isalnum() and not any(char.isalnum() for char in part[piece[0] : piece[1]]):
            spans[-1] = (spans[-1][0], piece[1])  # a stray "...", bracket or dash
            continue
        spans.append(piece)
    return [(start + a, start + b) for span in spans for a, b in _stretches(part, span)]


def _is_boundary(part: str, since: int, at: int, language: str) -> bool:
    """Say whether the boundary found at ``at`` ends the sentence that begins at ``since``."""
    following = part[at : at + 1]
    if not following.isascii() and _EXTENDS.match(following):
        return False
    if at - since <= _LABEL_MAX and _LABEL.fullmatch(part, since, at):
        return False
    left = part[max(since, at - 48) : at]
    bare = left.rstrip()
    if not bare.endswith("."):
        # "“Why?” she asked", and the Burmese comma, which Unicode counts among the ends of sentences.
        return not (bare.endswith("၊") or _GOES_ON.match(part, at) or _QUOTED_JAPANESE.match(part, max(since, at - 1)))
    dotted = _DOTTED.search(left, _last_word(bare))
    if dotted:
        word = dotted.group(1).replace(" ", "")
        last = word.rsplit(".", 1)[-1]
        if word in ENDS:
            return True
        if bare == left and following.isalpha() and len(last) <= _CLIPPED:
            return False  # "कि.मी.", where a space was forgotten after the end of a sentence its last word is rarely as short
        known = abbreviations(language)
        if any(form in known for form in (word, word.lower(), last, last.lower())):
            return False
        if last.lower() in BEFORE_NUMBERS and following.isdigit():
            return False
    initial = None if bare[-3:-2].isalnum() else _INITIAL.search(left)
    if initial and not _is_word(initial.group(1), language) and not _AFTER_OPERATOR.search(left):
        # "John C. Messenger", "U. S. Secretary", "z. B. Danzig", "(c. 1455)"; but "vitamin C. It", "Group B. It".
        before = _PRECEDING_WORD.search(left)
        return before is not None and _LETTERED.match(before.group(1)) is not None
    return not (language in _ORDINAL_LANGUAGES and not bare[-2:-1].isalpha() and _ORDINAL.search(left))


def _last_word(text: str) -> int:
    """Return where the last word begins, with what stands before it as long as that ends in a dot: "see z. B." at the space."""
    at = text.rfind(" ")
    while at > 0 and text[at - 1] == ".":
        at = text.rfind(" ", 0, at)
    return max(at, 0)


def _is_word(letter: str, language: str) -> bool:
    """Say whether a letter on its own is a word rather than an initial: "é", "ở", Vietnamese "Ý", Turkish "o"."""
    marked = len(unicodedata.normalize("NFD", letter)) > 1
    return (marked and (letter.islower() or language == "vi")) or (letter == "o" and language in ("tr", "az"))


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
