"""E-mail: subject, words of its own, quoted replies and signatures by name, attachments by their own formats."""

import email.message
import email.policy

import pytest
from extraction import all_found, blocks, documents, extracted, outcome

from corpus.formats import Extracted, Unread
from corpus.quoting import own_words

MESSAGE = b"""From: =?utf-8?q?J=C3=B6rg?= <j@x.org>
To: a@b.org
Subject: =?iso-8859-1?Q?Caf=E9?= plan
Date: Mon, 3 Feb 2025 10:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=XX

--XX
Content-Type: multipart/alternative; boundary=YY

--YY
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

The caf=E9 opens at nine, says the woman who has the key, so please do not =
come before.

On Mon, 2 Feb 2025 at 10:00, Ann <ann@x.org>
wrote:
> When does it open?
>
> Ann

See you there.

--=20
J=F6rg
Tel 123
--YY
Content-Type: text/html; charset=utf-8

<p>The same as HTML</p>
--YY--
--XX
Content-Type: text/csv; name="data.csv"
Content-Disposition: attachment; filename="data.csv"
Content-Transfer-Encoding: base64

YSxiCjEsMgo=
--XX
Content-Type: image/png
Content-Disposition: attachment; filename="=?utf-8?q?b=C3=A4r?=.png"
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--XX
Content-Type: message/rfc822

From: z@z.org
Subject: Inner

Inner text.
--XX--
"""


def test_a_message_and_its_attachments() -> None:
    body, table, picture, inner = all_found("m.eml", MESSAGE)
    assert isinstance(body, Extracted)
    assert (body.part, body.title) == ("", "Café plan")
    assert body.metadata == {"author": "Jörg <j@x.org>", "date": "2025-02-03"}
    opening = "The café opens at nine, says the woman who has the key, so please do not come before."
    assert blocks(body) == [("paragraph", opening), ("paragraph", "See you there.")]
    assert [(each.reason, body.text[each.start : each.end].split("\n")[-1]) for each in body.dropped] == [
        ("quoted reply", "> Ann"),
        ("signature", "Tel 123"),
    ]
    assert isinstance(table, Extracted)
    assert (table.part, table.title, table.text) == ("data.csv", "data", "a: 1 | b: 2")
    assert isinstance(picture, Unread)
    assert (picture.part, picture.failed) == ("bär.png", False)
    assert isinstance(inner, Extracted)
    assert (inner.part, inner.title, inner.text) == ("attachment 3.eml", "Inner", "Inner text.")


@pytest.mark.parametrize(
    "announcement",
    [
        "On Mon, 2 Feb 2025 at 10:00, Ann <ann@x.org> wrote:",
        "Am 02.02.25 um 10:00 schrieb Ann:",
        "Le 2 févr. 2025 à 10:00, Ann a écrit :",
        "El lun, 2 feb 2025 a las 10:00, Ann escribió:",
        "2 февр. 2025 г., в 10:00, Ann написал(а):",
        "在 2025年2月2日，Ann 写道：",
        "-----Original Message-----",
        "-----Ursprüngliche Nachricht-----",
    ],
)
def test_quoted_replies_in_many_languages(announcement: str) -> None:
    text = f"Yes.\n\n{announcement}\n> Shall we?\n\n> Or not?"
    message = own_words(text)
    assert [text[block.start : block.end] for block in message.blocks] == ["Yes."]
    assert [text[each.start : each.end] for each in message.dropped] == [text[6:]]


@pytest.mark.parametrize(
    "text",
    [
        "He wrote:\nI am fine, and more of this later.",
        "> all of it\n> is quoted",
        "One -- two\n--three",
        "-- \n" + "\n".join(f"line {n}" for n in range(30)),
        "She wrote: yes.",
    ],
)
def test_what_is_no_reply_is_kept(text: str) -> None:
    assert not own_words(text).dropped


def test_answers_between_quotes_are_kept() -> None:
    text = "> First?\nYes.\n\n> Second?\n\nNo."
    message = own_words(text)
    assert [text[block.start : block.end] for block in message.blocks] == ["Yes.", "No."]
    assert len(message.dropped) == 2


def made(**parts: object) -> bytes:
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["Subject"] = "a@b.org", "S"
    if "plain" in parts:
        message.set_content(parts["plain"])
    if "html" in parts:
        (message.add_alternative if "plain" in parts else message.set_content)(parts["html"], subtype="html")
    for name, (data, kind) in parts.get("attached", {}).items():  # type: ignore[attr-defined]
        message.add_attachment(data, maintype=kind.split("/")[0], subtype=kind.split("/")[1], filename=name)
    return message.as_bytes()


def test_html_where_there_is_no_plain_text() -> None:
    page = (
        "<html><body><p>Hello wörld, this is <b>bold</b>.</p><blockquote type='cite'><p>quoted</p></blockquote></body></html>"
    )
    for parts in ({"html": page}, {"plain": " \n", "html": page}):
        assert extracted("m.eml", made(**parts)).text == "Hello wörld, this is bold."


def test_a_message_of_attachments_alone_and_damaged_ones() -> None:
    files = {
        "a.json": (b'{"text": "one"}', "application/json"),
        "b.json": (b"{", "application/json"),
        "c.txt": (b"two", "application/x"),
    }
    found = all_found("m.eml", made(plain="\n", attached=files))
    assert [(each.part, isinstance(each, Extracted)) for each in found] == [
        ("a.json", True),
        ("b.json", False),
        ("c.txt", True),
    ]


def test_a_message_without_an_ending_and_one_within_deep_others() -> None:
    assert documents("mail", b"From: a@b\nTo: c@d\nDate: x\nSubject: Hi\n\nText of it.\n")[0].title == "Hi"
    data = made(plain="Innermost.")
    for _ in range(6):
        outer = b"From: a@b\nSubject: S\nContent-Type: message/rfc822\n\n"
        data = outer + data
    assert any(isinstance(each, Unread) and "nested more than" in each.reason for each in all_found("m.eml", data))


@pytest.mark.parametrize("charset", ["koi8-r", "windows-1251", "utf-8", "no-such-charset"])
def test_encodings(charset: str) -> None:
    text = "Судороги в ногах часто возникают ночью. Обычно они безвредны, но если боль не проходит, обратитесь к врачу."
    data = text.encode(charset if charset != "no-such-charset" else "utf-8")
    head = f"From: a@b\nSubject: S\nContent-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n\n".encode()
    assert extracted("m.eml", head + data).text == text


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\x00\x01 nothing",
        b"no header at all",
        b"Subject: x\nContent-Type: multipart/mixed; boundary=\n\n--\n",
        b"Subject: =?utf-8?b?!!!?=\nFrom: <\nDate: never\nContent-Type: text/plain; charset==\n\nx",
        b"Subject: x\nContent-Type: multipart/mixed; boundary=A\n\n"
        + b"--A\nContent-Type: multipart/mixed; boundary=A\n\n" * 3000,
    ],
)
def test_damaged_messages(data: bytes) -> None:
    found, error = outcome("m.eml", data)
    assert found or error
    assert "\n" not in error


def test_a_page_saved_with_its_pictures() -> None:
    data = (
        b"From: <Saved by Blink>\nSnapshot-Content-Location: https://x.org/page\nSubject: A page\n"
        b'Content-Type: multipart/related; type="text/html"; boundary="B"\n\n--B\nContent-Type: text/html\n'
        b"Content-Location: https://x.org/page\n\n<html><body><p>Its only sentence.</p></body></html>\n--B\n"
        b"Content-Type: image/png\nContent-Location: a.png\nContent-Transfer-Encoding: base64\n\niVBORw0=\n--B--\n"
    )
    found = extracted("page.mhtml", data)
    assert (found.text, found.metadata["url"]) == ("Its only sentence.", "https://x.org/page")
