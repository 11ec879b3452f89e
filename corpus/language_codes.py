"""What files and people call languages: codes old and new, names in several languages, made one."""

from functools import lru_cache

import regex

from corpus.document import UNDETERMINED


def _codes(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ISO_639_1 = _codes(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es et
    eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk
    kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nd ne ng nl nn no nr nv ny oc
    oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl
    tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    """
)
_OTHER_CODES = _codes("ast ceb ckb din fuv haw hmn kmr nus prs sco yue")
# Retired codes, the three-letter codes of ISO 639-2 (both kinds), and names in English and in the language itself.
_ALIASES = dict(
    pair.split("=")
    for pair in _codes(
        """
        iw=he in=id ji=yi nb=no mo=ro sh=sr fil=tl cmn=zh zho=zh chi=zh arb=ar ara=ar eng=en spa=es fra=fr fre=fr deu=de
        ger=de ita=it por=pt jpn=ja rus=ru hin=hi ben=bn urd=ur fas=fa per=fa tur=tr vie=vi tha=th kor=ko ind=id nld=nl
        dut=nl pol=pl ces=cs cze=cs slk=sk slo=sk ron=ro rum=ro hun=hu ell=el gre=el heb=he swe=sv dan=da nor=no nob=no
        nno=nn fin=fi ukr=uk bul=bg hrv=hr srp=sr slv=sl est=et lav=lv lit=lt cat=ca eus=eu baq=eu glg=gl tam=ta tel=te
        mar=mr nep=ne amh=am swa=sw som=so tgl=tl msa=ms may=ms khm=km lao=lo mya=my bur=my kat=ka geo=ka hye=hy arm=hy
        sqi=sq alb=sq mkd=mk mac=mk cym=cy
        english=en spanish=es español=es french=fr français=fr german=de deutsch=de italian=it italiano=it portuguese=pt
        português=pt arabic=ar chinese=zh japanese=ja russian=ru hindi=hi turkish=tr türkçe=tr vietnamese=vi thai=th
        korean=ko dutch=nl nederlands=nl polish=pl polski=pl greek=el hebrew=he swedish=sv svenska=sv ukrainian=uk
        persian=fa farsi=fa bengali=bn urdu=ur indonesian=id swahili=sw amharic=am romanian=ro czech=cs hungarian=hu
        danish=da norwegian=no finnish=fi العربية=ar 中文=zh 日本語=ja русский=ru हिन्दी=hi ελληνικά=el 한국어=ko ไทย=th
        """
    )
)


@lru_cache(maxsize=256)
def normalise_language(code: str) -> str:
    """Return the base ISO 639 code for what a file declares as its language; ``und`` where that makes no sense.

    ``pt-BR``, ``zh_Hans``, ``ENG`` and ``English`` give ``pt``, ``zh``, ``en`` and ``en``.
    """
    base = regex.split(r"[-_.@,;\s]", code.strip().lower(), maxsplit=1)[0]
    base = _ALIASES.get(base, base)
    return base if base in _ISO_639_1 or base in _OTHER_CODES else UNDETERMINED
