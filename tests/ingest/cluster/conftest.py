"""One Ray for all tests of a run, with the letter-counting embedder on its workers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from index_data.index import Index
from index_data.records import Fingerprint
from ingest.cluster.session import HERE, connected, prepare
from ingest.cutter import Cutter
from ingest.ingester import Ingester
from ingest.parser import Parser
from ingest.passages import SPLITTER_VERSION
from ingest.pipeline import LocalPipeline
from tests.conftest import LetterEmbedder

# Ray is loaded with the first of the tests.
prepare(HERE)

ROOT = Path(__file__).parents[3]
FINGERPRINT = Fingerprint(
    LetterEmbedder().model,
    LetterEmbedder().fingerprint,
    LetterEmbedder().dimension,
    window_tokens=64,
    passage_tokens=32,
    splitter=SPLITTER_VERSION,
)

OpenIngester = Callable[..., AbstractContextManager[Ingester]]


class Letters(LetterEmbedder):
    """Letters, in batches small enough for several of them."""

    def __init__(self) -> None:
        super().__init__()
        self.batch_tokens = 512


def letter_cutter(readers: str) -> Cutter:
    return Cutter(Letters().token_spans, readers, 64, 32)


@pytest.fixture(scope="session")
def ray_here() -> Iterator[None]:
    """Start Ray, whose workers find the tests."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), before]))
    with connected(HERE):
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
        yield


@pytest.fixture
def on_ray(ray_here: None) -> OpenIngester:
    """Open an ingester whose work is done by `each` encoders and as many readers."""
    from ingest.cluster.hiring import hire_encoders, hire_readers
    from ingest.cluster.pipeline import RayPipeline
    from ingest.cluster.staff import Staff

    @contextmanager
    def opened(
        folder: Path,
        load: Callable[[], LetterEmbedder] = Letters,
        open_parser: Callable[[], Parser] = Parser,
        each: int = 1,
    ) -> Iterator[Ingester]:
        staff = Staff(readers=each, encoders=each, encoder_cpus=0, encoder_gpus=0, reader_cpus=0)
        with (
            Index.create_or_open(folder, FINGERPRINT) as index,
            hire_encoders(staff, load) as encoding,
            hire_readers(staff, open_parser, letter_cutter) as reading,
        ):
            yield Ingester(index, RayPipeline(reading, encoding))

    return opened


@contextmanager
def here(folder: Path) -> Iterator[Ingester]:
    """Open an ingester whose work is done in this process."""
    with Index.create_or_open(folder, FINGERPRINT) as index, Parser() as parser:
        yield Ingester(index, LocalPipeline(Letters(), parser, 64, 32))
