"""Late interaction with the encoder that is loaded anyway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from encoder.interface import TokenEmbedder


@dataclass(frozen=True, slots=True)
class MaxSimReranker:
    """A `Reranker` that compares token by token (MaxSim; Khattab and Zaharia 2020, arXiv 2004.12832).

    The score is the mean over query tokens, not their sum, so that it does not grow with the query's length.
    """

    embedder: TokenEmbedder

    def scores(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """How well each passage answers `query`: float32 (N,), 0 to 1, more is better."""
        [query_tokens] = self.embedder.token_vectors([query], query=True)  # (T_query, D)
        scores = np.zeros(len(passages), dtype=np.float32)
        for number, tokens in enumerate(self.embedder.token_vectors(passages)):  # each (T, D)
            if len(query_tokens) and len(tokens):
                scores[number] = max_sim(query_tokens, tokens)
        return np.clip(scores, 0, 1)


def max_sim(query: NDArray[np.float32], passage: NDArray[np.float32]) -> float:
    """Mean over the query's tokens of the best cosine in the passage; unit vectors, float32 (T, D)."""
    return float((query @ passage.T).max(axis=1).mean())
