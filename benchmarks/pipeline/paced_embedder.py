"""An encoder as fast as one likes that computes nothing here: a device that works while others wait."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from encoder.interface import Embedder, Window


class PacedEmbedder:
    """An `Embedder` that cuts texts as another does, and sleeps as long as a device would take for them."""

    def __init__(
        self, embedder: Embedder, tokens: Mapping[str, int], *, tokens_per_second: float, batch_tokens: int
    ) -> None:
        """`tokens` says how many each text has, so that counting them takes no time here."""
        self.model = embedder.model
        self.fingerprint = f"paced {embedder.fingerprint}"
        self.dimension = embedder.dimension
        self.max_window_tokens = embedder.max_window_tokens
        self.batch_tokens = batch_tokens
        self.token_spans = embedder.token_spans
        self.embed_queries = embedder.embed_queries
        self._tokens = tokens
        self._tokens_per_second = tokens_per_second
        self._vectors = _unit_vectors(embedder.dimension)

    def embed_passages(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        """Vectors that mean nothing, of all passages of `windows` in order: float32 (N, D), unit length."""
        started = time.perf_counter()
        tokens = sum(self._tokens[window.text] for window in windows)
        places = np.arange(sum(len(window.spans) for window in windows)) % len(self._vectors)
        left = tokens / self._tokens_per_second - (time.perf_counter() - started)
        time.sleep(max(left, 0.0))
        return self._vectors[places]


def _unit_vectors(dimension: int) -> NDArray[np.float32]:
    vectors = np.random.default_rng(0).standard_normal((997, dimension)).astype(np.float32)
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit
