"""Vectors in any number that lie as those of the built-in encoder do, which would take days to make."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.encoding.folder_documents import documents
from benchmarks.report import ROOT
from encoder.interface import Embedder, Window

_SHORTEST = 30
"""Characters of a line that is embedded."""
_MOST = 3_000
_BATCH = 20_000

Vectors = NDArray[np.float32]


def real_vectors(embedder: Embedder) -> Vectors:
    """Embed lines of the sample documents and of this project's pages, each once: float32 (M, D)."""
    lines: dict[str, None] = {}
    for folder in (ROOT / "samples" / "documents", ROOT / "docs"):
        for document in documents(folder):
            found = re.split(r"\n|(?<=[.!?。])\s*", document.text)
            lines |= dict.fromkeys(line.strip() for line in found if len(line.strip()) >= _SHORTEST)
    windows = [Window(line, ((0, len(line)),)) for line in [*lines][:_MOST]]
    vectors: Vectors = embedder.embed_passages(windows)
    return np.unique(vectors, axis=0)


def imitated(real: Vectors, count: int, seed: int) -> Iterator[Vectors]:
    """Yield `count` unit vectors in batches, float32 (B, D): a mixture around the real ones, float32 (M, D).

    What is added to a real vector is normal, with the covariance of the differences between each real vector
    and the one nearest to it: so a neighbour is as far as real neighbours are, and in the same directions.
    """
    dice = np.random.default_rng(seed)
    scores = real @ real.T
    np.fill_diagonal(scores, -1)
    differences = real - real[scores.argmax(axis=1)]
    values, directions = np.linalg.eigh(differences.T @ differences / len(real))
    # Two draws differ by twice the variance of one.
    spread = (directions * np.sqrt(np.maximum(values, 0) / 2)).T.astype(np.float32)  # (D, D)
    for start in range(0, count, _BATCH):
        size = min(_BATCH, count - start)
        vectors = real[dice.integers(len(real), size=size)]
        vectors += dice.standard_normal((size, real.shape[1]), np.float32) @ spread
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        yield vectors
