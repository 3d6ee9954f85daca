"""Two nodes read a real tree while their workers are killed and one of them goes."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks.dump_difference import difference
from tests.faults.oracle import dump
from tests.ingest.cluster.network import network
from tests.ingest.cluster.nodes import ROOT, dragoman, killing, nodes

DOCUMENTS = Path(os.environ.get("RAY_TEST_DOCUMENTS", ROOT / "samples/documents"))
SECONDS_BETWEEN_KILLS = float(os.environ.get("RAY_TEST_SECONDS", "20"))


def _ingest(environment: dict[str, str], engine: str, index: Path, log: Path) -> dict[str, Any]:
    flags = ("--engine", engine, "--index", str(index), "--json")
    with log.open("wb") as told:
        process = dragoman(environment, "ingest", *flags, str(DOCUMENTS), log=told)
        said, _ = process.communicate()
    assert process.returncode == 0, log.read_text(encoding="utf-8")
    report: dict[str, Any] = json.loads(said)
    return report


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
    assert difference(dump(tmp_path / "index"), dump(here)).plain() == {
        "rows": 0, "vectors": 0, "furthest": 0.0,
    }  # fmt: skip


@pytest.mark.slow
def test_workers_are_killed_and_a_node_goes(here: Path, tmp_path: Path) -> None:
    with nodes() as cluster, (tmp_path / "log").open("wb") as log:
        second = cluster.start(cores=1)
        process = dragoman(
            cluster.environment,
            "ingest", "--engine", "ray://auto", "--index", str(tmp_path / "index"), "--json", str(DOCUMENTS),
            log=log,
        )  # fmt: skip
        with killing(cluster, SECONDS_BETWEEN_KILLS, seed=1) as killed:
            _wait_for_kills(process, killed, 2)
            cluster.remove(second)
            gone_after = len(killed)
            said, _ = process.communicate()
    assert process.returncode == 0, (tmp_path / "log").read_text(encoding="utf-8")
    assert gone_after >= 2
    assert len(killed) > gone_after
    assert json.loads(said)["ingested"]
    assert difference(dump(tmp_path / "index"), dump(here)).plain() == {
        "rows": 0, "vectors": 0, "furthest": 0.0,
    }  # fmt: skip


@pytest.mark.slow
def test_a_node_behind_a_network_is_cut_off(here: Path, tmp_path: Path) -> None:
    with network() as cable, nodes(cable) as cluster, (tmp_path / "log").open("wb") as log:
        cluster.start(cores=1)
        process = dragoman(
            cluster.environment,
            "ingest", "--engine", "ray://auto", "--index", str(tmp_path / "index"), "--json", str(DOCUMENTS),
            log=log,
        )  # fmt: skip
        with killing(cluster, SECONDS_BETWEEN_KILLS, seed=2) as killed:
            _wait_for_kills(process, killed, 1)
            cable.cut()
            said, _ = process.communicate()
    assert process.returncode == 0, (tmp_path / "log").read_text(encoding="utf-8")
    assert json.loads(said)["ingested"]
    assert difference(dump(tmp_path / "index"), dump(here)).plain() == {
        "rows": 0, "vectors": 0, "furthest": 0.0,
    }  # fmt: skip


def _wait_for_kills(process: Any, killed: list[int], count: int) -> None:
    while len(killed) < count:
        assert process.poll() is None, "it ended before anything befell it"
        time.sleep(0.1)
