"""The language of passages: mixed documents, near languages, code, names, quotations."""

from pathlib import Path

import pytest

from corpus.passage_languages import passage_languages
from corpus.reader import read_document
from corpus.splitter import split_document

PROSE = {
    "es": "Las contracciones del párpado suelen ser inofensivas y desaparecen por sí solas en unos días. Dormir bien y "
    "tomar menos café ayuda a la mayoría de las personas, aunque conviene consultar si duran más de dos semanas.",
    "fr": "Les tremblements de la paupière sont le plus souvent sans gravité et disparaissent d'eux-mêmes en quelques "
    "jours. Bien dormir et boire moins de café aide la plupart des gens, mais il vaut mieux consulter s'ils durent "
    "plus de deux semaines.",
    "en": "Twitching of the eyelid is mostly harmless and goes away by itself within some days. Sleeping well and drinking "
    "less coffee helps most people, but it is better to ask a doctor if it lasts longer than two weeks.",
    "zh": "眼皮跳动大多无害，几天之内会自行消失。睡眠充足、少喝咖啡对大多数人有帮助，但如果持续超过两周，最好去看医生。",
    "ar": "ارتعاش الجفن غير ضار في معظم الأحيان ويزول من تلقاء نفسه خلال أيام. النوم الجيد وتقليل القهوة يساعدان معظم "
    "الناس، لكن من الأفضل استشارة الطبيب إذا استمر أكثر من أسبوعين.",
    "ru": "Подёргивание века чаще всего безвредно и проходит само за несколько дней. Большинству людей помогает хороший "
    "сон и меньше кофе, но если оно длится дольше двух недель, лучше обратиться к врачу.",
    "ja": "まぶたのけいれんはほとんどの場合無害で、数日のうちに自然に治まります。"
    "よく眠り、コーヒーを控えると多くの人は楽になります。",
    "sr": "Трзање капка је најчешће безопасно и престаје само од себе за неколико дана. Већини људи помаже добар сан и "
    "мање кафе, али ако траје дуже од две недеље, боље је обратити се лекару.",
    "hr": "Trzanje kapka najčešće je bezopasno i prestaje samo od sebe za nekoliko dana. Većini ljudi pomaže dobar san i "
    "manje kave, no ako traje dulje od dva tjedna, bolje je obratiti se liječniku.",
    "de": "Ein Zucken des Augenlids ist meist harmlos und verschwindet nach einigen Tagen von selbst. Gut zu schlafen und "
    "weniger Kaffee zu trinken hilft den meisten, doch dauert es länger als zwei Wochen, fragt man besser einen Arzt.",
}
CODE = (
    "for i in range(10):\n    x[i] = f(i) + 1  # {'a': [1, 2]}\n    if x[i] >= 3: print(x[i], end='; ')\n"
    "    y += x[i] ** 2 / (i + 1)\n"
)
NAMES = "Müller, Jürgen; García López, María José; O'Brien, Siobhán; Nguyễn Văn An; Kowalski, Włodzimierz; Rossi, Giuseppe"


@pytest.mark.parametrize("language", PROSE)
@pytest.mark.parametrize("document", ["es", "en", "zh"])
def test_a_foreign_paragraph_is_in_its_own_language(document: str, language: str) -> None:
    assert passage_languages([PROSE[document], PROSE[language]], document) == [document, language]


@pytest.mark.parametrize("text", [CODE, NAMES, "42", "Cf. p. 12", "Ibuprofen 400 mg", "Das war's."])
@pytest.mark.parametrize("document", ["es", "ru", "hr"])
def test_code_names_and_short_texts_are_in_the_documents(document: str, text: str) -> None:
    assert passage_languages([text], document) == [document]


def test_a_neighbour_needs_to_be_sure() -> None:
    assert passage_languages([PROSE["hr"]], "bs") == ["bs"], "what both could write"
    assert passage_languages([PROSE["hr"]], "de") == ["hr"]


def test_an_unknown_document_lends_nothing() -> None:
    assert passage_languages([PROSE["fr"], "42", "xqzw"], "und") == ["fr", "und", "und"]


@pytest.mark.parametrize(("one", "other"), [("es", "fr"), ("en", "zh"), ("ar", "en"), ("sr", "de"), ("ru", "ja")])
def test_half_and_half(tmp_path: Path, one: str, other: str) -> None:
    path = tmp_path / "mixed.txt"
    path.write_text("\n\n".join([PROSE[one]] * 4 + [PROSE[other]] * 4), "utf-8")
    document = read_document(path)
    assert document.language in (one, other)
    passages = split_document(
        document, lambda texts: [len(text) // (1 if one == "zh" or other == "zh" else 3) for text in texts], 90
    )
    for passage in passages:
        expected = {name for name in (one, other) if any(part in PROSE[name] for part in passage.text.split("\n\n"))}
        assert passage.language in expected


def test_a_document_with_quotations_is_in_its_own_language(tmp_path: Path) -> None:
    path = tmp_path / "quotes.txt"
    path.write_text(
        "\n\n".join([PROSE["en"], PROSE["de"], PROSE["en"], CODE, PROSE["fr"], PROSE["en"], NAMES, PROSE["en"]]), "utf-8"
    )
    document = read_document(path)
    assert document.language == "en"
    languages = [p.language for p in split_document(document, lambda texts: [len(text) // 4 for text in texts], 50)]
    assert {"de", "en", "fr"} == set(languages)
