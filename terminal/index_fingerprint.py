"""How an index is made: by which encoder, and how documents are cut for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from encoder.models.registry import USUAL_WINDOW, known_models
from index_data.errors import IndexMismatch, UsageError
from index_data.records import Fingerprint
from ingest.passages import SPLITTER_VERSION
from terminal.settings import Settings

if TYPE_CHECKING:
    from encoder.interface import Embedder
    from ingest.cluster.encoding_worker import EncoderFacts

DEFAULT_PASSAGE_TOKENS = 256


def index_fingerprint(
    embedder: Embedder | EncoderFacts, settings: Settings, made_by: Fingerprint | None
) -> Fingerprint:
    """Take what was asked for, else what the index was made with, else what is usual.

    Raises:
        UsageError: the encoder cannot see as many tokens at once.
    """
    known = known_models().get(embedder.model)
    usual_window = min(known.usual_window if known else USUAL_WINDOW, embedder.max_window_tokens)
    window_tokens = settings.window_tokens or (made_by.window_tokens if made_by else usual_window)
    usual_passage = min(DEFAULT_PASSAGE_TOKENS, window_tokens)
    passage_tokens = settings.passage_tokens or (made_by.passage_tokens if made_by else usual_passage)
    asked, usual_overlap = settings.overlap_tokens, made_by.overlap_tokens if made_by else 0
    if not passage_tokens <= window_tokens <= embedder.max_window_tokens:
        raise UsageError(
            f"passages of {passage_tokens} tokens do not fit windows of {window_tokens} tokens, "
            f"or these do not fit the encoder, which sees {embedder.max_window_tokens}",
            remedy="Choose --passage-tokens <= --window-tokens <= what the encoder sees.",
        )
    return Fingerprint(
        model=embedder.model,
        encoder=embedder.fingerprint,
        dimension=embedder.dimension,
        window_tokens=window_tokens,
        passage_tokens=passage_tokens,
        splitter=SPLITTER_VERSION,
        overlap_tokens=usual_overlap if asked is None else asked,
    )


def check_encoder(embedder: Embedder, made_by: Fingerprint) -> None:
    """Let only the encoder pass that made an index.

    Raises:
        IndexMismatch: it is another one.
    """
    if embedder.fingerprint == made_by.encoder:
        return
    names = made_by.model, embedder.model
    raise IndexMismatch(
        f"the index was made by {names[0]} ({made_by.encoder[:12]}), "
        f"not by {names[1]} ({embedder.fingerprint[:12]})",
        remedy=f"{names[0]} is another encoder since then; ingest into a new folder with --index."
        if names[0] == names[1]
        else f"Leave out --model, or ingest into a folder for {names[1]} with --index.",
    )
