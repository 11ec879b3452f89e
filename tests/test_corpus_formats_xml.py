"""XML: articles, questions with answers, feeds and records, any tree; nothing expanded, nothing fetched."""

from pathlib import Path

import pytest
from extraction import all_found, blocks, documents, extracted, outcome

from corpus.document import CorpusError
from corpus.formats import Extracted

JATS = """<?xml version="1.0"?>
<!DOCTYPE article PUBLIC "-//NLM//DTD JATS//EN" "https://example.invalid/JATS-archivearticle1.dtd">
<article xml:lang="en" xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta>
<article-id pub-id-type="pmid">123</article-id><article-id pub-id-type="doi">10.1/x</article-id>
<title-group><article-title>Muscle <italic>twitching</italic><xref ref-type="fn">*</xref></article-title></title-group>
<contrib-group><contrib contrib-type="author"><name><surname>Doe</surname><given-names>Jane</given-names></name></contrib>
<contrib contrib-type="author"><collab>The Group</collab></contrib></contrib-group>
<pub-date><year>2020</year></pub-date><pub-date><day>3</day><month>4</month><year>2021</year></pub-date>
<permissions><license xlink:href="https://creativecommons.org/licenses/by/4.0/"><license-p>open</license-p></license></permissions>
<abstract><title>Abstract</title><sec><title>Aim</title><p>To&nbsp;know.</p></sec></abstract></article-meta></front>
<body><sec><label>1</label><title>Introduction</title>
<p>Cramps<sup><xref ref-type="bibr">1</xref></sup> are common [<xref ref-type="bibr">2</xref>]. H<sub>2</sub>O.</p>
<list list-type="order"><list-item><p>first</p></list-item><list-item><p>second</p></list-item></list>
<sec><title>Sub</title><p>With <inline-formula><tex-math>\\alpha</tex-math></inline-formula>an end.</p>
<fig><label>Figure 1</label><caption><p>A caption.</p></caption><graphic/></fig>
<table-wrap><label>Table 1</label><caption><p>Numbers</p></caption><table><thead><tr><th>A</th><th>B</th></tr></thead>
<tbody><tr><td>1</td><td>2</td></tr></tbody></table></table-wrap></sec></sec></body>
<back><ack><title>Thanks</title><p>To all.</p></ack>
<ref-list><title>References</title><ref><mixed-citation>Foo 1999</mixed-citation></ref></ref-list></back>
<sub-article article-type="translation" xml:lang="es" id="s1"><front-stub><title-group><article-title>Espasmos</article-title>
</title-group></front-stub><body><p>Hola a todos.</p></body></sub-article></article>"""


def test_an_article_of_jats() -> None:
    article, translation = documents("a.nxml", JATS)
    assert (article.part, article.title, article.language) == ("", "Muscle twitching", "en")
    assert article.metadata == {
        "author": "Jane Doe, The Group", "date": "2021-04-03", "pmid": "123", "url": "https://doi.org/10.1/x",
        "licence": "https://creativecommons.org/licenses/by/4.0/",
    }  # fmt: skip
    assert blocks(article) == [
        ("heading1", "Muscle twitching"), ("heading2", "Abstract"), ("heading3", "Aim"), ("paragraph", "To know."),
        ("heading2", "Introduction"), ("paragraph", "Cramps are common [2]. H2O."), ("list_item", "1. first"),
        ("list_item", "2. second"), ("heading3", "Sub"), ("paragraph", "With an end."), ("paragraph", "Figure 1 A caption."),
        ("paragraph", "Table 1 Numbers"), ("table_row", "A | B"), ("table_row", "1 | 2"), ("heading2", "Thanks"),
        ("paragraph", "To all."),
    ]  # fmt: skip
    assert (translation.part, translation.title, translation.language) == ("s1", "Espasmos", "es")
    assert translation.metadata["url"] == "https://doi.org/10.1/x"


def test_a_set_of_articles() -> None:
    one = "<article><front><article-meta><article-id pub-id-type='pmc'>{0}</article-id></article-meta></front>"
    one += "<body><p>Text of {0}.</p></body></article>"
    found = documents("set.xml", f"<pmc-articleset>{one.format(11)}{one.format(12)}</pmc-articleset>")
    assert [(each.part, each.text) for each in found] == [("11", "Text of 11."), ("12", "Text of 12.")]


MEDQUAD = """<?xml version="1.0" encoding="UTF-8"?>
<Document id="0000001" source="NIHSeniorHealth" url="https://x.org/y"><Focus>Cramps</Focus>
<FocusAnnotations><UMLS><CUIs><CUI>C0026821</CUI></CUIs></UMLS></FocusAnnotations><QAPairs>
<QAPair pid="1"><Question qid="1-1" qtype="information">What is a cramp ?</Question><Answer>A cramp is a tight muscle.

It has causes:
  - effort
  - salt &amp; water</Answer></QAPair>
<QAPair pid="2"><Question>And this ?</Question><Answer></Answer></QAPair></QAPairs></Document>"""


def test_questions_and_answers_of_medquad() -> None:
    found = extracted("0000001.xml", MEDQUAD.encode())
    assert (found.title, dict(found.metadata)) == ("Cramps", {"url": "https://x.org/y", "source": "NIHSeniorHealth"})
    assert blocks(found) == [
        ("heading1", "Cramps"), ("heading2", "What is a cramp ?"), ("paragraph", "A cramp is a tight muscle."),
        ("paragraph", "It has causes:"), ("list_item", "- effort"), ("list_item", "- salt & water"),
    ]  # fmt: skip


RECORDS = {
    "rss": """<rss version="2.0"><channel><title>Feed</title><item><title>One</title><link>https://a/1</link><guid>a</guid>
        <description>&lt;p&gt;Hi &lt;b&gt;there&lt;/b&gt;&lt;/p&gt;</description><pubDate>1 Jan 2024</pubDate></item>
        <item><title>Two</title><guid>b</guid><description>Second</description></item></channel></rss>""",
    "atom": """<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>One</title><link href="https://a/1"/><id>a</id>
        <updated>1 Jan 2024</updated>
        <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Hi <b>there</b></p></div></content></entry>
        <entry><title>Two</title><summary>Second</summary><id>b</id></entry></feed>""",
    "medlineplus": """<health-topics><health-topic title="One" url="https://a/1" id="a" language="English" date="1 Jan 2024">
        <full-summary>&lt;p&gt;Hi there&lt;/p&gt;</full-summary></health-topic>
        <health-topic title="Two" id="b" language="Spanish"><full-summary>Second</full-summary></health-topic>
        </health-topics>""",
    "wiki": """<mediawiki><siteinfo/><page><title>One</title><id>a</id><url>https://a/1</url><revision><id>5</id>
        <date>1 Jan 2024</date><text>Hi there</text></revision></page>
        <page><title>Two</title><id>b</id><revision><text>Second</text></revision></page></mediawiki>""",
}


@pytest.mark.parametrize("kind", RECORDS)
def test_records_are_documents(kind: str) -> None:
    one, two = documents(f"{kind}.xml", RECORDS[kind])
    assert (one.part, one.title, one.text) == ("a", "One", "One\n\nHi there")
    assert (one.metadata["url"], one.metadata["date"]) == ("https://a/1", "1 Jan 2024")
    assert (two.part, two.title, two.text) == ("b", "Two", "Two\n\nSecond")


def test_any_tree() -> None:
    tree = """<book lang="fr"><title>My book</title><chapter><title>One</title>
        <para>Text <emphasis>with</emphasis> marks.</para>
        <itemizedlist><listitem><para>x</para></listitem><listitem>y</listitem></itemizedlist></chapter>
        <chapter><title>Two</title><!-- no --><size unit="m"><width>3</width><height>4</height></size>
        <note>Short</note></chapter></book>"""
    found = extracted("book.xml", tree.encode())
    assert (found.title, found.language) == ("My book", "fr")
    assert blocks(found) == [
        ("heading1", "My book"), ("heading2", "One"), ("paragraph", "Text with marks."), ("list_item", "- x"),
        ("list_item", "- y"), ("heading2", "Two"), ("table_row", "width: 3 | height: 4"), ("paragraph", "note: Short"),
    ]  # fmt: skip


def test_declared_encodings_and_pages_of_xhtml() -> None:
    declared = '<?xml version="1.0" encoding="windows-1252"?><r><p>Größe</p></r>'
    assert extracted("a.xml", declared.encode("cp1252")).text == "Größe"
    page = '<html xmlns="http://www.w3.org/1999/xhtml" lang="de"><body><p>Ein Satz.</p></body></html>'
    assert (extracted("a.xml", page.encode()).text, extracted("a.xml", page.encode()).language) == ("Ein Satz.", "de")


def test_a_billion_laughs_stay_few() -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE r [<!ENTITY l0 "ha">{levels}]><r><p>Before &l9; after.</p></r>'
    found, error = outcome("a.xml", bomb)
    assert "\n" not in error
    assert all(isinstance(each, Extracted) and len(each.text) < 100 for each in found)


def test_nothing_outside_the_file_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    external = f'<!DOCTYPE r [<!ENTITY x SYSTEM "{secret.as_uri()}">]><r><p>Before &x; after.</p></r>'
    assert extracted("a.xml", external.encode()).text == "Before &x; after."
    included = (
        f'<r xmlns:i="http://www.w3.org/2001/XInclude"><p>Text.</p><i:include href="{secret.as_uri()}" parse="text"/></r>'
    )
    assert extracted("a.xml", included.encode()).text == "Text."


@pytest.mark.parametrize(
    "data", ["<a><b></a>", "<a>", "text", "<a>&nope;</a>", "<a>" * 1000 + "x" + "</a>" * 1000, "<a>\x00</a>"]
)
def test_bad_xml_is_an_error_of_one_line(data: str) -> None:
    with pytest.raises(CorpusError, match=r"no well-formed XML \(.*mend it") as caught:
        all_found("a.xml", data)
    assert "\n" not in str(caught.value)


def test_records_before_damage_stand() -> None:
    found, error = outcome("a.xml", RECORDS["rss"].replace("</channel>", ""))
    assert [each.part for each in found] == ["a", "b"]
    assert "no well-formed XML" in error
