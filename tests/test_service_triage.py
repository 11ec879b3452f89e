"""Triage: what should not wait is seen, what only sounds like it is not, in whatever words and language."""

import time
from pathlib import Path

import pytest

from eval.safety import languages_of
from index.embedded_encoder import EmbeddedEncoder
from service.triage import Bounds, Triage, decide
from service.triage_model import dump, learn, load, model_for
from service.triage_rules import (
    TRIAGE_DATA,
    Tier,
    TriageError,
    check_triage_data,
    examples_digest,
    label_tiers,
    load_context,
    load_harmless,
    load_rules,
)
from service.triage_terms import TermEvidence, TermFinder

RULE = """\
id = "stroke"
tier = "emergency"
about = "Signs of a stroke."
references = ["NHS: Stroke"]
reviewer = ""
reviewed = ""

[languages.en]
terms = ["having a stroke"]
examples = [
  "his face droops",
  "her speech is slurred",
]
"""


@pytest.fixture(scope="session")
def triage(embedded_encoder: EmbeddedEncoder) -> Triage:
    return Triage(embedded_encoder)


def tier_of(triage: Triage, encoder: EmbeddedEncoder, text: str) -> Tier:
    vector = encoder.encode_query(text)
    return triage.judge(text, vector, languages_of(encoder.name, text, vector)).tier


@pytest.mark.parametrize(
    ("text", "tier"),
    [
        ("숨을 못쉬어요", "emergency"),  # two words, and no keyword
        ("my husband has crushing chest pain and is sweating", "emergency"),
        ("mi padre tiene un dolor muy fuerte en el pecho y no puede respirar", "emergency"),
        ("我爸爸胸口剧痛，喘不过气", "emergency"),
        ("أبي عنده ألم شديد في الصدر ولا يستطيع التنفس", "emergency"),
        ("父が胸を押さえて倒れました、息が苦しそうです", "emergency"),
        ("I want to kill myself", "crisis"),
        ("je veux mourir, je n'en peux plus de vivre", "crisis"),
        ("my husband beats me", "crisis"),
        ("my six week old baby has a fever of 38.5", "urgent"),
        ("I have lost ten kilos in three months without a diet", "see_doctor"),
        ("What are the symptoms of a stroke?", "see_doctor"),
        ("¿Cuáles son los síntomas de un infarto?", "see_doctor"),
        ("what does it mean when my leg twitches", "none"),
        ("how much water should I drink a day", "none"),
        ("my phone died again", "none"),
        ("mein Vater will sein Hörgerät nicht tragen", "none"),
        ("él siempre me gana al ajedrez", "none"),
        ("手机死机了充不进电", "none"),
        ("der Kleine hat Abflussreiniger getrunken, es geht ihm gut", "emergency"),
        ("दादाजी इंसुलिन लेते हैं, कांप रहे हैं और बहक रहे हैं", "emergency"),
        ("Who wrote Hamlet?", "none"),
    ],
)
def test_a_question_has_its_tier(triage: Triage, embedded_encoder: EmbeddedEncoder, text: str, tier: Tier) -> None:
    assert tier_of(triage, embedded_encoder, text) == tier


@pytest.mark.parametrize("text", ["insulin", "insulin storage", "痛み", "糖尿病"])
def test_what_somebody_reads_about_is_no_alarm(triage: Triage, embedded_encoder: EmbeddedEncoder, text: str) -> None:
    assert tier_of(triage, embedded_encoder, text) not in ("emergency", "crisis")


def test_triage_takes_less_than_two_milliseconds(triage: Triage, embedded_encoder: EmbeddedEncoder) -> None:
    asked = [
        "my grandmother fell down the stairs and keeps vomiting",
        "我爸爸胸口剧痛，喘不过气",
        "أبي لا يتنفس",
    ]
    vectors = embedded_encoder.encode_queries(asked)
    ready = [
        (text, vector, languages_of(embedded_encoder.name, text, vector)) for text, vector in zip(asked, vectors, strict=True)
    ]
    best = []
    for text, vector, languages in ready:
        triage.judge(text, vector, languages)
        taken = []
        for _ in range(20):
            started = time.perf_counter()
            triage.judge(text, vector, languages)
            taken.append(time.perf_counter() - started)
        best.append(min(taken))
    assert max(best) < 0.002


# Deciding


TIERS: dict[str, Tier] = {
    "stroke": "emergency",
    "self-harm": "crisis",
    "burns": "urgent",
    "everyday": "none",
    "general": "none",
    "study": "see_doctor",
}


@pytest.mark.parametrize(
    ("shares", "terms", "tier"),
    [
        ({"stroke": 0.6, "everyday": 0.4}, TermEvidence(), "emergency"),
        ({"stroke": 0.4, "everyday": 0.6}, TermEvidence(), "none"),
        ({"stroke": 0.4, "everyday": 0.6}, TermEvidence(rules=("stroke",)), "emergency"),
        ({"stroke": 0.4, "everyday": 0.6}, TermEvidence(rules=("stroke",), study=True), "see_doctor"),
        ({"stroke": 0.9, "everyday": 0.1}, TermEvidence(rules=("stroke",), study=True), "emergency"),
        ({"stroke": 0.7, "everyday": 0.3}, TermEvidence(denied=("stroke",)), "see_doctor"),
        ({"stroke": 0.7, "everyday": 0.3}, TermEvidence(look_alike=True), "see_doctor"),
        ({"stroke": 0.3, "self-harm": 0.4, "everyday": 0.3}, TermEvidence(), "crisis"),
        ({"stroke": 0.2, "burns": 0.5, "everyday": 0.3}, TermEvidence(), "urgent"),
        ({"study": 0.7, "everyday": 0.3}, TermEvidence(), "see_doctor"),
        ({"stroke": 0.6, "general": 0.3, "everyday": 0.1}, TermEvidence(), "none"),
        ({"stroke": 0.8, "general": 0.2}, TermEvidence(), "emergency"),
    ],
)
def test_both_detectors_together(shares: dict[str, float], terms: TermEvidence, tier: Tier) -> None:
    whole = dict.fromkeys(TIERS, 0.0) | shares
    assert decide(whole, terms, TIERS, Bounds()).tier == tier


# Words


@pytest.mark.parametrize(
    ("text", "language", "rule"),
    [
        ("I think she is HAVING A STROKE", "en", "stroke"),
        ("slurred speach since this morning", "en", "stroke"),
        ("no puede levantar el brazo", "es", "stroke"),
        ("peor dolor de cabeza de mi vida!!", "es", "stroke"),
        ("agyverzest kapott", "hu", "stroke"),
        ("سكته دماغيه", "ar", "stroke"),
        ("نمیتواند دستش را بلند کند", "fa", "stroke"),
        ("爷爷中风了怎么办", "zh", "stroke"),
        ("รีบช่วยด้วย ปากเบี้ยว", "th", "stroke"),
    ],
)
def test_terms_are_found_however_they_are_typed(text: str, language: str, rule: str) -> None:
    assert rule in TermFinder().evidence(text, [language]).rules


def test_a_denied_term_is_denied_and_one_that_holds_a_denial_is_not() -> None:
    finder = TermFinder()
    assert finder.evidence("no slurred speech, only tired", ["en"]).denied == ("stroke",)
    assert "stroke" in finder.evidence("no puede levantar el brazo", ["es"]).rules
    assert finder.evidence("no, slurred speech", ["en"]).rules == ("stroke",), "a denial of the clause before"


def test_a_figure_of_speech_is_none() -> None:
    found = TermFinder().evidence("that was a heart attack on a plate", ["en"])
    assert (found.rules, found.look_alike) == ((), True)


def test_a_language_without_terms_says_nothing() -> None:
    assert TermFinder().evidence("zer da hau", ["eu"]) == TermEvidence()


# The data


def test_every_file_is_right_and_the_issue_is_covered() -> None:
    check_triage_data()
    rules = load_rules()
    assert len(rules) >= 25
    assert {rule.tier for rule in rules} == {"see_doctor", "urgent", "emergency", "crisis"}
    assert all(rule.references for rule in rules)
    assert len({question.text for question in load_harmless()}) == len(load_harmless())
    assert set(label_tiers()) >= {rule.id for rule in rules}


@pytest.mark.parametrize(
    ("change", "to", "line", "message"),
    [
        ('tier = "emergency"', 'tier = "calamity"', 2, "tier"),
        ('terms = ["having', 'termz = ["having', 9, "termz"),
        ('"her speech is slurred"', '""', 12, "examples"),
        ("[languages.en]", "[languages.en", 8, "cannot be read"),
        ('references = ["NHS: Stroke"]', "references = []", 4, "references"),
    ],
)
def test_a_wrong_rule_is_named_with_its_line(tmp_path: Path, change: str, to: str, line: int, message: str) -> None:
    assert change in RULE
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "stroke.toml").write_text(RULE.replace(change, to), "utf-8")
    with pytest.raises(TriageError, match=rf"stroke\.toml, line {line}: ") as caught:
        load_rules(tmp_path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wrong_harmless_question_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "harmless.jsonl").write_text('{"lang": "en", "kind": "figure", "text": "a"}\n{"lang": "en"}\n', "utf-8")
    with pytest.raises(TriageError, match=r"harmless\.jsonl, line 2: "):
        load_harmless(tmp_path)


def test_context_words_of_a_language_that_has_none() -> None:
    assert load_context("eu") is None


# Learning


def test_what_comes_with_crosscite_was_learned_from_what_comes_with_crosscite(embedded_encoder: EmbeddedEncoder) -> None:
    shipped = load((TRIAGE_DATA / "model.npz").read_bytes())
    assert (shipped.encoder, shipped.digest) == (embedded_encoder.name, examples_digest()), "run: python -m eval.triage_model"


def small_data(folder: Path) -> Path:
    (folder / "rules").mkdir(parents=True)
    said = [f'  "{one} number {number}",' for one in ("my chest hurts", "he fell and bleeds") for number in range(30)]
    text = RULE.replace('  "his face droops",\n  "her speech is slurred",', "\n".join(said))
    (folder / "rules" / "stroke.toml").write_text(text, "utf-8")
    lines = [f'{{"lang": "en", "kind": "general", "text": "who built bridge {number}"}}\n' for number in range(30)]
    (folder / "harmless.jsonl").write_text("".join(lines), "utf-8")
    return folder


def test_another_encoder_learns_once_and_keeps_it(tmp_path: Path, embedded_encoder: EmbeddedEncoder) -> None:
    data, cache = small_data(tmp_path / "data"), tmp_path / "cache"
    first = model_for(embedded_encoder, cache, data)
    assert first.labels == ("stroke", "general")
    (kept,) = (cache / "triage").glob("*.npz")
    written = kept.stat().st_mtime_ns
    again = model_for(embedded_encoder, cache, data)
    assert (again.digest, kept.stat().st_mtime_ns) == (first.digest, written)
    shares = again.probabilities(embedded_encoder.encode_query("my chest hurts"), {"en": 1.0})
    assert shares["stroke"] > 0.8
    assert sum(shares.values()) == pytest.approx(1.0)
    kept.write_bytes(b"damaged")
    assert model_for(embedded_encoder, cache, data).labels == first.labels


def test_learning_is_the_same_every_time(tmp_path: Path, embedded_encoder: EmbeddedEncoder) -> None:
    data = small_data(tmp_path / "data")
    assert dump(learn(embedded_encoder, data)) == dump(learn(embedded_encoder, data))
