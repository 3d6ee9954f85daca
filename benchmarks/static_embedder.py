"""The static stage of the training, as an encoder of the product."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encoder.interface import Window
from encoder.token_sequences import TokenSequencer
from training.static import StaticEncoder


class StaticEmbedder:
    """An `Embedder` whose tokens mean the same in any window, so that each passage is read alone."""

    max_window_tokens = 512
    """As many as the built-in encoder's, so that both are given the same windows."""
    batch_tokens = 32_768

    def __init__(self, folder: Path) -> None:
        """Load `vectors.npy` and `tokenizer.json` of `folder`."""
        parts = (folder / "vectors.npy", folder / "tokenizer.json")
        self.model = str(folder.resolve())
        self.fingerprint = hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()
        self._encoder = StaticEncoder(folder)
        self.dimension = self.embed_queries(["a"]).shape[1]
        self.token_spans = TokenSequencer(folder / "tokenizer.json").spans

    def embed_passages(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        """Vectors of all passages of `windows` in order: float32 (N, D), unit length."""
        return self._encoder.embed(
            [window.text[start:end] for window in windows for start, end in window.spans]
        )

    def embed_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of `queries`: float32 (Q, D), unit length."""
        return self._encoder.embed(queries)
