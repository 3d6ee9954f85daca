"""Documents go to the encoder in batches: several short ones at once, a long one in parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from encoder.interface import Embedder, SparseEmbedder, Window
from index_data.records import Coverage, Document, KnownWindow, Passage, SparseVector
from ingest.progress import Embedded
from ingest.windows import PlannedWindow

Other = TypeVar("Other")


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A document that is cut and not yet embedded."""

    document: Document
    windows: tuple[PlannedWindow, ...]
    known: Mapping[bytes, KnownWindow] = field(default_factory=dict)
    """The vectors of those windows that need not be embedded, by digest."""
    coverage: Coverage | None = None

    @property
    def passages(self) -> list[Passage]:
        """All of them, in order."""
        return [passage for window in self.windows for passage in window.passages]

    @property
    def tokens(self) -> int:
        """Of all windows."""
        return sum(window.tokens for window in self.windows)

    @property
    def unknown(self) -> list[PlannedWindow]:
        """The windows that have to be embedded, in order."""
        return [window for window in self.windows if window.digest.digest not in self.known]


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows that are embedded in one call."""

    windows: tuple[PlannedWindow, ...]
    completed: tuple[Draft, ...]
    """The documents whose last window is among them, or which need none."""
    begun: Draft | None = None
    """The document whose windows go on in the next batch."""
    parts: int = 0
    """How many of the windows, at their end, are of `begun`."""


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """Of passages, in their order."""

    dense: NDArray[np.float32]
    """float32 (N, D), unit length."""
    sparse: tuple[SparseVector, ...]
    """N, or none where the encoder makes none."""


NO_VECTORS = Vectors(np.empty((0, 0), np.float32), ())


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddedBatch:
    """A batch with the vectors of its passages."""

    batch: Batch
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class EmbeddedDraft:
    """A document with the vectors of its passages, float32 (N, D)."""

    draft: Draft
    vectors: NDArray[np.float32]
    sparse: tuple[SparseVector, ...] | None
    """N; None where the encoder makes none."""


@dataclass(frozen=True, slots=True)
class EmbeddedParts:
    """The vectors of windows whose document goes on in the next batch, by digest."""

    windows: Mapping[bytes, KnownWindow]


def in_batches(steps: Iterable[Draft | Other], batch_tokens: int) -> Iterator[Batch | Other]:
    """Gather the drafts among `steps` up to `batch_tokens`, in order; what needs no encoder passes by."""
    windows: list[PlannedWindow] = []
    completed: list[Draft] = []
    tokens = 0
    for step in steps:
        if not isinstance(step, Draft):
            yield step
            continue
        unknown = step.unknown
        if not unknown:
            yield Batch((), (step,))
            continue
        parts = 0
        for window in unknown:
            if windows and tokens + window.tokens > batch_tokens:
                yield Batch(tuple(windows), tuple(completed), step if parts else None, parts)
                windows, completed, tokens, parts = [], [], 0, 0
            windows.append(window)
            tokens += window.tokens
            parts += 1
        completed.append(step)
    if windows:
        yield Batch(tuple(windows), tuple(completed))


def until(steps: Iterable[Batch | Other], stopped: Callable[[], bool]) -> Iterator[Batch | Other]:
    """Pass `steps` on until `stopped`, and then those that complete the document that was under way.

    A document that had its first windows in the very last batch is left for another time.
    """
    under_way: Draft | None = None
    for step in steps:
        if under_way is None and stopped():
            return
        yield step
        if isinstance(step, Batch) and (under_way is None or under_way in step.completed):
            under_way = None if stopped() else step.begun


def embed(
    steps: Iterable[Batch | Other], embedder: Embedder
) -> Iterator[EmbeddedDraft | EmbeddedParts | Embedded | Other]:
    """Embed the batches among `steps`, in order; a document follows the batch that completes it."""
    embedded = (
        EmbeddedBatch(step, embed_windows([window.window for window in step.windows], embedder))
        if isinstance(step, Batch)
        else step
        for step in steps
    )
    return put_together(embedded, makes_sparse=isinstance(embedder, SparseEmbedder))


def embed_windows(windows: Sequence[Window], embedder: Embedder) -> Vectors:
    """Embed all passages of `windows`; without any, the encoder is not asked."""
    if not windows:
        return NO_VECTORS
    if isinstance(embedder, SparseEmbedder):
        vectors, sparse = embedder.embed_passages_with_sparse(windows)
        return Vectors(vectors, tuple(sparse))
    return Vectors(embedder.embed_passages(windows), ())


def put_together(
    steps: Iterable[EmbeddedBatch | Other], *, makes_sparse: bool
) -> Iterator[EmbeddedDraft | EmbeddedParts | Embedded | Other]:
    """Give the vectors of the batches among `steps` to their documents, in order."""
    vectors: list[NDArray[np.float32]] = []
    sparse: list[SparseVector] = []
    for step in steps:
        if not isinstance(step, EmbeddedBatch):
            yield step
            continue
        batch = step.batch
        if batch.windows:
            vectors += list(step.vectors.dense)
            sparse += step.vectors.sparse
            yield Embedded(len(step.vectors.dense), sum(window.tokens for window in batch.windows))
        for draft in batch.completed:
            yield _completed(draft, vectors, sparse if makes_sparse else None)
        if batch.parts:
            yield _parts(batch.windows[-batch.parts :], vectors, sparse)


def _completed(
    draft: Draft, vectors: list[NDArray[np.float32]], sparse: list[SparseVector] | None
) -> EmbeddedDraft:
    """Put together what is known of a draft and what was embedded for it, which is taken off the lists."""
    own: list[NDArray[np.float32]] = []
    own_sparse: list[SparseVector] = []
    for window in draft.windows:
        digest = window.digest
        if known := draft.known.get(digest.digest):
            own += list(known.vectors)
            own_sparse += known.sparse or ()
            continue
        own += vectors[: digest.passages]
        del vectors[: digest.passages]
        if sparse is not None:
            own_sparse += sparse[: digest.passages]
            del sparse[: digest.passages]
    return EmbeddedDraft(draft, np.stack(own), None if sparse is None else tuple(own_sparse))


def _parts(
    windows: Sequence[PlannedWindow],
    vectors: Sequence[NDArray[np.float32]],
    sparse: Sequence[SparseVector],
) -> EmbeddedParts:
    """Name the last vectors, those of `windows`, by the digests of these."""
    digests = [window.digest for window in windows]
    found = {}
    first = len(vectors) - sum(digest.passages for digest in digests)
    for digest in digests:
        own = slice(first, first + digest.passages)
        found[digest.digest] = KnownWindow(np.stack(vectors[own]), tuple(sparse[own]) if sparse else None)
        first += digest.passages
    return EmbeddedParts(found)
