"""What the other packages may ask of an encoder; nothing here loads weights.

Letters in shapes: N passages, Q queries, T tokens, D dimension, W width of a state, K vocabulary
pieces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from index_data.records import SparseVector

if TYPE_CHECKING:
    from encoder.piece_table import PieceTable


@dataclass(frozen=True, slots=True)
class Window:
    """What the encoder sees at once, and the passages that are pooled from it."""

    text: str
    spans: tuple[tuple[int, int], ...]
    """(start, end) in characters of `text`, end-exclusive, in order and apart: one for each passage.

    Text outside all spans is context: the passages beside it are read with it, and it is pooled into none.
    """


class Embedder(Protocol):
    """Text to unit vectors, so that a dot product is a cosine."""

    @property
    def model(self) -> str:
        """What the user calls this encoder: a known name, the absolute path of its folder, a server's URL."""
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

    @property
    def batch_tokens(self) -> int:
        """How many tokens of windows are worth handing over at once, so that it is kept busy."""
        ...

    def token_spans(self, text: str) -> NDArray[np.int32]:
        """Where each token of `text` stands: int32 (T, 2), characters, end-exclusive, no special tokens.

        It may be asked on another thread while passages are embedded.
        """
        ...

    def embed_passages(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        """Vectors of all passages of `windows` in order: float32 (N, D), unit length.

        An encoder that pools by the mean reads a window in one pass, and a passage's vector is the mean of
        its own tokens' vectors (late chunking, arXiv 2409.04701); any other reads each passage by itself.
        Nothing of a passage is ever cut off.
        """
        ...

    def embed_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of `queries`: float32 (Q, D), unit length."""
        ...


@runtime_checkable
class TokenEmbedder(Embedder, Protocol):
    """An `Embedder` that also shows the vectors of single tokens; one behind a server cannot."""

    def token_vectors(self, texts: Sequence[str], *, query: bool = False) -> list[NDArray[np.float32]]:
        """For each text the unit vectors of its tokens, in their order: float32 (T, D)."""
        ...


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class TokenStates:
    """What a text's vector is pooled from, token by token."""

    spans: NDArray[np.int32]
    """Where each token stands: int32 (T, 2), characters, end-exclusive."""
    states: NDArray[np.float32]
    """float32 (T, W)."""
    beside: NDArray[np.float32]
    """Sum of the states of special tokens and of the prompt that are pooled too: float32 (W,)."""
    pooled: int
    """Tokens in the mean, these included."""

    @property
    def mean(self) -> NDArray[np.float32]:
        """What the text's vector is made of: float32 (W,)."""
        mean: NDArray[np.float32] = (self.states.sum(axis=0) + self.beside) / max(self.pooled, 1)
        return mean


@runtime_checkable
class PoolingEmbedder(TokenEmbedder, Protocol):
    """A `TokenEmbedder` whose vectors can be taken apart, if it pools by the mean."""

    @property
    def pools_tokens(self) -> bool:
        """Whether a text's vector is made of the mean of its tokens' states; else nothing below holds."""
        ...

    def token_states(self, texts: Sequence[str], *, query: bool = False) -> list[TokenStates]:
        """Read passages or queries, each by itself."""
        ...

    def pooled_vectors(self, means: NDArray[np.float32]) -> NDArray[np.float32]:
        """Vectors of what has these means of states, float32 (N, W): float32 (N, D), unit length."""
        ...

    def direction(self, query: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Find g, float32 (W,), for which `mean @ g` is the cosine of `query`, (D,), and of `mean`, (W,).

        So the share of a token in the cosine is `state @ g / pooled`. None where a step behind pooling is not
        linear but for lengths, so that a cosine is no sum over tokens.
        """
        ...


@runtime_checkable
class PieceEmbedder(TokenEmbedder, Protocol):
    """A `TokenEmbedder` whose vocabulary pieces may have vectors of their own, wherever they stand."""

    @property
    def pieces(self) -> PieceTable | None:
        """Their table; None where the weights have none."""
        ...


@runtime_checkable
class SparseEmbedder(Embedder, Protocol):
    """An `Embedder` that also weighs the vocabulary pieces of a text, for one more lexical channel."""

    def embed_passages_with_sparse(
        self, windows: Sequence[Window]
    ) -> tuple[NDArray[np.float32], list[SparseVector]]:
        """Both kinds of vectors of all passages of `windows`, from one pass: float32 (N, D), and N sparse."""
        ...

    def sparse_queries(self, queries: Sequence[str]) -> list[SparseVector]:
        """How much each vocabulary piece matters in each of `queries`."""
        ...


class Reranker(Protocol):
    """A second opinion on the best candidates."""

    def scores(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """How well each passage answers `query`: float32 (N,), 0 to 1, more is better."""
        ...


@runtime_checkable
class QuickReranker(Reranker, Protocol):
    """A `Reranker` that may have a first guess, which costs next to nothing."""

    @property
    def guesses(self) -> bool:
        """Whether it has one with the encoder that it was given."""
        ...

    def quick_scores(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Guess `scores`, up to one constant: float32 (N,), 0 to 1; zeros where it does not guess."""
        ...
