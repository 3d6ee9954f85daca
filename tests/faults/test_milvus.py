"""Kill -9 of a writer to Milvus, and of Milvus. The controls keep the two in step the wrong way round."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from tests.faults.killing import Design, kills
from tests.faults.library import Library
from tests.faults.milvus import MilvusProcess, after_reopening, without_reopening
from tests.faults.nursery import Nursery
from tests.faults.oracle import Promise

SEED = 20_261_130


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery(["tests.faults.worker:warm_up", "tests.faults.milvus_controls:warm_up"]) as ready:
        yield ready


@pytest.fixture(scope="module")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusProcess]:
    with MilvusProcess(tmp_path_factory.mktemp("milvus") / "data") as server:
        yield server


@pytest.mark.parametrize("number", [6, pytest.param(300, marks=pytest.mark.slow)])
def test_nothing_is_lost_doubled_or_left_over_when_the_writer_is_killed(
    nursery: Nursery, milvus: MilvusProcess, number: int
) -> None:
    ours = Design("tests.faults.worker:ingest", after_reopening, milvus.handle, has_our_rows=True)
    done = list(kills(nursery, ours, number, SEED))
    assert [kill for kill in done if kill.faults] == []
    assert sum(kill.fell for kill in done) == number


@pytest.mark.parametrize("control", ["rows_first", "removed_first"])
def test_the_wrong_order_is_damaged_by_the_same_kills(
    nursery: Nursery, milvus: MilvusProcess, control: str
) -> None:
    wrong = Design(f"tests.faults.milvus_controls:{control}", without_reopening, milvus.handle)
    damaged = (kill for kill in kills(nursery, wrong, 60, SEED) if kill.faults)
    assert len(list(islice(damaged, 1))) == 1


@pytest.mark.parametrize("number", [2, pytest.param(40, marks=pytest.mark.slow)])
def test_nothing_is_lost_when_milvus_is_killed_under_a_writer(
    nursery: Nursery, tmp_path: Path, number: int
) -> None:
    moments = Random(SEED)
    # Each round takes one document more than it gives.
    library = Library(tmp_path / "documents", SEED, count=12 + number)
    folder = tmp_path / "index"
    with MilvusProcess(tmp_path / "data") as server:
        server.handle(folder)
        for round_number in range(number):
            log = tmp_path / f"{round_number}.log"
            child = nursery.fork("tests.faults.worker:ingest", log, folder=folder, documents=library.folder)
            child.wait_for(moments.randint(1, 6), apart_from="unchanged")
            server.kill_and_start()
            # It asks again until the server is back, and goes on; where that takes long, it says so.
            said = child.wait(), child.said()
            assert said[0] == 0 or (said[0], said[1][-1][:2]) == (3, ["refused", "IndexProblem"]), said
            end = nursery.fork(
                "tests.faults.worker:ingest",
                log.with_name("end"),
                folder=folder,
                documents=library.folder,
            )
            assert end.wait() == 0, end.said()
            assert after_reopening(folder, Promise({}, library.texts, frozenset(library.texts))) == []
            library.change(moments.randrange(1 << 30))
