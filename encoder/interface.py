"""What the other packages may ask of an encoder; nothing here loads weights.

Letters in shapes: N passages, Q queries, T tokens, D dimension.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Window:
    """What the encoder sees at once, and the passages that are pooled from it."""

    text: str
    spans: tuple[tuple[int, int], ...]
    """(start, end) in characters of `text`, end-exclusive, in order: one for each passage."""


class Embedder(Protocol):
    """Text to unit vectors, so that a dot product is a cosine."""

    @property
    def model(self) -> str:
        """What the user calls this encoder: a known name, or the absolute path of its folder."""
        ...

    @property
    def fingerprint(self) -> str:
        """Digest of weights, tokenizer, pooling and prompts."""
        ...

    @property
    def dimension(self) -> int:
        """D."""
        ...

    @property
    def max_window_tokens(self) -> int:
        """The most tokens of text that one window can hold."""
        ...

    def token_spans(self, text: str) -> NDArray[np.int32]:
        """Where each token of `text` stands: int32 (T, 2), characters, end-exclusive, no special tokens."""
        ...

    def embed_passages(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        """Vectors of all passages of `windows` in order: float32 (N, D), unit length.

        A passage's vector is the mean of its own tokens' vectors in the pass over its whole window (late
        chunking, arXiv 2409.04701); nothing of a window is ever cut off.
        """
        ...

    def embed_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of `queries`: float32 (Q, D), unit length."""
        ...

    def token_vectors(self, texts: Sequence[str], *, query: bool = False) -> list[NDArray[np.float32]]:
        """For each text the unit vectors of its tokens, in the order of `token_spans`: float32 (T, D)."""
        ...


class Reranker(Protocol):
    """A second opinion on the best candidates."""

    def scores(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """How well each passage answers `query`: float32 (N,), 0 to 1, more is better."""
        ...
