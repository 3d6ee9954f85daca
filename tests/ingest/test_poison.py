"""Files that do to their reader whatever a hostile file can: the others are read, nothing stays behind."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from index_data.index import Index
from index_data.records import FileState
from ingest.ingester import Ingester
from ingest.parser import Parser
from ingest.progress import Finished, Report
from tests.ingest.conftest import with_parts

SECONDS = 3.0
"""What one file may take here."""

FAULTS = {
    "segmentation fault": "os.kill(os.getpid(), signal.SIGSEGV)",
    "killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "leaves": "os._exit(0)",
    "hangs": "time.sleep(1_000)",
    "computes": "while True: pass",
    "takes memory": "bytearray(1 << 40)",
    "recurses": "deep()",
    "floods its stderr": "while True: os.write(2, b'help! ' * 1_000)",
    "floods its stdout": "while True: os.write(1, b'9' * 1_000)",
    "answers nonsense": r"os.write(1, b'\0\0\0\1{')",
    "answers something else": r"os.write(1, b'\0\0\0\2{}')",
    "closes its pipes": "os.closerange(0, 3)",
    "leaves an orphan": (
        "child = os.fork() or time.sleep(1_000)\nos.write(2, f'orphan {child}'.encode())\nos._exit(1)"
    ),
    "hangs with an orphan": "os.fork()\ntime.sleep(1_000)",
}
"""What a reader may be brought to, as Python that runs in its place."""

POISONED_READER = """
import os, signal, time
import ingest.readers.by_suffix as readers

def deep():
    deep()

def read(path, data, *options):
    if data.startswith(b"poison: "):
        exec(data.removeprefix(b"poison: "))
    return healthy(path, data, *options)

healthy, readers.read = readers.read, read
"""


@pytest.fixture
def ingester_of_poison(
    ingester: Ingester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ingester]:
    """Ingest through a real child in which a file decides what its reader does."""
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "sitecustomize.py").write_text(POISONED_READER, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(modules))
    with Parser(seconds=SECONDS) as parser:
        yield with_parts(ingester, parser=parser)


def _report(ingester: Ingester, folder: Path) -> Report:
    *_, last = ingester.ingest([folder])
    assert isinstance(last, Finished)
    return last.report


@pytest.mark.parametrize("fault", FAULTS)
def test_a_poisoned_file_costs_itself_wherever_it_stands(
    ingester_of_poison: Ingester, index: Index, folder: Path, fault: str
) -> None:
    for name in ("b.txt", "d.txt"):
        (folder / name).write_text(f"Words of {name}.", encoding="utf-8")
    (folder / "c.txt").write_text(f"poison: {FAULTS[fault]}", encoding="utf-8")
    started = time.monotonic()
    report = _report(ingester_of_poison, folder)
    assert time.monotonic() - started < SECONDS + 10
    assert report.ingested == 2
    [skipped] = report.skipped
    assert skipped.path == folder / "c.txt"
    assert "\n" not in skipped.reason
    assert len(skipped.reason) < 300
    for orphan in re.findall(r"orphan (\d+)", skipped.reason):
        assert _is_dead(int(orphan))
    states = {account.path.name: account.state for account in index.accounts()}
    assert states["b.txt"] is states["d.txt"] is FileState.READY
    assert states["c.txt"] is (FileState.SKIPPED if fault == "takes memory" else FileState.FAILED)


def test_the_reason_says_what_killed_the_reader(ingester_of_poison: Ingester, folder: Path) -> None:
    for name, fault in (("a.txt", "segmentation fault"), ("b.txt", "recurses"), ("c.txt", "hangs")):
        (folder / name).write_text(f"poison: {FAULTS[fault]}", encoding="utf-8")
    reasons = [skipped.reason for skipped in _report(ingester_of_poison, folder).skipped]
    assert reasons == [
        "the reader crashed on it (SIGSEGV)",
        "the reader crashed on it (RecursionError: maximum recursion depth exceeded)",
        "took longer than 3 s",
    ]


def _is_dead(process_id: int) -> bool:
    """Tell whether a process ends within seconds; what nobody has waited for yet is dead too."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.kill(process_id, 0)
            state = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return True
        if state.rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False
