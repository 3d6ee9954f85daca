"""Read folders into the index from the screen: what runs, what ran, and what could not be read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Input, OptionList, Static
from textual.widgets.option_list import Option

from terminal.jobs.ingest_jobs import IngestJob, IngestJobs, JobState
from terminal.jobs.job_progress import JobProgress, JobReader
from terminal.safe_text import safe_path, safe_text
from terminal.tui import keys
from terminal.tui.folder_input import FolderInput

_SECONDS_BETWEEN_LOOKS = 0.5
_MOST_JOBS = 50
"""Jobs that are listed, latest first."""
_MOST_SHOWN = 200
"""Unreadable files that are shown."""
_BAR_CELLS = 30
_COLOURS = {
    JobState.RUNNING: "$accent",
    JobState.DONE: "$success",
    JobState.STOPPED: "$warning",
    JobState.FAILED: "$error",
}
_HINT = "enter starts · tab completes · it goes on when this screen is closed"


class JobList(OptionList):
    """The jobs, latest first."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.JOBS]

    def __init__(self) -> None:
        super().__init__(id="jobs", markup=False)


class IngestScreen(Screen[None]):
    """Starts ingests as processes of their own, and shows how far they are."""

    DEFAULT_CSS = """
    IngestScreen {
        #ingest-title, #ingest-hint {
            height: 1;
            padding: 0 2;
            text-wrap: nowrap;
            text-overflow: ellipsis;
        }
        #ingest-hint {
            color: $text-muted;
        }
        #folder {
            border: round $border-blurred;
            background: $background;
            padding: 0 1;
            &:focus {
                border: round $border;
                background-tint: transparent;
            }
        }
        #jobs {
            height: auto;
            max-height: 40%;
            margin: 1 1 0 1;
            border: none;
            background: $background;
            text-wrap: nowrap;
            text-overflow: ellipsis;
            scrollbar-size-vertical: 1;
        }
        #job {
            height: 1fr;
            margin-top: 1;
            padding: 0 2;
            border-top: solid $surface-lighten-2;
            scrollbar-size-vertical: 1;
        }
        #job-failures {
            margin-top: 1;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*keys.INGEST]

    def __init__(self, jobs: IngestJobs, index: Path, options: Sequence[str] = (), folder: str = "") -> None:
        """`options` of `dragoman ingest` go to every job; `folder` stands in the line at first."""
        super().__init__()
        self._jobs, self._index, self._options, self._folder = jobs, index, options, folder
        self._readers: dict[str, JobReader] = {}
        self._listed: list[IngestJob] = []
        self._started: str | None = None
        """The job that is to be shown once it is listed."""

    def compose(self) -> ComposeResult:
        """Place the parts."""
        yield Static(self._title(), id="ingest-title", markup=False)
        yield FolderInput(self._folder)
        yield Static(_HINT, id="ingest-hint", markup=False)
        yield JobList()
        with VerticalScroll(id="job"):
            yield Static(id="job-progress", markup=False)
            yield Static(id="job-failures", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Look at once, and then twice a second."""
        self.set_interval(_SECONDS_BETWEEN_LOOKS, self._look)
        self._look()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Start to read what is named."""
        event.stop()
        if event.value.strip():
            self._start(Path(event.value.strip()).expanduser())

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Show another job."""
        event.stop()
        self._look()

    def action_focus_folder(self) -> None:
        """Go to the line for the folder."""
        self.query_one(FolderInput).focus()

    def action_leave(self) -> None:
        """Go back to the search; what runs goes on."""
        self.dismiss()

    @work(group="stop")
    async def action_stop(self) -> None:
        """Ask the job under the cursor to stop after its document; asked again, it stops at once."""
        job = self._current()
        if job is not None and await asyncio.to_thread(lambda: job.running):
            await asyncio.to_thread(job.stop)
            self._say("It stops after the document under way; s again stops it at once.")

    @work(exclusive=True, group="start")
    async def _start(self, path: Path) -> None:
        try:
            if not await asyncio.to_thread(path.exists):
                self._say(f"There is nothing at {safe_text(str(path))}.", wrong=True)
                return
            job = await asyncio.to_thread(self._jobs.start, [path], self._index, self._options)
        except OSError as error:
            self._say(f"It cannot be started: {safe_text(error.strerror or str(error))}", wrong=True)
            return
        self._started = job.job_id
        self._say(_HINT)
        self._look()
        self.query_one(JobList).focus()

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        listed = (await asyncio.to_thread(self._jobs.all))[:_MOST_JOBS]
        for job in listed:
            self._readers.setdefault(job.job_id, JobReader(job))
        told = [await asyncio.to_thread(self._readers[job.job_id].read) for job in listed]
        self._list(listed, told)
        current = self._current()
        if current is not None:
            shown = told[listed.index(current)]
            self.query_one("#job-progress", Static).update(_progress(shown))
            self.query_one("#job-failures", Static).update(_failures(shown))

    def _list(self, jobs: list[IngestJob], told: list[JobProgress]) -> None:
        """Write the rows anew, and keep the cursor on its job."""
        current = self._current()
        chosen = self._started or (current.job_id if current else None)
        self._started = None
        self._listed = jobs
        rows = self.query_one(JobList)
        highlighted = next((place for place, job in enumerate(jobs) if job.job_id == chosen), 0)
        prompts = [Option(_row(job, progress, self._index)) for job, progress in zip(jobs, told, strict=True)]
        with self.prevent(OptionList.OptionHighlighted):
            rows.set_options(prompts)
            rows.highlighted = highlighted if jobs else None

    def _current(self) -> IngestJob | None:
        place = self.query_one(JobList).highlighted
        return None if place is None or place >= len(self._listed) else self._listed[place]

    def _say(self, text: str, *, wrong: bool = False) -> None:
        self.query_one("#ingest-hint", Static).update(Content.styled(text, "$error" if wrong else ""))

    def _title(self) -> Content:
        return Content.assemble(
            ("Read a folder or a file into ", "bold"), (safe_path(self._index), "$accent")
        )


def _row(job: IngestJob, told: JobProgress, index: Path) -> Content:
    started = datetime.fromisoformat(job.started).astimezone()
    elsewhere = Path(job.index) != index.absolute()
    paths = ", ".join(safe_path(Path(path)) for path in job.paths)
    return Content.assemble(
        (f"{started:%Y-%m-%d %H:%M} ", "dim"),
        (f"{told.standing:<8}", _COLOURS[told.standing]),
        f"{told.done:>7,} of {told.files:,}  " if told.files else "",
        paths,
        (f" into {safe_path(Path(job.index))}", "dim") if elsewhere else "",
    )


def _progress(told: JobProgress) -> Content:
    share = min(told.done / told.files, 1.0) if told.files else float(told.standing is JobState.DONE)
    filled = round(share * _BAR_CELLS)
    line = told.line if told.files else "looking at the files"
    return Content.assemble(
        ("━" * filled, _COLOURS[told.standing]),
        ("━" * (_BAR_CELLS - filled), "$foreground 20%"),
        f" {share:>4.0%} ",
        (told.standing, _COLOURS[told.standing]),
        f"\n{line}" if told.files or told.standing is JobState.RUNNING else "",
        *(f"\n{safe_text(word)}" for word in told.words),
    )


def _failures(told: JobProgress) -> Content:
    if not told.unreadable:
        return Content()
    shown = told.skipped[-_MOST_SHOWN:]
    more = told.unreadable - len(shown)
    return Content.assemble(
        (f"{told.unreadable:,} could not be read", "$warning"),
        *(
            Content.assemble("\n", (safe_path(file.path), "bold"), f": {safe_text(file.reason)}")
            for file in reversed(shown)
        ),
        f"\nand {more:,} before these" if more else "",
    )
