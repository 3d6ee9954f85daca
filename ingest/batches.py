"""Documents go to the encoder in batches: several short ones at once, a long one in parts."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from encoder.interface import Embedder
from index_data.records import Document, Passage
from ingest.passages import PlannedWindow
from ingest.progress import Embedded

BATCH_TOKENS = 8_192
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
class EmbeddedDraft:
    """A document with the vectors of its passages, float32 (N, D)."""

    draft: Draft
    vectors: NDArray[np.float32]


def embed(steps: Iterable[Draft | Other], embedder: Embedder) -> Iterator[EmbeddedDraft | Embedded | Other]:
    """Embed the drafts among `steps`, in order; what is no draft passes by at once."""
    queue = _Queue(embedder)
    for step in steps:
        if isinstance(step, Draft):
            yield from queue.add(step)
        else:
            yield step
    yield from queue.flush()


class _Queue:
    """Windows that wait for a full batch, and drafts that wait for their last window."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._drafts: deque[tuple[Draft, int]] = deque()  # with the number of passages
        self._windows: list[PlannedWindow] = []
        self._tokens = 0
        self._vectors = np.empty((0, embedder.dimension), dtype=np.float32)

    def add(self, draft: Draft) -> Iterator[EmbeddedDraft | Embedded]:
        self._drafts.append((draft, len(draft.passages)))
        for window in draft.windows:
            if self._windows and self._tokens + window.tokens > BATCH_TOKENS:
                yield from self.flush()
            self._windows.append(window)
            self._tokens += window.tokens

    def flush(self) -> Iterator[EmbeddedDraft | Embedded]:
        if not self._windows:
            return
        vectors = self._embedder.embed_passages([window.window for window in self._windows])
        yield Embedded(len(vectors), self._tokens)
        self._windows, self._tokens = [], 0
        self._vectors = np.concatenate([self._vectors, vectors])
        while self._drafts and self._drafts[0][1] <= len(self._vectors):
            draft, count = self._drafts.popleft()
            yield EmbeddedDraft(draft, self._vectors[:count])
            self._vectors = self._vectors[count:]
