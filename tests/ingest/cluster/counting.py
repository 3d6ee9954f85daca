"""Parts of workers that leave a trace of what they did."""

from __future__ import annotations

import os
from concurrent.futures import Future
from pathlib import Path

from ingest.parser import ParsedFile, Parser
from tests.ingest.cluster.conftest import Letters


class CountingParser(Parser):
    """A parser whose files are counted, in whatever process it is."""

    def submit(self, path: Path) -> Future[ParsedFile]:
        with Path(os.environ["COUNTED_FILES"]).open("a", encoding="ascii") as counted:
            counted.write(".")
        return super().submit(path)


class WideLetters(Letters):
    """Letters, in batches of about eight of the benchmark's documents."""

    def __init__(self) -> None:
        super().__init__()
        self.batch_tokens = 2_900


def count() -> int:
    """How many files were read so far."""
    counted = Path(os.environ["COUNTED_FILES"])
    return counted.stat().st_size if counted.exists() else 0
