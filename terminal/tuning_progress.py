"""Tuning under way, on stderr: what is certain in lines, and between them a live line on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as LiveLine

from encoder.tuning.progress import Learnt, Measured, Measuring, Prepared, Progress, Report
from terminal.diagnostics import tell
from terminal.ways_to_show import Show, way

_SECONDS_BETWEEN_LINES = 10.0


def shown(events: Iterable[Progress], show: Show) -> Iterator[Progress]:
    """Pass `events` on and show what they say."""
    from terminal.tuning_output import with_json_lines

    shows = way(show, live=_with_live_line, lines=_with_lines, json=with_json_lines)
    return shows(events) if shows else iter(events)


def prepared_line(prepared: Prepared) -> str:
    """Say what there is to learn from and to measure by."""
    return (
        f"{prepared.pairs:,} pairs of {prepared.documents:,} documents to learn from; "
        f"held out: {prepared.queries:,} queries of {prepared.held_out:,} documents"
    )


def report_line(report: Report) -> str:
    """Say what is found before and after."""
    first, ten, general = report.first, report.among_ten, report.general
    check = [f"{100 * found / general.queries:.1f}" for found in (general.before, general.after)]
    return (
        f"{first.queries:,} held-out queries: passage first {first.before:,} -> {first.after:,}, "
        f"among ten {ten.before:,} -> {ten.after:,}; general check {check[0]} -> {check[1]} %"
    )


def _with_live_line(events: Iterable[Progress]) -> Iterator[Progress]:
    columns = BarColumn(), TextColumn("{task.description}", markup=False)
    with LiveLine(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as line:
        task = line.add_task("dividing the corpus", total=1.0)
        for event in events:
            if lasting := _lasting(event):
                tell(lasting)
            done = event.done if isinstance(event, Learnt) else None
            line.update(task, completed=done, description=_passing(event))
            yield event


def _with_lines(events: Iterable[Progress]) -> Iterator[Progress]:
    told = monotonic()
    for event in events:
        due = monotonic() - told > _SECONDS_BETWEEN_LINES
        if line := _lasting(event) or (_passing(event) if due else ""):
            told = monotonic()
            tell(line)
        yield event


def _lasting(event: Progress) -> str:
    match event:
        case Prepared():
            return prepared_line(event)
        case Measured(report) if report.share == 0:
            return f"as it is: {report_line(report)}"
        case Measured(report):
            return f"{report.share:.0%} of what was learnt: {report_line(report)}"
    return ""


def _passing(event: Progress) -> str:
    match event:
        case Measuring():
            return "measuring"
        case Learnt():
            return f"learning: {event.done:.0%}, step {event.steps:,}, loss {event.loss:.3f}"
    return ""
