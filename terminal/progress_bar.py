"""An ingest under way, on stderr: one live line on a terminal, else a line now and then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as LiveLine

from ingest.progress import Embedded, Found, Ingested, Moved, Progress, Skipped, Unchanged
from terminal.diagnostics import tell
from terminal.ingest_output import with_json_lines
from terminal.ways_to_show import Show, way

_SECONDS_BETWEEN_LINES = 10.0


def shown(events: Iterable[Progress], show: Show, index_folder: Path) -> Iterator[Progress]:
    """Pass `events` on and show what they say so far."""

    def as_json(events: Iterable[Progress]) -> Iterator[Progress]:
        return with_json_lines(events, index_folder)

    shows = way(show, live=_with_live_line, lines=_with_lines, json=as_json)
    return shows(events) if shows else iter(events)


class Tally:
    """What has happened so far, added up."""

    def __init__(self, started: float) -> None:
        self._started = started
        self._read = 0
        self._passages = 0
        self._tokens = 0
        self.files = 0
        self.done = 0

    def add(self, event: Progress) -> None:
        """Count one event."""
        match event:
            case Found():
                self.files = event.files
            case Embedded():
                self._passages += event.passages
                self._tokens += event.tokens
            case Ingested() | Skipped():
                self.done += 1
                self._read += 1
            case Unchanged() | Moved():
                self.done += 1

    def line(self, now: float) -> str:
        """Say how far it is, how fast, and how long it still takes."""
        seconds = max(now - self._started, 0.001)
        parts = [f"{self.done:,} of {self.files:,} files", f"{self._passages:,} passages"]
        parts += [f"{self._tokens / seconds:,.0f} tokens/s"] if self._tokens else []
        # Unchanged files take no time, so only those that were read tell how long the rest takes.
        parts += [f"{clock(seconds / self._read * (self.files - self.done))} left"] if self._read else []
        return ", ".join(parts)


def clock(seconds: float) -> str:
    """Write a time as `h:mm:ss`, or as `m:ss` below an hour."""
    minutes, second = divmod(round(max(seconds, 0)), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute}:{second:02}"


def _with_live_line(events: Iterable[Progress]) -> Iterator[Progress]:
    tally = Tally(monotonic())
    columns = BarColumn(), TextColumn("{task.description}", markup=False)
    with LiveLine(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as line:
        task = line.add_task("looking at the files", total=None)
        for event in events:
            tally.add(event)
            line.update(
                task, total=tally.files or None, completed=tally.done, description=tally.line(monotonic())
            )
            yield event


def _with_lines(events: Iterable[Progress]) -> Iterator[Progress]:
    """Pass `events` on, and write a line on stderr every ten seconds."""
    told = started = monotonic()
    tally = Tally(started)
    for event in events:
        tally.add(event)
        if monotonic() - told > _SECONDS_BETWEEN_LINES:
            told = monotonic()
            tell(tally.line(told))
        yield event
