"""A migration under way, on stderr, and what came of it, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as LiveLine

from index_data.migration import Migrated, Step
from terminal.diagnostics import tell, tell_json
from terminal.json_output import dump
from terminal.ways_to_show import Show, way

_SECONDS_BETWEEN_LINES = 10.0
_Events = Iterable[Step | Migrated]


def shown(events: _Events, show: Show) -> Iterator[Step | Migrated]:
    """Pass `events` on and show how far they are."""
    shows = way(show, live=_with_live_line, lines=_with_lines, json=_with_json_lines)
    return shows(events) if shows else iter(events)


def migrated_fields(migrated: Migrated) -> dict[str, object]:
    """Make the object that sums a migration up."""
    return {
        "documents": migrated.documents,
        "passages": migrated.passages,
        "unread": migrated.unread,
        "moved": migrated.moved,
        "same_ids": migrated.same_ids,
        "asked": migrated.asked,
    }


def migrated_line(migrated: Migrated) -> str:
    """Sum a migration up."""
    ids = "with the numbers they had" if migrated.same_ids else "with other numbers than they had"
    return (
        f"{migrated.documents:,} documents and {migrated.passages:,} passages are there, {ids}; "
        f"{migrated.moved:,} documents were brought now. All were compared with what they were, bit by bit, "
        f"and {migrated.asked:,} passages asked for in both places"
    )


def _line(step: Step) -> str:
    return f"{step.stage}: {step.done:,} of {step.documents:,} documents"


def _with_live_line(events: _Events) -> Iterator[Step | Migrated]:
    columns = BarColumn(), TextColumn("{task.description}", markup=False)
    with LiveLine(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as line:
        task = line.add_task("opening", total=None)
        for event in events:
            if isinstance(event, Step):
                line.update(task, total=event.documents, completed=event.done, description=_line(event))
            yield event


def _with_lines(events: _Events) -> Iterator[Step | Migrated]:
    told = monotonic()
    for event in events:
        if isinstance(event, Step) and monotonic() - told > _SECONDS_BETWEEN_LINES:
            told = monotonic()
            tell(_line(event))
        yield event


def _with_json_lines(events: _Events) -> Iterator[Step | Migrated]:
    for event in events:
        if isinstance(event, Step):
            step = {"stage": event.stage.value, "done": event.done, "documents": event.documents}
            tell_json(dump({"type": "step", **step}))
        else:
            tell_json(dump({"type": "migrated", **migrated_fields(event)}))
        yield event
