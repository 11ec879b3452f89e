"""Subtitles: what is said, in sentences, without times, tags, speakers and sounds."""

import pytest
from extraction import all_found, blocks, extracted

from corpus.document import CorpusError

SRT = """1
00:00:01,000 --> 00:00:03,000
{\\an8}<font color="#fff">Muscles</font> <b>twitch</b>
when tired.

2
00:00:03,500 --> 00:00:05,000
- JOHN: In 2012 {maybe}
- 3 < 4 &amp; so on.

3
00:00:05,000 --> 00:00:06,000
[door opens]

4
00:00:20,000 --> 00:00:22,000
2013
After a pause.
"""


def test_cues_become_sentences_and_paragraphs() -> None:
    found = extracted("film.es.srt", SRT.replace("\n", "\r\n").encode())
    assert (found.title, found.language) == ("film", "es")
    assert blocks(found) == [
        ("paragraph", "Muscles twitch when tired. In 2012 {maybe} 3 < 4 & so on."), ("paragraph", "2013 After a pause."),
    ]  # fmt: skip


VTT = """WEBVTT - a title
Kind: captions
Language: de

NOTE not said

STYLE
::cue { color: red }

intro
00:01.000 --> 00:03.000 align:start position:0%
<v Roger Bingham>Wir <c.yellow>sind</c> <00:00:02.000><i>hier</i></v>

00:03.000 --> 00:04.000
Wir sind hier
&gt;&gt; und bleiben.
"""


def test_webvtt() -> None:
    found = extracted("talk.vtt", VTT.encode())
    assert (found.title, found.language, found.text) == ("talk", "de", "Wir sind hier und bleiben.")


def test_captions_that_roll_are_said_once() -> None:
    cues = [("one two",), ("one two", "three four"), ("three four", "five six.")]
    srt = "\n\n".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n" + "\n".join(lines) for n, lines in enumerate(cues))
    assert extracted("a.srt", srt.encode()).text == "one two three four five six."


def test_scripts_without_spaces_are_joined_without() -> None:
    srt = "1\n00:00:01,000 --> 00:00:02,000\n夜にふくらはぎが\n\n2\n00:00:02,000 --> 00:00:03,000\nつることがあります。\n"
    assert extracted("a.srt", srt.encode()).text == "夜にふくらはぎがつることがあります。"


def test_long_talk_is_divided_at_sentences() -> None:
    srt = "".join(
        f"{n}\n00:{n // 60:02}:{n % 60:02},000 --> 00:{n // 60:02}:{n % 60:02},900\nThis is sentence number {n} of many.\n\n"
        for n in range(300)
    )
    paragraphs = [text for _, text in blocks(extracted("a.srt", srt.encode()))]
    assert len(paragraphs) > 10
    assert all(400 < len(text) < 700 and text.endswith("many.") for text in paragraphs[:-1])


@pytest.mark.parametrize(
    ("name", "language"),
    [("film.pt-BR.srt", "pt-BR"), ("film.eng.srt", "eng"), ("film.srt", None), ("film.final.srt", None), ("es.srt", None)],
)
def test_the_language_in_the_name(name: str, language: str | None) -> None:
    from corpus.language import normalise_language

    found = extracted(name, SRT.encode())
    assert found.language == (normalise_language(language) if language else None)


def test_numbers_without_blank_lines_between_cues() -> None:
    srt = "1\n00:00:01,000 --> 00:00:02,000\nOne\n2\n00:00:02,000 --> 00:00:03,000\ntwo.\n"
    assert extracted("a.srt", srt.encode()).text == "One two."


def test_other_text_is_an_error() -> None:
    with pytest.raises(CorpusError, match="holds no subtitle"):
        all_found("a.srt", "Just text.\nMore text.")
