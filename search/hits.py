"""What a search gives back."""

from __future__ import annotations

from dataclasses import dataclass

from index_data.records import Document, Passage


@dataclass(frozen=True, slots=True)
class Channels:
    """What each channel said of a hit; None where it did not propose it or did not run."""

    dense: float | None = None
    """Cosine, -1 to 1."""
    lexical: float | None = None
    """BM25, above 0."""
    sparse: float | None = None
    """Dot product of the weights that the encoder gives to vocabulary pieces, above 0."""
    rerank: float | None = None
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that answers, with its scores and the part worth showing."""

    rank: int
    """From 1."""
    passage_id: int
    document: Document
    passage: Passage
    score: float
    """0 to 1, more is better."""
    channels: Channels
    snippet: tuple[int, int]
    """The part worth showing, as (start, end) in characters of `passage.text`."""
    stale: bool
    """The file has changed or gone since it was read."""
