"""Makes an encoder from a model's name: the embedded one, or any of sentence-transformers."""

from index.embedded_cache import Stages
from index.encoder import Encoder

EMBEDDED = "embedded"
"""The model that comes with the install."""


def make_encoder(model: str = EMBEDDED, *, threads: int | None = None, on_stage: Stages | None = None) -> Encoder:
    """Load an encoder; heavy libraries are imported here and no earlier.

    Args:
        model: ``embedded``, or a sentence-transformers name or folder.
        threads: processor threads for one call; None leaves it to the encoder.
        on_stage: progress (stage, done, total) while a model is made ready.

    Raises:
        EncoderError: the model cannot be made ready.
    """
    if model == EMBEDDED:
        from index.embedded_encoder import EmbeddedEncoder

        return EmbeddedEncoder(threads=threads, on_stage=on_stage)
    from index.sentence_transformer import SentenceTransformerEncoder

    return SentenceTransformerEncoder(model, threads=threads)
