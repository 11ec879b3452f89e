"""`python -m eval.triage_model`: learn the triage examples for the embedded encoder, into the file that Crosscite ships."""

import sys

from index.encoders import make_encoder
from service.triage_model import dump, learn
from service.triage_rules import TRIAGE_DATA


def main() -> int:
    """Write service/data/triage/model.npz: to be run whenever an example of a rule or a harmless question changes."""
    path = TRIAGE_DATA / "model.npz"
    model = learn(make_encoder())
    path.write_bytes(dump(model))
    print(f"{path}: {len(model.labels)} labels, means of {len(model.languages)} languages, {model.encoder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
