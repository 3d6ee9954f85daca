"""An embedder that also weighs words, as BGE-M3 does."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from encoder.interface import Window
from index_data.records import SparseVector
from tests.conftest import TOKEN, LetterEmbedder


class WeighingLetterEmbedder(LetterEmbedder):
    """An `encoder.interface.SparseEmbedder`: a piece is the hash of a word and weighs how often it occurs."""

    def embed_passages_with_sparse(
        self, windows: Sequence[Window]
    ) -> tuple[NDArray[np.float32], list[SparseVector]]:
        texts = [window.text[slice(*span)] for window in windows for span in window.spans]
        return self.embed_passages(windows), self.sparse_queries(texts)

    def sparse_queries(self, queries: Sequence[str]) -> list[SparseVector]:
        return [_weighed(query) for query in queries]


def _weighed(text: str) -> SparseVector:
    counts = Counter(zlib.crc32(word.encode()) % 250_000 for word in TOKEN.findall(text.casefold()))
    pieces = sorted(counts)
    weights = [0.1 * counts[piece] for piece in pieces]
    return SparseVector(np.array(pieces, np.int32), np.array(weights, np.float32))


@pytest.fixture
def weighing_embedder() -> WeighingLetterEmbedder:
    return WeighingLetterEmbedder()
