"""Ingests on the screen: started, followed, stopped, and found again."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.binding import Binding
from textual.events import Key
from textual.widgets import OptionList, Static

from search.query import Query
from terminal.engine.opening import engine_of
from terminal.jobs.ingest_jobs import IngestJob, IngestJobs
from terminal.settings import load_settings
from terminal.tui.app import SearchApp
from terminal.tui.asker import Asker
from terminal.tui.beside import Beside
from terminal.tui.collection_dialog import CollectionDialog
from terminal.tui.folder_input import FolderInput, suggestion
from terminal.tui.hit_list import HitList
from terminal.tui.ingest_screen import IngestScreen, JobList
from tests.terminal.piloting import until

if TYPE_CHECKING:
    from tests.terminal.conftest import Library

STEPS: list[dict[str, object]] = [
    {"type": "found", "files": 4, "bytes": 10},
    {"type": "ingested", "path": "/a", "passages": 3, "windows": 1, "tokens": 50},
    {"type": "skipped", "path": "/\u202eb[/x]\x1b]0;pwned\x07", "reason": "broken [b]"},
]


def word(
    folder: Path, index: Path, *steps: object, runs: bool, report: object = None, number: int = 1
) -> None:
    """Leave what a job leaves; one that runs is this very process."""
    from terminal.jobs.ingest_jobs import _born

    folder = folder / f"20260102T0304{number:02}-abcdef"
    folder.mkdir(parents=True)
    born = _born(os.getpid()) if runs else -1
    job = {"paths": ["/somewhere"], "index": str(index), "started": "2026-01-02T03:04:05+00:00"}
    (folder / "job.json").write_text(json.dumps(job | {"process": os.getpid(), "born": born}))
    (folder / "progress.jsonl").write_text("".join(json.dumps(step) + "\n" for step in steps))
    (folder / "report.json").write_text(json.dumps(report) if report else "")


def beside(index: Path, jobs: IngestJobs, *, new: bool = False) -> Beside:
    def another(folder: Path) -> Asker:
        return Asker(engine_of(load_settings({"index": str(folder)})))

    return Beside(index, another, jobs, new=new)


def text(app: SearchApp, selector: str) -> str:
    return str(app.screen.query_one(selector, Static).render())


def rows(app: SearchApp) -> list[str]:
    return [str(option.prompt) for option in app.screen.query_one("#jobs", OptionList).options]


async def test_what_runs_and_what_could_not_be_read_is_shown(asker: Asker, library: Library) -> None:
    jobs = IngestJobs(library.files / "jobs")
    word(library.files / "jobs", library.index_folder, *STEPS, runs=True, number=2)
    word(library.files / "jobs", Path("/other"), runs=False, report={"stopped": True})
    app = SearchApp(asker, Query("bread"), beside=beside(library.index_folder, jobs))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down", "I")
        await until(pilot, lambda: isinstance(app.screen, IngestScreen) and len(rows(app)) == 2)
        assert "running" in rows(app)[0]
        assert "2 of 4" in rows(app)[0]
        assert "stopped" in rows(app)[1]
        assert "/other" in rows(app)[1]
        await until(pilot, lambda: "2 of 4 files" in text(app, "#job-progress"))
        failures = text(app, "#job-failures")
        assert failures.startswith("1 could not be read")
        assert "broken [b]" in failures
        assert not {"\x1b", "\x07", "\u202e"} & set(failures)
        await pilot.press("down", "j")
        await until(pilot, lambda: "stopped" in text(app, "#job-progress"))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, IngestScreen))


def test_every_key_has_a_name_of_its_own() -> None:
    owners = (SearchApp, IngestScreen, JobList, FolderInput, CollectionDialog)
    ids = [key.id for owner in owners for key in owner.BINDINGS if isinstance(key, Binding)]
    assert None not in ids
    assert len(set(ids)) == len(ids) == sum(len(owner.BINDINGS) for owner in owners)


async def test_what_is_not_there_is_not_started(asker: Asker, library: Library) -> None:
    jobs = IngestJobs(library.files / "jobs")
    app = SearchApp(asker, Query(""), beside=beside(library.index_folder, jobs, new=True))
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, IngestScreen))
        app.screen.query_one(FolderInput).value = str(library.files / "nowhere [b]")
        await pilot.press("enter")
        await until(pilot, lambda: "There is nothing at" in text(app, "#ingest-hint"))
        assert jobs.all() == []


async def test_every_letter_can_be_typed_into_the_path(asker: Asker, library: Library) -> None:
    app = SearchApp(
        asker, Query(""), beside=beside(library.index_folder, IngestJobs(library.files), new=True)
    )
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, IngestScreen))
        await pilot.press("slash", "s", "q", "I", "c")
        assert app.screen.query_one(FolderInput).value == "/sqIc"


async def test_the_names_of_folders_are_completed(library: Library, asker: Asker) -> None:
    for name in ("papers", "pap\x1bers", ".papers"):
        (library.files / name).mkdir()
    (library.files / "paper.txt").touch()
    app = SearchApp(
        asker, Query(""), beside=beside(library.index_folder, IngestJobs(library.files), new=True)
    )
    async with app.run_test() as pilot:
        await until(pilot, lambda: isinstance(app.screen, IngestScreen))
        line = app.screen.query_one(FolderInput)
        line.value = f"{library.files}/pa"
        await until(pilot, lambda: bool(line._suggestion))
        await pilot.press("tab")
        assert line.value == f"{library.files}/papers/"
        await pilot.press("tab")
        assert not line.has_focus


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("bo", "books/"),
        ("books/t", "books/treaty.pdf"),
        ("x", None),
        ("", None),
        ("books/", None),
        ("~nobody-here/x", None),
        (".h", ".hidden/"),
    ],
)
def test_a_path_is_completed_by_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, completed: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "books").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "book.txt").touch()
    (tmp_path / "books" / "treaty.pdf").touch()
    assert suggestion(typed) == completed


def finished(jobs: IngestJobs) -> IngestJob | None:
    return next((job for job in jobs.all() if not job.running), None)


async def test_tab_waits_for_a_name_that_is_not_yet_suggested(library: Library, asker: Asker) -> None:
    (library.files / "papers").mkdir()
    app = SearchApp(asker, Query(""), beside=beside(library.index_folder, IngestJobs(library.files / "jobs")))
    async with app.run_test() as pilot:
        await pilot.press("down", "I")
        await until(pilot, lambda: isinstance(app.screen, IngestScreen))
        line = app.screen.query_one(FolderInput)
        line.value = str(library.files / "pap")
        await pilot.press("end")
        line.value += "e"
        app.post_message(Key("tab", None))
        app.post_message(Key("x", "x"))
        await until(pilot, lambda: line.value.endswith("x"))
        assert line.value == f"{library.files / 'papers'}/x"
        await pilot.press("tab")
        assert app.focused is not line


async def test_an_ingest_outlives_the_screen_and_its_hits_are_found(tmp_path: Path) -> None:
    index, state = tmp_path / "index", tmp_path / "jobs"
    (tmp_path / "treaty.txt").write_text("The treaty of 1648 ended the war.\n")
    settings = load_settings({"index": str(index)})
    with engine_of(settings) as engine, Asker(engine) as asker:
        app = SearchApp(asker, Query("treaty"), beside=beside(index, IngestJobs(state), new=True))
        async with app.run_test() as pilot:
            await until(pilot, lambda: isinstance(app.screen, IngestScreen))
            app.screen.query_one(FolderInput).value = str(tmp_path / "treaty.txt")
            await pilot.press("enter")
            await until(pilot, lambda: len(rows(app)) == 1)
            assert IngestJobs(state).all()[0].running
    with engine_of(settings) as engine, Asker(engine) as asker:
        jobs = IngestJobs(state)
        app = SearchApp(asker, Query("treaty"), beside=beside(index, jobs, new=True))
        async with app.run_test() as pilot:
            await until(pilot, lambda: isinstance(app.screen, IngestScreen) and len(rows(app)) == 1)
            await until(pilot, lambda: "done" in rows(app)[0], seconds=60)
            assert "1 of 1" in rows(app)[0]
            await pilot.press("escape")
            await until(pilot, lambda: not isinstance(app.screen, IngestScreen))
            hits = app.screen.query_one(HitList)
            await until(pilot, lambda: hits.option_count == 1)
            await until(pilot, lambda: "treaty.txt" in text(app, "#place"))
    assert finished(jobs) is not None


@pytest.mark.slow
async def test_the_search_is_asked_again_when_an_ingest_behind_it_ends(tmp_path: Path) -> None:
    index, state = tmp_path / "index", tmp_path / "jobs"
    (tmp_path / "treaty.txt").write_text("The treaty of 1648 ended the war.\n")
    settings = load_settings({"index": str(index)})
    with engine_of(settings) as engine, Asker(engine) as asker:
        app = SearchApp(asker, Query("treaty"), beside=beside(index, IngestJobs(state), new=True))
        async with app.run_test() as pilot:
            await until(pilot, lambda: isinstance(app.screen, IngestScreen))
            app.screen.query_one(FolderInput).value = str(tmp_path / "treaty.txt")
            await pilot.press("enter")
            await until(pilot, lambda: len(rows(app)) == 1)
            await pilot.press("escape")
            await until(pilot, lambda: not isinstance(app.screen, IngestScreen))
            hits = app.screen.query_one(HitList)
            await until(pilot, lambda: hits.option_count == 1, seconds=60)
            await until(pilot, lambda: "treaty.txt" in text(app, "#place"))
