"""Pictures of the screen that reads folders."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from search.query import Query
from terminal.jobs.ingest_jobs import IngestJobs
from terminal.tui.app import SearchApp
from terminal.tui.asker import Asker
from terminal.tui.beside import Beside
from terminal.tui.ingest_screen import IngestScreen

if TYPE_CHECKING:
    from tests.terminal.conftest import Library

Compare = Callable[..., bool]
SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])
ENDED = 1_767_323_105
"""2026-01-02 03:05:05 UTC."""


@pytest.fixture(autouse=True)
def _in_one_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the same hour and the same folder everywhere."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def job(folder: Path, number: int, paths: list[str], steps: list[object], report: object) -> None:
    folder = folder / f"20260102T0304{number:02}-abcdef"
    folder.mkdir(parents=True)
    said = {"paths": paths, "index": "index", "started": "2026-01-02T03:04:05+00:00"}
    (folder / "job.json").write_text(json.dumps(said | {"process": os.getpid(), "born": -1}))
    lines = [step if isinstance(step, str) else json.dumps(step) for step in steps]
    (folder / "progress.jsonl").write_text("".join(f"{line}\n" for line in lines))
    os.utime(folder / "progress.jsonl", (ENDED, ENDED))
    (folder / "report.json").write_text(json.dumps(report) if report else "")


def open_screen(rows: int) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def wait(pilot: Pilot[None]) -> None:
        for _ in range(500):
            await pilot.pause(0.02)
            screen = pilot.app.screen
            if (
                isinstance(screen, IngestScreen)
                and screen.query_one("#jobs", OptionList).option_count == rows
            ):
                break
        pilot.app.screen.query_one(Input).cursor_blink = False
        await pilot.pause(0.1)

    return wait


def app_of(asker: Asker, library: Library) -> SearchApp:
    index = Path("index").absolute()
    return SearchApp(
        asker, Query(""), beside=Beside(index, lambda _: asker, IngestJobs(library.files / "jobs"), new=True)
    )


@SIZES
def test_no_index_yet(asker: Asker, library: Library, snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(app_of(asker, library), terminal_size=size, run_before=open_screen(0))


@SIZES
def test_jobs(asker: Asker, library: Library, snap_compare: Compare, size: tuple[int, int]) -> None:
    jobs, index = library.files / "jobs", str(Path("index").absolute())
    found = {"type": "found", "files": 5, "bytes": 9}
    embedded = {"type": "embedded", "passages": 41, "tokens": 9_000}
    read = {"type": "ingested", "path": "/a", "passages": 3, "windows": 1, "tokens": 5_000}
    broken = {
        "type": "skipped",
        "path": "/书/כתב [b].pdf",
        "reason": "broken PDF: its structure cannot be read",
    }
    job(jobs, 1, ["/书"], [found, embedded, read, read], {"stopped": True})
    job(jobs, 2, ["/papers", "/ספרים"], ["dragoman: the index is locked", "  Wait for it."], None)
    job(
        jobs,
        3,
        ["/书"],
        [found, embedded, read, read, read, broken, {**broken, "path": "/อ่าน.epub"}],
        {"stopped": False},
    )
    for folder in jobs.iterdir():
        word = json.loads((folder / "job.json").read_text())
        (folder / "job.json").write_text(json.dumps(word | {"index": index}))
    assert snap_compare(app_of(asker, library), terminal_size=size, run_before=open_screen(3))
