"""What embeds on a node of a cluster: the same encoder as on one machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from encoder.interface import Embedder, SparseEmbedder, Window
from index_data.errors import DragomanError
from ingest.batches import Vectors, embed_windows
from ingest.cluster.refusal import Refusal


@dataclass(frozen=True, slots=True)
class EncoderFacts:
    """What an ingest has to know of an encoder that is elsewhere; the names are those of `Embedder`."""

    model: str
    fingerprint: str
    dimension: int
    max_window_tokens: int
    batch_tokens: int
    makes_sparse: bool
    """Whether passages get sparse vectors too."""

    def __str__(self) -> str:
        return f"{self.model} ({self.fingerprint[:12]})"


class EncodingWorker:
    """An actor."""

    def __init__(self, load: Callable[[], Embedder]) -> None:
        self._load = load

    @cached_property
    def _embedder(self) -> Embedder:
        return self._load()

    def describe(self) -> EncoderFacts | Refusal:
        """Load the encoder, and say what it is."""
        try:
            embedder = self._embedder
        except DragomanError as error:
            return Refusal(error.message, error.remedy)
        return EncoderFacts(
            embedder.model,
            embedder.fingerprint,
            embedder.dimension,
            embedder.max_window_tokens,
            embedder.batch_tokens,
            isinstance(embedder, SparseEmbedder),
        )

    def do(self, windows: Sequence[Window]) -> Vectors:
        """Embed all passages of `windows`."""
        return embed_windows(windows, self._embedder)
