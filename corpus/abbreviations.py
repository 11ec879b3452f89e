"""Abbreviations after which a sentence goes on, by language.

Kept to those that hardly ever end a sentence ("etc.", "Inc.", "usw." often do): what follows one often has a capital letter.
An entry with a capital letter counts only as it is written: "St. Johns", but "1st."; one without, however it is written.
"""

from functools import cache

from corpus.document import UNDETERMINED

_ENGLISH = "Gen Lt Sgt Capt Col Maj Cmdr Adm Gov Sen Rep Pres Rev Hon Messrs Ms St Mt Ft viz"

# The same letters rarely mean another thing in another language; where they do, they stand under a language below.
_EVERYWHERE = """
    dr dra drs prof profa mr mrs mme mlle ste dott dott.ssa hon vgl bzw ca cf vs approx mio mrd z.b d.h u.a i.e e.g p.ej p.ex
    ej pág inż dipl tzn tzw np m.in bkz örn yy dhr mevr bijv д-р проф см им акад рис табл т.е т.к βλ π.χ δρ डॉ डा أ.د St
"""

_BY_LANGUAGE = {
    "af": "mnr mev mej bv",
    "az": "bax məs akad",
    "bg": "г-н г-жа ул бул вж напр св т.нар",
    "bn": "ড ডা মো মোসা প্রফেসর",
    "bs": "ul npr tzv tj sv gđa",
    "ca": "sr sra srta pàg núm Sta Sant",
    "cs": "mudr judr phdr rndr ing mgr bc doc např tzv tj sv č str ul",
    "da": "f.eks bl.a d.v.s hr fr nr kl pga mht ifm",
    "de": "hr fr frl nr evtl ggf inkl exkl sog bspw o.ä z.t u.u i.d.r mag abs abb tab kap bd ing med phil jur",
    "el": "κ κα κος καθ δηλ αριθ αρ σελ κεφ πρβλ αγ λεωφ απεβ",
    "en": _ENGLISH,
    "eo": "s-ro s-ino k.a t.e ekz",
    "es": "ee sr sra srta sres sras d dña ud uds vd págs cap núm fig aprox lic ing gral cnel mons Sto Sta",
    "et": "hr pr nt s.t näit vt lk",
    "eu": "adib jn and or",
    "fi": "esim ns toht huom vrt ks",
    "fr": "m mm mmes me mgr pr env av chap fig cf",
    "ga": "Uas tUas",
    "gl": "sr sra srta páx núm Sta",
    "gu": "ડૉ ડો પ્રો શ્રી",
    "hi": "कि.मी कि.ग्रा डॉ डा प्रो श्री सुश्री कु",
    "hr": "ul npr tzv tj sv gđa",
    "hu": "ifj id özv pl kb ún vö",
    "hy": "դ-ր պրոֆ օր տե՛ս",
    "id": "Ir Tn Ny Sdr Hj jl hlm mis",
    "is": "t.d þ.e hr",
    "it": "sig sigg sig.ra ing avv arch on pag cfr p.es",
    "ka": "ბ-ნი ქ-ნი ე.ი მაგ პროფ",
    "kk": "т.б мыс",
    "kn": "ಡಾ ಪ್ರೊ ಶ್ರೀ",
    "lt": "pvz t.y gyd ul šv",
    "lv": "piem t.i sk",
    "mk": "др ул пр св г-ѓа",
    "ml": "ഡോ പ്രൊഫ ശ്രീ",
    "mr": "कि.मी डॉ डा प्रा श्री",
    "ms": "en pn Tn Ny Hj jln",
    "ne": "कि.मी डा प्रा श्री",
    "nl": "mw ir ing mr o.a d.w.z m.b.t i.p.v nr blz",
    "no": "f.eks bl.a hr fr nr kl pga mht ifm",
    "or": "ଡ ଡା ପ୍ରଫେସର",
    "pa": "ਡਾ ਪ੍ਰੋ ਸ੍ਰੀ",
    "pl": "mgr hab ul al os św gen płk ks por",
    "pt": "sr sra srs sras srta exmo exma eng pág núm av Sto Sta",
    "ro": "dl dna d-na d-l str nr pag art sf bd",
    "ru": "г-н г-жа ул просп пер стр гл ср напр св",
    "sk": "mudr judr phdr ing mgr bc doc napr tzv tj sv č str ul",
    "sl": "ga npr tj t.i sv ul",
    "sq": "p.sh",
    "sr": "др ул нпр тзв тј св ul npr tzv tj sv",
    "sv": "t.ex bl.a d.v.s s.k nr kl",
    "sw": "dkt bw bi mh",
    "ta": "திரு திருமதி பேரா டாக்டர்",
    "te": "డా ప్రొ శ్రీ",
    "tl": "g gng bb atty",
    "tr": "doç yrd av sn hz cad sok mah",
    "uk": "ім вул див напр св",
    "vi": "TS ThS GS PGS BS TP Tp",
}

_BEFORE_NUMBERS = """
    no nr núm vol fig figs abb tab art p pp pág ed ul bl tel tlf стр ул рис табл n nº al kap cap ch chap sec αρ αριθ απεβ
"""
_ENDS = """
    μ.Χ π.Χ н.э т.д т.п n.Chr v.Chr J.-C d.C a.C d.Cr a.Cr p.n.e n.e i.e.n e.n A.D B.C B.C.E C.E í.sz i.sz e.Kr f.Kr v.v
"""

BEFORE_NUMBERS = frozenset(_BEFORE_NUMBERS.split())
"""Abbreviations only before a number: "no. 5", but "She said no."."""

ENDS = frozenset(_ENDS.split())
"""What ends a sentence before a capital letter though its last letter stands alone: "300 n. Chr.", "и т. д."."""


@cache
def abbreviations(language: str) -> frozenset[str]:
    """Return the abbreviations of a language, without their last dot and without spaces."""
    own = _BY_LANGUAGE.get({"nb": "no", "nn": "no", UNDETERMINED: "en"}.get(language, language), "")
    return frozenset(_EVERYWHERE.split()) | frozenset(own.split())
