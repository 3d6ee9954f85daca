"""Late interaction with the encoder that is loaded anyway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from encoder.interface import PieceEmbedder, TokenEmbedder


@dataclass(frozen=True, slots=True)
class MaxSimReranker:
    """A `QuickReranker` that compares token by token (MaxSim; Khattab and Zaharia 2020, arXiv 2004.12832).

    The score is the mean over query tokens, not their sum, so that it does not grow with the query's length.
    Where pieces have weights, it is the weighted mean.
    """

    embedder: TokenEmbedder

    def scores(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """How well each passage answers `query`: float32 (N,), 0 to 1, more is better."""
        [query_tokens] = self.embedder.token_vectors([query], query=True)  # (T_query, D)
        weights = self._weights(query, len(query_tokens))
        scores = np.zeros(len(passages), dtype=np.float32)
        for number, tokens in enumerate(self.embedder.token_vectors(passages)):  # each (T, D)
            if len(query_tokens) and len(tokens):
                scores[number] = weights @ best_cosines(query_tokens, tokens)
        return np.clip(scores, 0, 1)

    @property
    def guesses(self) -> bool:
        """Whether the encoder has a table of what pieces mean wherever they stand."""
        return isinstance(self.embedder, PieceEmbedder) and self.embedder.pieces is not None

    def quick_scores(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Compare by what pieces mean wherever they stand: float32 (N,); zeros without a table of them."""
        if not isinstance(self.embedder, PieceEmbedder) or self.embedder.pieces is None:
            return np.zeros(len(passages), dtype=np.float32)
        return np.clip(self.embedder.pieces.max_sims(query, passages), 0, 1)

    def _weights(self, query: str, tokens: int) -> NDArray[np.float32]:
        """Weigh the tokens of the query: float32 (T,), sum 1."""
        if isinstance(self.embedder, PieceEmbedder) and self.embedder.pieces is not None:
            return self.embedder.pieces.weights(query)
        return np.full(tokens, 1 / max(tokens, 1), dtype=np.float32)


def best_cosines(query: NDArray[np.float32], passage: NDArray[np.float32]) -> NDArray[np.float32]:
    """Find the best cosine in the passage for each query token: float32 (T,) of unit vectors (T, D)."""
    best: NDArray[np.float32] = (query @ passage.T).max(axis=1)
    return best


def max_sim(query: NDArray[np.float32], passage: NDArray[np.float32]) -> float:
    """Mean over the query's tokens of the best cosine in the passage; unit vectors, float32 (T, D)."""
    return float(best_cosines(query, passage).mean())
