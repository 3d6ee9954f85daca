"""T2, T4 and T5: each call that changes the index kills the writer, fails, or finds the disk full."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import faiss
import pytest

from tests.faults import oracle
from tests.faults.breakage import KILLED, REFUSED, SEED, Bench, Breakage, sample, volume
from tests.faults.killing import paths_told
from tests.faults.library import Library
from tests.faults.nursery import Nursery
from tests.faults.oracle import Promise
from tests.faults.tracing import obstacle
from tests.faults.worker import ingest, print_nothing

FATES = {"killed": "signal=KILL", "failing": "error=EIO", "full": "error=ENOSPC"}
MOST_BYTES = 400_000
"""What the write-ahead log of some documents takes, but not of all."""
FULL = pytest.param(1_000_000, marks=pytest.mark.slow)


@pytest.fixture(scope="module")
def bench(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(nursery, tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="module")
def _tracing(nursery: Nursery) -> None:
    if reason := obstacle(nursery):
        pytest.skip(reason)


@pytest.mark.usefixtures("_tracing")
@pytest.mark.parametrize("new", [True, False])
@pytest.mark.parametrize("fate", FATES)
@pytest.mark.parametrize("each", [2, FULL])
def test_whichever_call_breaks_the_index_is_sound(bench: Bench, fate: str, new: bool, each: int) -> None:
    chosen = sample(bench.places(new=new), each)
    done = [bench.tampered(place, FATES[fate], new=new) for place in chosen]
    assert _faulty(done) == []
    assert {broken.exit_code for broken in done} <= {0, KILLED if fate == "killed" else REFUSED}
    assert any(broken.exit_code for broken in done), "nothing was tampered with"


@pytest.mark.parametrize(
    "sizes",
    [
        [4_096 << power for power in range(10)],
        pytest.param(range(4_096, 1_600_000, 8_192), marks=pytest.mark.slow),
    ],
    ids=len,
)
def test_files_that_cannot_grow_lose_nothing(bench: Bench, sizes: Sequence[int]) -> None:
    done = [bench.limited(most) for most in sizes]
    assert _faulty(done) == []
    assert {broken.exit_code for broken in done} == {0, REFUSED}


@pytest.mark.parametrize(
    "sizes",
    [
        [32_768 << power for power in range(7)],
        pytest.param(range(32_768, 2_000_000, 16_384), marks=pytest.mark.slow),
    ],
    ids=len,
)
def test_a_full_volume_loses_nothing(bench: Bench, tmp_path: Path, sizes: Sequence[int]) -> None:
    done = []
    for size in sizes:
        with volume(tmp_path / str(size), size) as mounted:
            if mounted is None:
                pytest.skip("no volume can be mounted here")
            done.append(bench.crammed(mounted, f"a volume of {size} bytes"))
    assert _faulty(done) == []
    assert {broken.exit_code for broken in done} == {0, REFUSED}


def test_a_run_that_cannot_store_a_document_stops_at_once(nursery: Nursery, tmp_path: Path) -> None:
    library = Library(tmp_path / "documents", SEED)
    child = nursery.fork(
        "tests.faults.worker:ingest_within",
        tmp_path / "log",
        folder=tmp_path / "index",
        documents=library.folder,
        most_bytes=MOST_BYTES,
    )
    assert child.wait() == REFUSED
    *before, (_, kind, message, remedy) = child.said()
    stored = paths_told(before)
    assert 0 < len(stored) < len(library.texts)
    assert kind == "IndexProblem"
    assert "cannot be used" in message
    assert "what was stored before is safe" in remedy
    # A segment would have had room.
    assert [*(tmp_path / "index" / "segments").iterdir(), *(tmp_path / "index" / "tmp").iterdir()] == []
    ingest(print_nothing, folder=tmp_path / "index", documents=library.folder)
    segments = list((tmp_path / "index" / "segments").iterdir())
    assert segments
    assert all(segment.stat().st_size < MOST_BYTES for segment in segments)
    assert oracle.faults(tmp_path / "index", Promise({}, library.texts, frozenset(library.texts))) == []


def test_faiss_itself_takes_a_full_disk_for_success() -> None:
    index = faiss.IndexFlatIP(8)
    index.add(faiss.rand((4, 8)))
    faiss.write_index(index, "/dev/full")


def _faulty(done: list[Breakage]) -> list[Breakage]:
    return [broken for broken in done if broken.faults]
