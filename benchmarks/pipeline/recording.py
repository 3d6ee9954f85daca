"""A real ingest whose stages are timed: the real classes, each behind something that looks at its clock."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from encoder.interface import Embedder, Window
from index_data.index import Index
from index_data.records import Fingerprint, KnownWindow, WindowDigest
from ingest.ingester import Ingester
from ingest.parser import Parser
from ingest.pipeline import LocalPipeline
from ingest.progress import Ingested

WINDOW_TOKENS, PASSAGE_TOKENS = 264, 256

Stored = tuple[tuple[Any, ...], dict[str, Any]]
"""What `Index.replace` was given."""


class RecordedEmbedder:
    """An `Embedder` that passes everything on to another, and keeps what it was given."""

    def __init__(self, embedder: Embedder, batch_tokens: int | None = None) -> None:
        self.model = embedder.model
        self.fingerprint = embedder.fingerprint
        self.dimension = embedder.dimension
        self.max_window_tokens = embedder.max_window_tokens
        self.batch_tokens = batch_tokens or embedder.batch_tokens
        self.token_spans = embedder.token_spans
        self.embed_queries = embedder.embed_queries
        self.batches: list[Sequence[Window]] = []
        self.computed = 0.0
        """Seconds of computing of the calling thread."""
        self._embedder = embedder

    def embed_passages(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        """Vectors of all passages of `windows` in order: float32 (N, D), unit length."""
        self.batches.append(windows)
        started = time.thread_time()
        vectors = self._embedder.embed_passages(windows)
        self.computed += time.thread_time() - started
        return vectors


@dataclass(slots=True)
class RecordedIndex:
    """An index that keeps what is stored, and how far the clock of the calling thread is."""

    index: Index
    cut_until: list[float] = field(default_factory=list)
    """Seconds of computing of the thread that cuts, when it had cut each document."""
    stored: list[Stored] = field(default_factory=list)
    kept: list[Mapping[bytes, KnownWindow]] = field(default_factory=list)
    computed: float = 0.0
    """Seconds of computing of the thread that stores, for what is recorded here."""
    published: float = 0.0
    """Seconds."""

    def known_windows(self, windows: Iterable[WindowDigest]) -> dict[bytes, KnownWindow]:
        """Pass on; it is the last that cutting a document asks for."""
        known = self.index.known_windows(windows)
        self.cut_until.append(time.thread_time())
        return known

    def replace(self, *given: Any, **named: Any) -> None:
        """Pass on."""
        self.stored.append((given, named))
        started = time.thread_time()
        self.index.replace(*given, **named)
        self.computed += time.thread_time() - started

    def keep_begun(self, windows: Mapping[bytes, KnownWindow]) -> None:
        """Pass on."""
        self.kept.append(windows)
        started = time.thread_time()
        self.index.keep_begun(windows)
        self.computed += time.thread_time() - started

    def publish(self) -> None:
        """Pass on."""
        started, computed = time.perf_counter(), time.thread_time()
        self.index.publish()
        self.published += time.perf_counter() - started
        self.computed += time.thread_time() - computed

    def __getattr__(self, name: str) -> Any:
        return getattr(self.index, name)


@dataclass(frozen=True, slots=True)
class Recording:
    """One ingest of a tree."""

    seconds: float
    begin: float
    """Seconds of computing before the first step: looking at the folder, and at the index."""
    glue: float
    """Seconds of computing of the thread that embeds and stores, beside that."""
    documents: tuple[Path, ...]
    index: RecordedIndex
    batches: tuple[Sequence[Window], ...]


def fingerprint(embedder: Embedder) -> Fingerprint:
    """Say what made an index of this benchmark."""
    return Fingerprint(
        embedder.model, embedder.fingerprint, embedder.dimension, WINDOW_TOKENS, PASSAGE_TOKENS, 1
    )


def recorded(tree: Path, folder: Path, embedder: Embedder, batch_tokens: int | None = None) -> Recording:
    """Ingest `tree` into a new index in `folder`."""
    watched = RecordedEmbedder(embedder, batch_tokens)
    with Index.create_or_open(folder, fingerprint(embedder)) as real, Parser() as parser:
        index: Any = RecordedIndex(real)
        ingester = Ingester(index, LocalPipeline(watched, parser, WINDOW_TOKENS, PASSAGE_TOKENS))
        started, computed = time.perf_counter(), time.thread_time()
        steps = ingester.ingest([tree])
        found = next(steps)
        begin = time.thread_time() - computed
        documents = [step.path for step in (found, *steps) if isinstance(step, Ingested)]
        seconds = time.perf_counter() - started
        glue = time.thread_time() - computed - begin - watched.computed - index.computed
    return Recording(seconds, begin, glue, tuple(documents), index, tuple(watched.batches))


def children_seconds() -> float:
    """Seconds of computing of this process's children that live."""
    return sum(map(_computed, _children()))


def _children() -> list[int]:
    own, found = str(os.getpid()), []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                # The name of a process, in parentheses, may hold anything.
                after_name = (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
                if after_name.split()[1] == own:
                    found.append(int(entry.name))
    return found


def _computed(process_id: int) -> float:
    # Linux makes the clock of a process from its number; there is no function in Python for that.
    clock_of_all_threads = 2
    with suppress(OSError):
        return time.clock_gettime((~process_id << 3) | clock_of_all_threads)
    return 0.0
