"""`dragoman` itself, with a log of the files of a folder that it opens and of the windows that it embeds."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from encoder.interface import Embedder, Window
from terminal import wiring
from terminal.cli import main


class Log:
    """One line of JSON for each thing that happens; what was written survives the process."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(self, *words: Any) -> None:
        """Write one line."""
        os.write(self._file, json.dumps(words).encode("ascii") + b"\n")


class WitnessedEmbedder:
    """An `Embedder` that passes everything on to another, and notes the windows that it has done."""

    def __init__(self, embedder: Embedder, log: Log) -> None:
        self.model = embedder.model
        self.fingerprint = embedder.fingerprint
        self.dimension = embedder.dimension
        self.max_window_tokens = embedder.max_window_tokens
        self.batch_tokens = embedder.batch_tokens
        self.token_spans = embedder.token_spans
        self.embed_queries = embedder.embed_queries
        self._embed_passages = embedder.embed_passages
        self._log = log

    def embed_passages(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        """Vectors of all passages of `windows` in order: float32 (N, D), unit length."""
        vectors = self._embed_passages(windows)
        tokens = sum(len(self.token_spans(window.text)) for window in windows)
        self._log.note("embedded", tokens, list(map(_name, windows)))
        return vectors


def _name(window: Window) -> str:
    return blake2b(repr(window).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def run(log_path: str, folder: str, arguments: Sequence[str]) -> int:
    """Run the command line, and return its exit code."""
    log = Log(log_path)
    load = wiring._load_embedder
    wiring._load_embedder = lambda *given: WitnessedEmbedder(load(*given), log)

    def watch(event: str, details: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(details[0], (str, bytes)):
            path = os.fsdecode(details[0])
            # Ignore files are looked for in every folder, and seldom there.
            if path.startswith(folder + os.sep) and Path(path).is_file():
                log.note("opened", path)

    sys.addaudithook(watch)
    return main(arguments)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], sys.argv[2], sys.argv[3:]))
