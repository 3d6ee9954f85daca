from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index_data.index import Index
from index_data.paths import IndexPaths
from index_data.records import Document, FileStamp, Filters, Fingerprint, Passage, SparseVector

ROOT = Path(__file__).parents[2]
FINGERPRINT = Fingerprint("random", "random", 16, 1, 1, 1)
DOCUMENTS, PASSAGES = 9, 5


def vectors_of(version: int) -> NDArray[np.float32]:
    vectors = np.random.default_rng(version).normal(size=(PASSAGES, 16)).astype(np.float32)
    lengths: NDArray[np.float32] = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / lengths


def sparse_of(version: int) -> SparseVector:
    return SparseVector(np.array([version], np.int32), np.ones(1, np.float32))


def path_of(version: int) -> Path:
    return Path(f"/{version % DOCUMENTS}")


def write_until_killed(folder: Path, version: int) -> None:
    """Put in, replace, remove and publish without end, and say so after each change."""
    with Index.create_or_open(folder, FINGERPRINT) as index:
        while True:
            passages = [Passage(place, f"v{version}", place, place + 1, 1, "en") for place in range(PASSAGES)]
            document = Document(path_of(version), FileStamp(version, 0, ""), "txt", "", "en")
            index.replace(document, passages, vectors_of(version), [sparse_of(version)] * PASSAGES)
            if version % 4 == 0:
                index.publish()
            if version % 7 == 0:
                index.remove([path_of(version)])
            sys.stdout.write(f"{version}\n")
            sys.stdout.flush()
            version += 1


def last_told(folder: Path, version: int, seconds: float) -> int:
    """Let another process write from `version` on, kill it, and return the last version that it told."""
    code = "from test_kill import *; write_until_killed(Path(sys.argv[1]), int(sys.argv[2]))"
    environment = {"PYTHONPATH": f"{Path(__file__).parent}:{ROOT}"}
    command = [sys.executable, "-c", code, str(folder), str(version)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(seconds)
        process.kill()
        return int((first + process.stdout.read()).splitlines()[-1])


def check(index: Index, told: dict[Path, int], in_flight: int) -> dict[Path, int]:
    """Fail if a change that was told is lost or a part of one is there, and return what is there."""
    found = {path: stamp.size for path, stamp in index.stamps().items()}
    # One change may be on disk that the process did not live to tell.
    path = path_of(in_flight)
    assert found.get(path) in {told.get(path), in_flight, None if in_flight % 7 == 0 else in_flight}
    assert {**found, path: 0} == {**told, path: 0}
    assert index.summary().passages == PASSAGES * len(found)
    assert len(index.nearest(vectors_of(1)[0], 1_000, Filters())) == PASSAGES * len(found)
    for path, version in found.items():
        by_word = [hit.passage_id for hit in index.matching(f"v{version}", 1_000, Filters())]
        assert [stored.document.path for stored in index.passages(by_word)] == [path] * PASSAGES
        by_piece = [hit.passage_id for hit in index.sharing(sparse_of(version), 1_000, Filters())]
        assert sorted(by_piece) == sorted(by_word)
        by_vector = [index.nearest(vector, 1, Filters())[0] for vector in vectors_of(version)]
        assert [hit.passage_id for hit in by_vector] == sorted(by_word)
        assert [hit.score for hit in by_vector] == pytest.approx([1.0] * PASSAGES)
    return found


@pytest.mark.parametrize("kills", [3, pytest.param(200, marks=pytest.mark.slow)])
def test_a_killed_writer_loses_nothing_that_it_told(tmp_path: Path, kills: int) -> None:
    moments = random.Random(kills)
    folder = tmp_path / "index"
    paths = IndexPaths(folder)
    there: dict[Path, int] = {}
    version = 1
    for _ in range(kills):
        last = last_told(folder, version, moments.uniform(0.0, 0.3))
        for told in range(version, last + 1):
            there[path_of(told)] = told
            if told % 7 == 0:
                del there[path_of(told)]
        version = last + 1
        with Index.open(folder) as reader:
            there = check(reader, there, in_flight=version)
        with Index.create_or_open(folder, FINGERPRINT) as writer:
            check(writer, there, in_flight=version)
        assert list(paths.scratch.iterdir()) == list(paths.quarantine.iterdir()) == []
        assert len(list(paths.segments.iterdir())) <= 1
