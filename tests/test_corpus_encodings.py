"""Bytes become the text that was written, or an error: never another text."""

from io import BytesIO
from pathlib import Path

import pytest
from extraction import extracted

from corpus.document import CorpusError
from corpus.encodings import decode, decoded, encoding_of, text_chunks

SPANISH = (
    "Los calambres nocturnos son contracciones dolorosas del músculo. Según los médicos, beber agua y estirar la pantorrilla "
    "antes de dormir ayuda a la mayoría de los niños y adultos. ¿Qué más se puede hacer? Mañana será otro día."
)
RUSSIAN = "Судороги в ногах часто возникают ночью. Обычно они безвредны, но если боль не проходит, обратитесь к врачу."
RUSSIAN_WITH_YA = f"{RUSSIAN} Боля и я: моя спина болит, твоя нога дрожит. Я думаю, что это я."
JAPANESE = "夜にふくらはぎがつることはよくあります。たいていは心配いりません。水を飲みましょう。"
KOREAN = "밤에 종아리에 쥐가 나는 일은 흔합니다. 대부분은 걱정할 필요가 없습니다. 물을 마시세요."
CHINESE = "晚上小腿抽筋很常见，通常没有危险。睡觉以前做一些伸展运动，多喝水，会有帮助。"
POLISH = "Skurcze łydek w nocy są częste i zwykle niegroźne. Przed snem warto rozciągać mięśnie i pić dużo wody."
HEBREW = "התכווצויות שרירים בלילה הן תופעה נפוצה ובדרך כלל אינן מסוכנות. כדאי לשתות מים ולמתוח את השריר לפני השינה."
LITHUANIAN = "Naktiniai blauzdų mėšlungiai yra dažni ir paprastai nepavojingi. Prieš miegą verta gerti daugiau vandens."
HUNGARIAN = (
    "Az éjszakai lábikragörcs gyakori, és többnyire ártalmatlan. Elalvás előtt érdemes nyújtani és vizet inni, mert segíthet."
)
TURKISH = "Gece bacak krampları çoğu zaman zararsızdır. Ağrı geçmezse doktora başvurmanız gerekir."
ICELANDIC = "Það er algengt að fá sinadrátt í kálfann á nóttunni. Oftast er það hættulaust og líður hjá eftir stutta stund."


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Cramps at night don’t mean harm – most people “grow out” of them, doctors say…", "cp1252"),
        ("Die Wärme hilft gegen Krämpfe. Fragen Sie den Arzt, wenn größere Schmerzen länger werden.", "cp1252"),
        (SPANISH, "cp1252"), (SPANISH, "latin-1"), (ICELANDIC, "cp1252"),
        (RUSSIAN, "cp1251"), (RUSSIAN, "koi8-r"), (RUSSIAN, "iso8859-5"), (RUSSIAN, "cp866"),
        (POLISH, "cp1250"), (POLISH, "iso8859-2"), (HUNGARIAN, "cp1250"), (LITHUANIAN, "cp1257"),
        (HEBREW, "cp1255"), (TURKISH, "cp1254"),
        (JAPANESE, "cp932"), (JAPANESE, "euc_jp"), (JAPANESE, "iso2022_jp"),
        (KOREAN, "cp949"), (CHINESE, "gb18030"), ("小腿抽筋很常見，通常沒有危險。睡覺以前多喝水，會有幫助。", "big5"),
        (SPANISH, "utf-16-le"), (RUSSIAN, "utf-16-be"), (CHINESE * 2, "utf-16-le"), (POLISH, "utf-32-le"),
    ],
)  # fmt: skip
def test_text_without_any_declaration_is_read_right(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (RUSSIAN_WITH_YA, "mac-cyrillic"), (POLISH, "cp852"), (SPANISH, "cp850"), (SPANISH, "cp037"), (JAPANESE, "utf-7"),
        ("Ĉiuj homoj estas denaske liberaj kaj egalaj laŭ digno kaj rajtoj. Ili posedas racion kaj konsciencon.", "iso8859-3"),
    ],
)  # fmt: skip
def test_what_cannot_be_proven_is_no_other_text(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    if data.isascii():  # UTF-7 is ASCII: it is read as it stands
        assert decode(data) == data.decode("ascii")
        return
    with pytest.raises(CorpusError, match="is not valid UTF-8"):
        decode(data)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_is_obeyed_and_no_text(encoding: str) -> None:
    assert decode(SPANISH.encode(encoding)) == SPANISH


def test_damaged_utf8_names_the_byte_and_is_never_guessed() -> None:
    data = SPANISH.encode()
    with pytest.raises(CorpusError, match="byte 0xff at offset 60;"):
        decode(data[:60] + b"\xff" + data[60:])
    with pytest.raises(CorpusError, match="offset 10"):
        decode(b"\xff\xfe" + "abcd".encode("utf-16-le") + b"\x00")


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 4, b"\x89PNG\r\n\x1a\n" + b"\x00\xff\x81" * 50, b"\xe4\xf6\xfc", bytes(999)]
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(CorpusError):
        decode(data)


@pytest.mark.parametrize("declared", ["rot13", "hex", "utf-7", "no such thing", "a\0b", "zlib"])
def test_a_declaration_that_makes_no_sense_is_passed_over(declared: str) -> None:
    assert decode(SPANISH.encode(), declared) == SPANISH


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html"])
def test_a_document_says_which_encoding_it_was_in(name: str) -> None:
    assert extracted(name, POLISH.encode("cp1250")).metadata["encoding"] == "cp1250"
    assert "encoding" not in extracted(name, POLISH.encode()).metadata
    assert decoded(POLISH.encode("utf-16")).metadata == {"encoding": "utf-16-le"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1250", "cp1251", "cp932", "iso2022_jp"])
def test_a_large_file_is_read_like_a_small_one(encoding: str) -> None:
    text = {"cp1251": RUSSIAN, "cp932": JAPANESE, "iso2022_jp": JAPANESE}.get(encoding, POLISH)
    whole = ("plain words before it\n" * 60_000 if encoding != "utf-16" else "") + f"{text}\n" * 3_000
    data = whole.encode(encoding)
    if encoding == "iso2022_jp":
        data = (f"{text}\n" * 3_000).encode(encoding)
        whole = f"{text}\n" * 3_000
    name, mark = encoding_of(BytesIO(data))
    assert "".join(text_chunks(BytesIO(data), name, mark)) == whole


def test_a_large_file_that_is_damaged_names_the_byte() -> None:
    data = (POLISH + "\n").encode() * 20_000
    at = len((POLISH + "\n").encode()) * 15_000
    with pytest.raises(CorpusError, match=f"byte 0xff at offset {at};"):
        encoding_of(BytesIO(data[:at] + b"\xff" + data[at:]))


def test_speed_is_that_of_a_sample(tmp_path: Path) -> None:
    import time

    data = (POLISH + "\n").encode("cp1250") * 50_000
    start = time.process_time()
    decode(data)
    assert time.process_time() - start < len(data) / 1024 * 0.2e-3 + 1


def test_text_that_came_garbled_is_said_to_be_and_left_as_it_is() -> None:
    garbled = SPANISH.encode().decode("cp1252", errors="ignore")
    found = decoded(garbled.encode())
    assert found.text == garbled
    assert "windows-1252" in found.metadata["garbled"]
    for text in (SPANISH, POLISH, ICELANDIC, TURKISH, "Lição: NÃO É ASSIM. AÇÃO E REAÇÃO, À MÃO."):
        assert "garbled" not in decoded(text.encode()).metadata
