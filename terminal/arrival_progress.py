"""A model on its way here, on stderr: one live line on a terminal, else a line now and then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict
from time import monotonic
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as LiveLine

from terminal.diagnostics import tell, tell_json
from terminal.json_output import dump
from terminal.safe_text import safe_text
from terminal.ways_to_show import Show, way

if TYPE_CHECKING:
    from encoder.models.fetch import Arrival, Watch

_SECONDS_BETWEEN_LINES = 10.0


def shown_arrivals(show: Show = Show.AUTO) -> AbstractContextManager[Watch]:
    """Hand out what shows each `Arrival` that it is given."""
    shows = way(show, live=_live_line, lines=_lines, json=_json_lines)
    return shows() if shows else nullcontext(_ignore)


def _json_lines() -> AbstractContextManager[Watch]:
    return nullcontext(_tell_json)


def _tell_json(arrival: Arrival) -> None:
    tell_json(dump({"type": "arrival", **asdict(arrival)}))


def _ignore(_arrival: Arrival) -> None:
    """Show nothing."""


@contextmanager
def _live_line() -> Iterator[Watch]:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with LiveLine(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as line:
        task = line.add_task("")

        def watch(arrival: Arrival) -> None:
            shown = safe_text(arrival.file)
            line.update(task, total=arrival.expected, completed=arrival.arrived, description=shown)

        yield watch


@contextmanager
def _lines() -> Iterator[Watch]:
    told = monotonic()

    def watch(arrival: Arrival) -> None:
        nonlocal told
        if monotonic() - told > _SECONDS_BETWEEN_LINES:
            told = monotonic()
            tell(f"{arrival.file}: {arrival.arrived:,} of {arrival.expected:,} bytes")

    yield watch
