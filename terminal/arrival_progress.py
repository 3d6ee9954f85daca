"""A model on its way here, on stderr: one live line on a terminal, else a line now and then."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from time import monotonic
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as LiveLine

from terminal.diagnostics import tell, tell_json
from terminal.json_output import dump
from terminal.safe_text import safe_text
from terminal.ways_to_show import Show

if TYPE_CHECKING:
    from encoder.models.fetch import Arrival, Watch

_SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def shown_arrivals(show: Show = Show.AUTO) -> Iterator[Watch]:
    """Hand out what shows each `Arrival` that it is given."""
    match show:
        case Show.AUTO:
            with _live_line() if sys.stderr.isatty() else _lines() as watch:
                yield watch
        case Show.PLAIN:
            with _lines() as watch:
                yield watch
        case Show.JSON:
            yield _as_json
        case Show.OFF:
            yield _unwatched


def _as_json(arrival: Arrival) -> None:
    tell_json(dump({"type": "arrival", **asdict(arrival)}))


def _unwatched(_arrival: Arrival) -> None:
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
