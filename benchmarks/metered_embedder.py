"""An encoder that keeps some of what it is given, so that it can be timed on the same windows alone."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from encoder.interface import Embedder, Window

SAMPLED = 10
"""One call in so many is kept."""


class MeteredEmbedder:
    """An `Embedder` that passes everything on to another and keeps a sample of the windows."""

    def __init__(self, embedder: Embedder, *, naive: bool = False) -> None:
        """`naive` embeds each passage alone, without the window around it."""
        self.model = embedder.model
        self.fingerprint = embedder.fingerprint
        self.dimension = embedder.dimension
        self.max_window_tokens = embedder.max_window_tokens
        self.batch_tokens = embedder.batch_tokens
        self.token_spans = embedder.token_spans
        self.embed_queries = embedder.embed_queries
        self.seconds = 0.0
        """Spent on passages so far."""
        self._embedder = embedder
        self._naive = naive
        self._calls = 0
        self._sample: list[Sequence[Window]] = []

    def embed_passages(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        """Vectors of all passages of `windows` in order: float32 (N, D), unit length."""
        if self._naive:
            windows = [alone for window in windows for alone in _each_alone(window)]
        if self._calls % SAMPLED == 0:
            self._sample.append(windows)
        self._calls += 1
        started = time.perf_counter()
        vectors = self._embedder.embed_passages(windows)
        self.seconds += time.perf_counter() - started
        return vectors

    def tokens_per_second(self) -> float:
        """Embed the sample again, with nothing else going on, and say how fast that was."""
        tokens = sum(len(self.token_spans(window.text)) for windows in self._sample for window in windows)
        started = time.perf_counter()
        for windows in self._sample:
            self._embedder.embed_passages(windows)
        return tokens / (time.perf_counter() - started)


def _each_alone(window: Window) -> list[Window]:
    texts = [window.text[start:end] for start, end in window.spans]
    return [Window(text, ((0, len(text)),)) for text in texts]
