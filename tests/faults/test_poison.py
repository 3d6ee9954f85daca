"""T12: files on which a reader crashes, hangs, eats memory, floods its pipe or leaves a process behind.

The reader is the real one's place in the real child: Python itself loads `sitecustomize` there.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from ingest.parser import Parser
from ingest.progress import Finished, Ingested, Progress, Skipped
from tests.faults.worker import Encoder, ingester

POISONS = ("segfault", "kill", "exit", "hang", "spin", "memory", "flood", "orphan")
MOST_ATTEMPTS = 3
linux = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
READER = """
import os, signal, time
from pathlib import Path
from ingest.readers import by_suffix

sound = by_suffix._READERS["txt"]
log = os.open({log!r}, os.O_WRONLY)  # before the process gives up the right to


def poisoned(data):
    poison = data.split()[0].decode()
    if poison in {poisons}:
        os.write(log, poison.encode() + b"\\n")
        globals()[poison]()
    return sound(data)


def segfault():
    os.kill(os.getpid(), signal.SIGSEGV)


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


def exit():
    os._exit(0)


def hang():
    time.sleep(1_000)


def spin():
    while True:
        pass


def memory():
    taken = []
    while True:
        taken.append(bytearray(1 << 26))


def flood():
    while True:
        os.write(1, b"x" * 65_536)


def orphan():
    if os.fork() == 0:
        time.sleep(1_000)
    segfault()


by_suffix._READERS["txt"] = poisoned
"""


class Attempts:
    """Poisons readers from now on, and counts how often each poison was taken."""

    def __init__(self, hook: Path) -> None:
        self.hook = hook
        hook.mkdir()
        os.mkfifo(hook / "log")
        self._log = os.open(hook / "log", os.O_RDWR | os.O_NONBLOCK)
        code = READER.format(poisons=set(POISONS), log=str(hook / "log"))
        (hook / "sitecustomize.py").write_text(code, encoding="utf-8")

    def close(self) -> None:
        """End what a failing test has left."""
        os.close(self._log)
        for process_id in self.readers():
            os.kill(process_id, signal.SIGKILL)

    def counted(self) -> Counter[str]:
        """How often each poison was taken since this was asked last."""
        with suppress(BlockingIOError):
            return Counter(os.read(self._log, 1 << 16).decode().split())
        return Counter()

    def readers(self) -> list[int]:
        """Which processes live that were poisoned, and those that they started."""
        return list(_living(str(self.hook).encode()))


@pytest.fixture
def attempts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Attempts]:
    with closing(Attempts(tmp_path / "hook")) as poisoned:
        search_path = os.environ.get("PYTHONPATH", "")
        monkeypatch.setenv("PYTHONPATH", f"{poisoned.hook}{os.pathsep}{search_path}")
        yield poisoned


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """Poison first, last and in the middle, and good files between."""
    folder = tmp_path / "documents"
    folder.mkdir()
    for number, poison in enumerate(POISONS):
        (folder / f"{2 * number:02}-{poison}.txt").write_text(f"{poison} and words\n", encoding="utf-8")
        if number:
            (folder / f"{2 * number - 1:02}-good.txt").write_text(f"words {number}\n", encoding="utf-8")
    return folder


def _patience(tmp_path: Path) -> float:
    """Seconds that are enough for a child to start and read a good file, here and now."""
    (good := tmp_path / "good.txt").write_text("words\n", encoding="utf-8")
    started = time.monotonic()
    with Parser() as parser:
        parser.parse(good)
    return 1 + 4 * (time.monotonic() - started)


def _living(mark: bytes) -> Iterator[int]:
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            try:
                if mark in (process / "environ").read_bytes():
                    yield int(process.name)
            except OSError:
                continue


def _ingest(folder: Path, documents: Path, *, seconds: float) -> list[Progress]:
    with ingester(folder, Encoder(), Parser(seconds=seconds)) as ready:
        return list(ready.ingest([documents]))


@linux
def test_poison_costs_its_own_file_only(tmp_path: Path, attempts: Attempts, documents: Path) -> None:
    steps = _ingest(tmp_path / "index", documents, seconds=_patience(tmp_path))
    skipped = {step.path.stem.partition("-")[2]: step.reason for step in steps if isinstance(step, Skipped)}
    assert set(skipped) == set(POISONS)
    assert all(skipped.values())
    assert sum(isinstance(step, Ingested) for step in steps) == len(POISONS) - 1
    assert isinstance(steps[-1], Finished)
    assert attempts.readers() == []
    assert set(attempts.counted()) == set(POISONS)


@linux
def test_a_poison_is_taken_three_times_at_most(tmp_path: Path, attempts: Attempts) -> None:
    (documents := tmp_path / "documents").mkdir()
    (documents / "deadly.txt").write_text("segfault\n", encoding="utf-8")
    for _ in range(MOST_ATTEMPTS + 1):
        steps = _ingest(tmp_path / "index", documents, seconds=60)
        assert sum(isinstance(step, Skipped) for step in steps) == 1
    assert 1 <= attempts.counted()["segfault"] <= MOST_ATTEMPTS


@linux
def test_the_poison_is_deadly(tmp_path: Path, attempts: Attempts) -> None:
    code = "from ingest.readers.by_suffix import read; from pathlib import Path; read(Path('a.txt'), b'kill')"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9


@linux
def test_a_killed_writer_leaves_no_reader_behind(tmp_path: Path, attempts: Attempts) -> None:
    (documents := tmp_path / "documents").mkdir()
    (documents / "good.txt").write_text("words\n", encoding="utf-8")
    code = (
        "import sys, time; from pathlib import Path; from ingest.parser import Parser\n"
        "Parser().parse(Path(sys.argv[1])); print('parsed', flush=True); time.sleep(100)"
    )
    command = [sys.executable, "-c", code, str(documents / "good.txt")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "parsed\n"
        assert len(attempts.readers()) == 2
        writer.kill()
    deadline = time.monotonic() + 10
    while attempts.readers() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert attempts.readers() == []
