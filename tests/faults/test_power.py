"""T3: power cuts. The controls are the same run without its syncs, and the usual design."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from tests.faults.killing import NAIVE, OURS
from tests.faults.nursery import Nursery
from tests.faults.oracle import Kind
from tests.faults.outage import Outage, Recording, outages, recording, resumed_faults
from tests.faults.power import Disk, without_syncs
from tests.faults.tracing import obstacle

SEED = 20_261_124


@pytest.fixture(scope="module")
def run(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    if reason := obstacle(nursery):
        pytest.skip(reason)
    return recording(nursery, "tests.faults.worker:ingest_rounds", tmp_path_factory.mktemp("power"))


def _broken(cuts: Sequence[Outage]) -> list[Outage]:
    return [cut for cut in cuts if cut.faults]


def test_the_recording_is_complete(run: Recording, tmp_path: Path) -> None:
    disk = Disk()
    disk.see(run.happened)
    disk.cut(Random(SEED), drop_rate=0.0)
    disk.write_to(tmp_path, run.folder.parent)
    there = {path.relative_to(run.folder) for path in run.folder.rglob("*") if path.is_file()}
    replayed = tmp_path / "index"
    assert {path.relative_to(replayed) for path in replayed.rglob("*") if path.is_file()} == there
    for name in there:
        assert (replayed / name).read_bytes() == (run.folder / name).read_bytes(), name


@pytest.mark.parametrize("number", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_nothing_that_was_told_is_lost_when_the_power_is(run: Recording, number: int) -> None:
    cuts = list(outages(run, OURS, number, SEED))
    assert _broken(cuts) == []
    assert len(cuts) == number


@pytest.mark.parametrize("seed", range(3))
def test_a_run_after_a_power_cut_leaves_what_one_without_it_would_have(run: Recording, seed: int) -> None:
    assert resumed_faults(run, len(run.happened) * (seed + 1) // 4, seed) == []


def test_without_syncs_of_the_database_told_documents_are_lost(run: Recording) -> None:
    happened = without_syncs(run.happened, "meta.sqlite3*")
    cuts = list(outages(run, OURS, 40, SEED, happened=happened))
    assert len(_broken(cuts)) > len(cuts) / 4


def test_without_syncs_of_segments_their_files_are_bad(run: Recording) -> None:
    happened = without_syncs(run.happened, "*.unfinished")
    cuts = list(outages(run, OURS, 100, SEED, happened=happened))
    kinds = {fault.kind for cut in cuts for fault in cut.faults}
    assert kinds == {Kind.ROTTEN}, "a bad segment costs time, never a document"


def test_the_usual_design_does_not_survive_power_cuts(
    nursery: Nursery, run: Recording, tmp_path: Path
) -> None:
    usual = recording(nursery, "tests.faults.naive:ingest_rounds", tmp_path)
    cuts = list(outages(usual, NAIVE, 40, SEED))
    assert len(_broken(cuts)) > len(cuts) / 2
