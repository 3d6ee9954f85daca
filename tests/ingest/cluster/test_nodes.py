"""Two nodes read a real tree while their workers are killed and one of them goes."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import IO, Any

import pytest

from benchmarks.dump_difference import difference
from tests.faults.oracle import dump
from tests.ingest.cluster.network import network
from tests.ingest.cluster.nodes import ROOT, dragoman, killing, nodes

DOCUMENTS = Path(os.environ.get("RAY_TEST_DOCUMENTS", ROOT / "samples/documents"))
SECONDS_BETWEEN_KILLS = float(os.environ.get("RAY_TEST_SECONDS", "20"))


def _begun(environment: dict[str, str], engine: str, index: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
    flags = ("--engine", engine, "--index", str(index), "--json")
    return dragoman(environment, "ingest", *flags, str(DOCUMENTS), log=log)


def _ended(process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    said, _ = process.communicate()
    assert process.returncode == 0, log.read_text(encoding="utf-8")
    report: dict[str, Any] = json.loads(said)
    return report


def _ingest(environment: dict[str, str], engine: str, index: Path, log: Path) -> dict[str, Any]:
    with log.open("wb") as told:
        return _ended(_begun(environment, engine, index, told), log)


def _assert_same(index: Path, other: Path) -> None:
    found = difference(dump(index), dump(other)).plain()
    assert found == {"rows": 0, "vectors": 0, "furthest": 0.0}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ingest on this machine, with as many threads as an encoder on a node has."""
    folder = tmp_path_factory.mktemp("here")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    assert _ingest(environment, "local", folder / "index", folder / "log")["ingested"]
    return folder / "index"


@pytest.mark.slow
@pytest.mark.parametrize("client", [False, True], ids=["from a node", "by the client"])
def test_two_nodes_make_what_one_machine_makes(here: Path, tmp_path: Path, client: bool) -> None:
    with nodes() as cluster:
        cluster.start(cores=1)
        engine = f"ray://127.0.0.1:{cluster.client_port}" if client else "ray://auto"
        _ingest(cluster.environment, engine, tmp_path / "index", tmp_path / "log")
    _assert_same(tmp_path / "index", here)


@pytest.mark.slow
def test_workers_are_killed_and_a_node_goes(here: Path, tmp_path: Path) -> None:
    with nodes() as cluster, (tmp_path / "log").open("wb") as log:
        second = cluster.start(cores=1)
        process = _begun(cluster.environment, "ray://auto", tmp_path / "index", log)
        with killing(cluster, SECONDS_BETWEEN_KILLS, seed=1) as killed:
            _wait_for_kills(process, killed, 2)
            cluster.remove(second)
            gone_after = len(killed)
            report = _ended(process, tmp_path / "log")
    assert gone_after >= 2
    assert len(killed) > gone_after
    assert report["ingested"]
    _assert_same(tmp_path / "index", here)


@pytest.mark.slow
def test_a_node_behind_a_network_is_cut_off(here: Path, tmp_path: Path) -> None:
    with network() as cable, nodes(cable) as cluster, (tmp_path / "log").open("wb") as log:
        cluster.start(cores=1)
        process = _begun(cluster.environment, "ray://auto", tmp_path / "index", log)
        with killing(cluster, SECONDS_BETWEEN_KILLS, seed=2) as killed:
            _wait_for_kills(process, killed, 1)
            cable.cut()
            report = _ended(process, tmp_path / "log")
    assert report["ingested"]
    _assert_same(tmp_path / "index", here)


def _wait_for_kills(process: Any, killed: list[int], count: int) -> None:
    while len(killed) < count:
        assert process.poll() is None, "it ended before anything befell it"
        time.sleep(0.1)
