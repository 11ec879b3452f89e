"""Where sentences end for a reader, case by case: abbreviations, numbers, lists, dialogue, addresses, in many languages."""

import pytest

from corpus.sentences import sentence_spans

UNSPACED = {"zh", "ja"}
CASES = [
    # Abbreviations and initials
    ("en", ["Gen. Lee met Mrs. Jones of Mt. Vernon.", "St. Johns was far.", "J. R. R. Tolkien wrote it."]),
    ("en", ["It is a gene (cf. Fig. 3).", "See Smith et al. (2004), pp. 3–5."]),
    ("en", ["It holds for every x with x = c.", "The rest follows."]),
    ("af", ["Mnr. Botha en mev. Nel kom, bv. môre.", "Dit reën."]),
    ("az", ["Prof. Əliyev gəldi.", "Bu o.", "Sonra getdi."]),
    ("be", ["Гэта д-р Іваноў.", "Ён прыйшоў."]),
    ("bg", ["Проф. Петров живее на ул. Шипка 3.", "Вж. глава втора.", "Край."]),
    ("ca", ["El Sr. Puig i la Dra. Mas van venir.", "L·lusió!", "No ho sé."]),
    ("cs", ["Dne 3. května přišel Ing. Novák, tj. Karel.", "Např. dnes prší.", "Konec."]),
    ("cy", ["Mae Dr. Jones yma.", "Ble mae o?", "Dim syniad."]),
    ("da", ["Den 5. juni kom hr. Jensen, f.eks. Peter.", "Ca. 3,5 mio. kroner.", "Slut."]),
    ("de", ["Das Gen.", "Es mutiert.", "In den Jahren 1348-50.", "Der Letzte ging am 12.-14. Mai."]),
    ("de", ["Dr. med. A. Müller sagt: „Ja, ggf. später.“", "Der 2. Weltkrieg endete."]),
    ("de", ["Es geschah 300 n. Chr.", "Dann kam der Winter."]),
    ("el", ["Ο κ. Νίκος ήρθε, π.χ. χθες.", "Το είδε τον 2ο αιώνα μ.Χ.", "Μετά έφυγε."]),
    ("eo", ["S-ro Petro venis.", "Kiu?", "Neniu."]),
    ("es", ["La Dra. Ruiz y el Sr. Costa llegaron a las 3.15 p. m. del lunes.", "¿Y ustedes?", "Tampoco."]),
    ("et", ["5. mail tuli prof. Tamm.", "Miks?", "Ei tea."]),
    ("eu", ["Kaixo, Jn. Etxeberria.", "Zer moduz?"]),
    ("fi", ["Esim. 3. päivänä tuli toht. Virtanen.", "Miksi?", "En tiedä."]),
    ("fr", ["Mme Curie et M. P. Curie, cf. p. 12, y étaient.", "Il a dit : « Bon. »", "C’est tout."]),
    ("ga", ["Tháinig an tUas. Ó Briain.", "Cén fáth?"]),
    ("gl", ["O Sr. Castro chegou.", "Por que?"]),
    ("hr", ["Dana 7. lipnja došao je dr. Horvat, npr. jučer.", "Zašto?"]),
    ("hu", ["Dr. Kovács és ifj. Nagy 3. alkalommal jött.", "Ki ő?", "Ő az."]),
    ("id", ["Ir. Soekarno dan Dr. Hatta datang pukul 10.30.", "Mengapa?", "Tidak tahu."]),
    ("is", ["Þann 17. júní kom dr. Jónsson.", "Af hverju?"]),
    ("it", ["Il Sig. Rossi e la dott.ssa Bianchi abitano qui.", "Che cos’è?", "Non lo so."]),
    ("lt", ["Pvz. prof. Kazlauskas atvyko.", "Kodėl?"]),
    ("lv", ["Piem. dr. Bērziņš dzīvo te 3. gadu.", "Kāpēc?"]),
    ("nl", ["Dhr. Jansen en mevr. De Vries wonen bijv. hier.", "Waarom?", "O.a. daarom."]),
    ("no", ["Den 17. mai kom dr. Hansen, f.eks. hit.", "Hvorfor?"]),
    ("pl", ["Dr inż. J. Kowalski mieszka przy ul. Długiej.", "Tzw. koniec.", "Dlaczego?"]),
    ("pt", ["O Sr. Silva não sabe o que é.", "Mas a Dra. Lima sabe.", "Pois é!"]),
    ("ro", ["Dl. Popescu locuiește pe str. Lungă.", "De ce?"]),
    ("ru", ["В 2 веке н. э.", "Это было давно.", "Им. А. С. Пушкина, т. е. театр."]),
    ("ru", ["Живёт на ул. Ленина.", "Ели хлеб, соль и т. д.", "Потом ушли."]),
    ("sk", ["Dňa 3. mája prišiel Ing. Novák, napr. sem.", "Prečo?"]),
    ("sl", ["Dne 3. maja je prišel dr. Novak, npr. sem.", "Zakaj?"]),
    ("sq", ["Dr. Hoxha erdhi.", "Pse?"]),
    ("sr", ["Дошао је др. Петровић, нпр. јуче.", "Зашто?"]),
    ("sv", ["T.ex. dr. Berg kom kl. 10.", "Varför?", "Ingen vet."]),
    ("sw", ["Dkt. Juma na Bw. Ali walikuja.", "Kwa nini?"]),
    ("tl", ["Si G. Santos at si Gng. Cruz ay dumating.", "Bakit?"]),
    ("tr", ["Prof. Dr. A. Yılmaz 2. kez geldi.", "Bu o.", "Sonra geldi.", "1990'da gitti."]),
    ("uk", ["Проф. Шевченко живе на вул. Франка.", "Чому?"]),
    ("vi", ["Ông ở TP. Hồ Chí Minh, châu Á.", "Nhà này để ở.", "Tại sao?"]),
    # Marks of their own
    ("am", ["ዶክተሩ መጣ፤ ሄደም።", "ለምን፧", "አላውቅም።"]),
    ("ar", ["قال د. أحمد: «نعم.»", "لماذا؟", "لا أعرف؛ ربما غدًا!"]),
    ("as", ["মই আহিছোঁ।", "কিয়?"]),
    ("bn", ["ডা. রহমান এসেছেন।", "কেন?", "জানি না।"]),
    ("fa", ["او ۳٫۵ کیلو خرید.", "چرا؟", "نمی‌دانم."]),
    ("gu", ["ડૉ. પટેલ આવ્યા.", "કેમ?"]),
    ("he", ["ד\"ר כהן הגיע ב-3.5 שעות.", "למה?", "לא יודע."]),
    ("hi", ["डॉ. शर्मा ने ३.५ कि.मी. चला।", "क्यों?", "पता नहीं।"]),
    ("hy", ["Սա տուն է։", "Որտե՞ղ է նա:", "Չգիտեմ։"]),
    ("ka", ["ეს სახლია.", "რატომ?", "არ ვიცი!", "კარგი."]),
    ("kk", ["Проф. Ахметов келді.", "Неге?"]),
    ("km", ["នេះជាផ្ទះ។", "ហេតុអ្វី?", "ខ្ញុំមិនដឹងទេ៕"]),
    ("kn", ["ಡಾ. ರಾವ್ ಬಂದರು.", "ಏಕೆ?"]),
    ("ko", ["오늘은 3.5도이다.", "왜요?", "“몰라요.”"]),
    ("lo", ["ນີ້ແມ່ນເຮືອນ.", "ເປັນຫຍັງ?"]),
    ("ml", ["ഡോ. നായർ വന്നു.", "എന്തുകൊണ്ട്?"]),
    ("mn", ["Энэ бол гэр.", "Яагаад?"]),
    ("mr", ["डॉ. पाटील आले.", "का?"]),
    ("my", ["သူသည် အိမ်၊ ကျောင်း၊ ရုံးသို့ သွားသည်။", "ဘာကြောင့်လဲ။"]),
    ("ne", ["डा. थापा आउनुभयो।", "किन?"]),
    ("pa", ["ਡਾ. ਸਿੰਘ ਆਏ।", "ਕਿਉਂ?"]),
    ("ps", ["هغه راغی.", "ولې؟"]),
    ("si", ["මෙය නිවසකි.", "ඇයි?"]),
    ("ta", ["திரு. குமார் வந்தார்.", "ஏன்?"]),
    ("te", ["డా. రావు వచ్చారు.", "ఎందుకు?"]),
    ("ug", ["ئۇ كەلدى.", "نېمىشقا؟"]),
    ("ur", ["وہ آیا۔", "کیوں؟", "معلوم نہیں۔"]),
    ("yi", ["ער איז געקומען.", "פֿאַר װאָס?"]),
    ("zh", ["温度为3.5度。", "为什么？", "他说：“不知道！”", "真的……"]),
    ("ja", ["「はい。」と言った。", "それは3.5円です。", "本当？", "『もう！』って。"]),
    # Dialogue, ellipses, lists, addresses
    ("en", ["“Why?” she asked.", "“Because!”", "— “No!” he cried.", "‘Go.’", "Yahoo! is a name."]),
    ("en", ["Well…", "He left.", "Wait... what?", "I thought… no.", "“No…”", "She wept."]),
    ("ru", ["— Что? — спросил он.", "— Ничего! — ответила она.", "«Да?» — сказал он."]),
    ("fr", ["– Pourquoi ? demanda-t-elle.", "– Parce que !"]),
    ("es", ["—¿Qué? —preguntó él.", "—¡Nada!"]),
    ("en", ["1. Wash it.", "2. Dry it.", "(a) Never boil it.", "4. Keep it."]),
    ("hi", ["1. पानी पिएँ।", "2. आराम करें।"]),
    ("en", ["See https://example.org/a?b=1&c=2!d now.", "Or www.example.org/?q=x.", "Mail me@example.org.", "Bye."]),
    ("en", ["Version 2.0.1 costs $3.50.", "It weighs .5 kg of it.", "All of them came.", "35 left."]),
    ("und", ["Dr. No lost.", "Why?", "Quién sabe."]),
]  # fmt: skip


@pytest.mark.parametrize(("language", "expected"), CASES, ids=[f"{at}-{case[0]}" for at, case in enumerate(CASES)])
def test_sentence_ends(language: str, expected: list[str]) -> None:
    text = ("" if language in UNSPACED else " ").join(expected)
    assert [text[start:end] for start, end in sentence_spans(text, language)] == expected


def test_the_table_is_broad() -> None:
    assert len(CASES) >= 60
    assert len({language for language, _ in CASES}) >= 60
