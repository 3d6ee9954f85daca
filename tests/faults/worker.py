"""What the children of the fault tests do: the real index and the real ingest, with an encoder of letters."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from encoder.interface import Window
from index_data.errors import UnreadableFile
from index_data.index import Index
from index_data.records import Fingerprint
from ingest.ingester import Ingester
from ingest.parser import ParsedFile, Parser
from ingest.passages import SPLITTER_VERSION
from ingest.pipeline import LocalPipeline
from ingest.progress import Embedded, Finished, Found, Ingested, Progress
from ingest.readers.by_suffix import read
from ingest.source_file import open_regular, stamp_of
from tests.faults.library import Library
from tests.ingest.conftest import WeighingEmbedder

Say = Callable[..., None]
WINDOW_TOKENS = 64
PASSAGE_TOKENS = 24


class ParserHere(Parser):
    """Reads files in this process, so that a killed writer costs no child that has to start first."""

    def submit(self, path: Path) -> Future[ParsedFile]:
        """Read it at once, with the readers that the child would use."""
        answer: Future[ParsedFile] = Future()
        try:
            stamp = stamp_of(path)
            with open_regular(path) as file:
                answer.set_result(ParsedFile(read(path, file.read()), stamp))
        except UnreadableFile as error:
            answer.set_exception(error)
        return answer


class Encoder(WeighingEmbedder):
    """Letters, in batches small enough for several of them, and a word about each."""

    def __init__(self, say: Say | None = None, *, batch_tokens: int = 512) -> None:
        super().__init__()
        self.batch_tokens = batch_tokens
        self._say = say

    def embed_passages(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        if self._say:
            self._say("embedded", len(windows))
        return super().embed_passages(windows)


FINGERPRINT = Fingerprint(
    Encoder().model,
    Encoder().fingerprint,
    Encoder().dimension,
    window_tokens=WINDOW_TOKENS,
    passage_tokens=PASSAGE_TOKENS,
    splitter=SPLITTER_VERSION,
)


@contextmanager
def ingester(folder: Path, encoder: Encoder, parser: Parser) -> Iterator[Ingester]:
    """Put together what an ingest needs."""
    with Index.create_or_open(folder, FINGERPRINT) as index, parser:
        yield Ingester(index, LocalPipeline(encoder, parser, WINDOW_TOKENS, PASSAGE_TOKENS))


def warm_up() -> None:
    """Import and load what the first ingest of a process imports and loads."""
    with TemporaryDirectory() as folder:
        ingest(
            print_nothing, folder=f"{folder}/index", documents=Library(Path(folder, "documents"), 0).folder
        )


def print_nothing(*_: Any) -> None:
    """Do not listen."""


def ingest(say: Say, *, folder: str | Path, documents: str | Path, aloud: bool = False) -> None:
    """Bring the index in `folder` up to date with `documents`; each path is said once it is safe."""
    encoder = Encoder(say if aloud else None)
    with ingester(Path(folder), encoder, ParserHere()) as ready:
        for name, path in told(ready.ingest([Path(documents)])):
            say(name, path)
    say("closed")


def ingest_rounds(say: Say, *, folder: str, documents: str, seeds: Sequence[int]) -> None:
    """Make an index of a new library, then bring it up to date after each change."""
    for _ in rounds(say, documents, seeds):
        ingest(say, folder=folder, documents=documents)


def rounds(say: Say, documents: str, seeds: Sequence[int]) -> Iterator[None]:
    """Make a library, then change it once for each further seed, and say when that is done."""
    library = Library(Path(documents), seeds[0])
    for number, seed in enumerate(seeds):
        if number:
            library.change(seed)
        say("round", number)
        yield


def told(steps: Iterable[Progress]) -> Iterator[tuple[str, str]]:
    """Put into words the steps of an ingest that promise something of a path."""
    for step in steps:
        if isinstance(step, Finished):
            yield "finished", ""
        elif not isinstance(step, (Found, Embedded)):
            yield type(step).__name__.lower(), os.fspath(step.path)


def ingest_within(say: Say, *, folder: str, documents: str, most_bytes: int) -> None:
    """Ingest where no file may grow beyond `most_bytes`, as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    ingest(say, folder=folder, documents=documents)


def hold(say: Say, *, folder: str, seconds: float) -> None:
    """Be the writer, and do nothing."""
    with Index.create_or_open(Path(folder), FINGERPRINT):
        say("open")
        time.sleep(seconds)


def ingest_measured(say: Say, *, folder: str, documents: str) -> None:
    """Ingest, and say after every fifty documents what the process holds: bytes, descriptors, threads."""
    with ingester(Path(folder), Encoder(batch_tokens=8_192), Parser()) as ready:
        done = 0
        for step in ready.ingest([Path(documents)]):
            done += isinstance(step, Ingested)
            if isinstance(step, Ingested) and done % 50 == 0:
                pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
                descriptors = len(list(Path("/proc/self/fd").iterdir()))
                threads = len(list(Path("/proc/self/task").iterdir()))
                say("holds", done, pages * resource.getpagesize(), descriptors, threads)
