"""Documents go to the encoder in batches: several short ones at once, a long one in parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from encoder.interface import Embedder, SparseEmbedder, Window
from index_data.records import Document, Passage, SparseVector
from ingest.progress import Embedded
from ingest.windows import PlannedWindow

Other = TypeVar("Other")


@dataclass(frozen=True, slots=True)
class Draft:
    """A document that is cut and not yet embedded."""

    document: Document
    windows: tuple[PlannedWindow, ...]

    @property
    def passages(self) -> list[Passage]:
        """All of them, in order."""
        return [passage for window in self.windows for passage in window.passages]

    @property
    def tokens(self) -> int:
        """Of all windows."""
        return sum(window.tokens for window in self.windows)


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows that are embedded in one call."""

    windows: tuple[PlannedWindow, ...]
    completed: tuple[Draft, ...]
    """The documents whose last window is among them."""


@dataclass(frozen=True, slots=True)
class EmbeddedDraft:
    """A document with the vectors of its passages, float32 (N, D)."""

    draft: Draft
    vectors: NDArray[np.float32]
    sparse: tuple[SparseVector, ...] | None
    """N; None where the encoder makes none."""


def in_batches(steps: Iterable[Draft | Other], batch_tokens: int) -> Iterator[Batch | Other]:
    """Gather the drafts among `steps` up to `batch_tokens`, in order; what is no draft passes by at once."""
    windows: list[PlannedWindow] = []
    completed: list[Draft] = []
    tokens = 0
    for step in steps:
        if not isinstance(step, Draft):
            yield step
            continue
        for window in step.windows:
            if windows and tokens + window.tokens > batch_tokens:
                yield Batch(tuple(windows), tuple(completed))
                windows, completed, tokens = [], [], 0
            windows.append(window)
            tokens += window.tokens
        completed.append(step)
    if windows:
        yield Batch(tuple(windows), tuple(completed))


def embed(steps: Iterable[Batch | Other], embedder: Embedder) -> Iterator[EmbeddedDraft | Embedded | Other]:
    """Embed the batches among `steps`, in order; a document follows the batch that completes it."""
    vectors: list[NDArray[np.float32]] = []
    sparse: list[SparseVector] = []
    for step in steps:
        if not isinstance(step, Batch):
            yield step
            continue
        new_vectors, new_sparse = _embedded([window.window for window in step.windows], embedder)
        vectors += list(new_vectors)
        sparse += new_sparse
        yield Embedded(len(new_vectors), sum(window.tokens for window in step.windows))
        for draft in step.completed:
            count = len(draft.passages)
            own_sparse = tuple(sparse[:count]) if isinstance(embedder, SparseEmbedder) else None
            yield EmbeddedDraft(draft, np.stack(vectors[:count]), own_sparse)
            del vectors[:count], sparse[:count]


def _embedded(
    windows: Sequence[Window], embedder: Embedder
) -> tuple[NDArray[np.float32], list[SparseVector]]:
    if isinstance(embedder, SparseEmbedder):
        return embedder.embed_passages_with_sparse(windows)
    return embedder.embed_passages(windows), []
