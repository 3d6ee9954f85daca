"""Ctrl-C during an ingest, as the real signal to a real process."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from index_data.index import Index
from terminal.diagnostics import INTERRUPTED

ROOT = Path(__file__).parents[2]
WINDOWS = 12
"""Of each document; the batches hold four."""
DRAGOMAN = """
import sys, time
from pathlib import Path
from terminal import wiring
from terminal.cli import main
from tests.conftest import LetterEmbedder

class SlowEmbedder(LetterEmbedder):
    def embed_passages(self, windows):
        vectors = super().embed_passages(windows)
        with LOG.open("a", encoding="utf-8") as log:
            log.write(f"{len(windows)}\\n")
        time.sleep(SECONDS)
        return vectors

LOG, SECONDS = Path(sys.argv[1]), float(sys.argv[2])
slow = SlowEmbedder()
slow.batch_tokens = 256
wiring._load_embedder = lambda _settings, _made_by, _announce: slow
sys.exit(main(sys.argv[3:]))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make three documents of a dozen windows each, all different."""
    documents = tmp_path_factory.mktemp("documents")
    for name in ("a.txt", "b.txt", "c.txt"):
        words = [f"{name[0]}{number} is a word. " for number in range(WINDOWS * 14)]
        (documents / name).write_text("".join(words), encoding="utf-8")
    return documents


@pytest.fixture(scope="module")
def undisturbed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many windows are embedded where nobody interrupts."""
    undisturbed = tmp_path_factory.mktemp("undisturbed")
    return _whole(folder, undisturbed / "index", undisturbed / "log")


@contextmanager
def _ingesting(folder: Path, index: Path, log: Path, seconds: float) -> Iterator[subprocess.Popen[str]]:
    flags = ["--window-tokens", "64", "--passage-tokens", "32", "--index", str(index), str(folder)]
    with subprocess.Popen(
        [sys.executable, "-c", DRAGOMAN, str(log), str(seconds), "ingest", "--json", *flags],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _embedded(log: Path) -> int:
    return sum(map(int, log.read_text(encoding="utf-8").split())) if log.exists() else 0


def _wait_for_windows(log: Path, count: int) -> None:
    deadline = time.monotonic() + 60
    while _embedded(log) < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _stored(index: Path) -> list[str]:
    with Index.open(index) as reader:
        return sorted(path.name for path in reader.stamps())


def _whole(folder: Path, index: Path, log: Path) -> int:
    """Run to the end, and return how many windows were embedded in all."""
    with _ingesting(folder, index, log, 0) as process:
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert not json.loads(said)["stopped"]
    assert _stored(index) == ["a.txt", "b.txt", "c.txt"]
    return _embedded(log)


def test_the_first_completes_the_document_and_the_next_run_goes_on(
    folder: Path, index_folder: Path, tmp_path: Path, undisturbed: int
) -> None:
    log = tmp_path / "log"
    with _ingesting(folder, index_folder, log, 0.4) as process:
        _wait_for_windows(log, 5)
        process.send_signal(signal.SIGINT)
        said, told = process.communicate(timeout=60)
        assert process.returncode == 130
    assert "Ctrl-C again stops at once" in told
    assert "dragoman: interrupted" in told
    report = json.loads(said)
    assert (report["stopped"], report["ingested"]) == (True, 1)
    assert _stored(index_folder) == ["a.txt"]
    assert _whole(folder, index_folder, log) - undisturbed <= 4


def test_the_second_stops_at_once(folder: Path, index_folder: Path, tmp_path: Path, undisturbed: int) -> None:
    log = tmp_path / "log"
    with _ingesting(folder, index_folder, log, 5) as process:
        _wait_for_windows(log, 1)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
        assert time.monotonic() - started < 4
        assert process.returncode == 130
    assert len(re.findall(INTERRUPTED, told)) == 1
    assert "Traceback" not in told
    assert _stored(index_folder) == []
    assert _whole(folder, index_folder, log) - undisturbed <= 4


def test_a_killed_run_goes_on_and_redoes_at_most_what_was_under_way(
    folder: Path, index_folder: Path, tmp_path: Path, undisturbed: int
) -> None:
    log = tmp_path / "log"
    with _ingesting(folder, index_folder, log, 0.2) as process:
        _wait_for_windows(log, WINDOWS + 2)
        process.kill()
    assert _whole(folder, index_folder, log) - undisturbed <= WINDOWS + 4
