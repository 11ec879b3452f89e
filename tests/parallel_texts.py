"""A small data set in BEIR layout, the same texts in three languages."""

import json
from pathlib import Path

TOPICS = {
    "honey": {
        "en": ("Bees make honey from nectar and store it in the comb.", "What do bees make from nectar?"),
        "es": ("Las abejas hacen miel con el néctar y la guardan en el panal.", "¿Qué hacen las abejas con el néctar?"),
        "de": ("Bienen machen Honig aus Nektar und lagern ihn in der Wabe.", "Was machen Bienen aus Nektar?"),
    },
    "bridge": {
        "en": ("The old bridge over the river was built of stone in 1432.", "When was the stone bridge built?"),
        "es": ("El viejo puente sobre el río se construyó de piedra en 1432.", "¿Cuándo se construyó el puente de piedra?"),
        "de": ("Die alte Brücke über den Fluss wurde 1432 aus Stein gebaut.", "Wann wurde die Steinbrücke gebaut?"),
    },
    "bread": {
        "en": ("Bread dough has to rest for an hour before it goes into the oven.", "How long does bread dough rest?"),
        "es": ("La masa del pan tiene que reposar una hora antes de entrar en el horno.", "¿Cuánto reposa la masa del pan?"),
        "de": ("Brotteig muss eine Stunde ruhen, bevor er in den Ofen kommt.", "Wie lange ruht der Brotteig?"),
    },
    "chess": {
        "en": ("In chess the bishop moves diagonally over any number of squares.", "How does the bishop move in chess?"),
        "es": ("En el ajedrez el alfil se mueve siempre en diagonal.", "¿Cómo se mueve el alfil en el ajedrez?"),
        "de": ("Im Schach zieht der Läufer diagonal über beliebig viele Felder.", "Wie zieht der Läufer im Schach?"),
    },
}  # fmt: skip
LANGUAGES = ("de", "en", "es")


def write_data_set(folder: Path) -> Path:
    """Write the texts with their questions and judgements; return the folder."""
    texts = [(f"{x}-{topic}", x, *TOPICS[topic][x]) for topic in TOPICS for x in LANGUAGES]
    records = {
        "corpus.jsonl": [{"_id": i, "title": "", "text": text, "lang": x} for i, x, text, _ in texts],
        "queries.jsonl": [{"_id": i, "text": question, "lang": x} for i, x, _, question in texts],
    }
    for name, lines in records.items():
        (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    judged = [f"{i}\t{other}-{i.split('-')[1]}\t1\n" for i, *_ in texts for other in LANGUAGES]
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(judged), "utf-8")
    return folder
