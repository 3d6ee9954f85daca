"""The vectors that vocabulary pieces have wherever they stand: MaxSim without a pass of the network.

Letters in shapes: V pieces of the vocabulary, S numbers each, K different pieces, T tokens, N passages.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from encoder.checkpoint import Checkpoint
from encoder.token_cache import TokenCache
from encoder.token_sequences import TokenSequencer

_MOST_ID_BYTES = 16 << 20
"""Some ten thousand passages."""
_TABLE = "static_embeddings.weight"


class PieceTable:
    """The static half of the built-in encoder's vectors (docs/decisions/0012), looked up.

    In that half a text's vector is the sum of its pieces', so that the length of a piece's vector is the
    weight which training gave it: function words and fragments are short.
    """

    def __init__(self, checkpoint: Checkpoint, sequencer: TokenSequencer) -> None:
        """Read the table as it is stored, in int8 with a scale for each row, or in floats."""
        self._sequencer = sequencer
        self._ids: TokenCache[NDArray[np.int64]] = TokenCache(lambda ids: ids.nbytes, _MOST_ID_BYTES)
        for file in checkpoint.weights:
            with safe_open(file, "np") as tensors:
                names = set(tensors.keys())
                if _TABLE in names:
                    self._rows: NDArray[np.number] = tensors.get_tensor(_TABLE)  # (V, S)
                if f"{_TABLE}_scale" in names:
                    self._scale = tensors.get_tensor(f"{_TABLE}_scale").ravel()  # (V,)

    def weights(self, text: str) -> NDArray[np.float32]:
        """How much each token of `text` counts, in the order of `token_spans`: float32 (T,), sum 1."""
        [ids] = self._sequencer.ids([text])
        return _shares(self._vectors(ids))

    def max_sims(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """Weighted mean over the query's pieces of the best cosine in each passage: float32 (N,), -1 to 1."""
        asked, *answers = self._ids.values([query, *passages], self._sequencer.ids)
        scores = np.zeros(len(passages), dtype=np.float32)
        filled = [number for number, ids in enumerate(answers) if len(ids)]
        if not len(asked) or not filled:
            return scores
        pieces, places = np.unique(
            np.concatenate([answers[number] for number in filled]), return_inverse=True
        )
        vectors = self._vectors(asked)
        cosines = _unit(vectors) @ _unit(self._vectors(pieces)).T  # (T, K)
        starts = np.cumsum([0, *(len(answers[number]) for number in filled[:-1])])
        best = np.maximum.reduceat(cosines[:, places], starts, axis=1)  # (T, N)
        scores[filled] = _shares(vectors) @ best
        return scores

    def _vectors(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        rows = self._rows[ids].astype(np.float32)  # (T, S)
        return rows * self._scale[ids, None] if self._rows.dtype == np.int8 else rows


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float32] = vectors / np.maximum(lengths, np.float32(1e-9))
    return unit


def _shares(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Lengths as shares of their sum; all alike where there are none."""
    lengths = np.linalg.norm(vectors, axis=1)
    total = lengths.sum()
    return lengths / total if total > 0 else np.full(len(lengths), 1 / max(len(lengths), 1), dtype=np.float32)
