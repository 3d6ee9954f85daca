"""`dragoman ingest`: bring the index up to date with files and folders."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click

from terminal.commands.options import engine_options, reading_options, shared_options
from terminal.commands.progress_option import progress_option
from terminal.diagnostics import ExitCode, tell, tell_interrupted
from terminal.settings import Settings, load_settings
from terminal.ways_to_show import Show, way_to_show

if TYPE_CHECKING:
    from ingest.ingester import Manner
    from ingest.progress import Report

_STOPPING = "Stopping after the document under way; Ctrl-C again stops at once."


_EXAMPLES = """\b
Try:
  dragoman ingest ~/Documents
  dragoman ingest --collection papers ~/papers ~/books
  dragoman ingest --engine ray ~/Documents
  dragoman ingest --progress json ~/Documents 2> steps.jsonl
"""


@click.command(epilog=_EXAMPLES)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@reading_options
@engine_options
@click.option("--prune/--no-prune", default=True, help="Forget the files that are gone. [default: yes]")
@click.option(
    "--rehash",
    is_flag=True,
    help="Open every file, even one whose size and time are as they were: a time may lie.",
)
@click.option("--strict", is_flag=True, help="Exit with 5, not 0, when a file could not be read.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@progress_option
@shared_options
def ingest(
    paths: tuple[Path, ...],
    *,
    ignore: bool,
    prune: bool,
    rehash: bool,
    any_file_system: bool,
    strict: bool,
    as_json: bool,
    progress: str | None,
    **flags: object,
) -> int:
    """Read files and folders into the index.

    What is unchanged since the last time is not read again, and what was embedded before is not embedded
    again. A file that cannot be read is reported with its reason, and the rest goes on. Ctrl-C completes the
    document under way and stops; pressed again, it stops at once.
    """
    from ingest.discovery import roots_of
    from ingest.ingester import Manner

    # A wrong path is told before the seconds that an encoder takes, and before an index is made for nothing.
    roots_of(paths)
    settings = load_settings(flags)
    started = monotonic()
    manner = Manner(prune=prune, rehash=rehash, heed_ignore_files=ignore)
    show = way_to_show(progress, silent=settings.quiet or as_json)
    report = _ingested(paths, settings, manner, any_file_system=any_file_system, show=show)
    if as_json:
        from terminal.delivery import deliver
        from terminal.ingest_output import report_fields
        from terminal.json_output import dump

        deliver(dump(report_fields(report, settings.index), indent=2) + "\n")
    elif show is not Show.JSON:
        _tell_report(report, seconds=monotonic() - started, quiet=settings.quiet)
    if report.stopped:
        return tell_interrupted()
    return ExitCode.PARTIAL if strict and report.skipped else ExitCode.OK


def _ingested(
    paths: tuple[Path, ...], settings: Settings, manner: Manner, *, any_file_system: bool, show: Show
) -> Report:
    from ingest.progress import Finished
    from terminal.interruption import asked_to_stop
    from terminal.progress_bar import shown
    from terminal.wiring import open_ingester

    announce = tell if show in {Show.AUTO, Show.PLAIN} else None
    with (
        open_ingester(settings, announce, any_file_system=any_file_system) as ingester,
        asked_to_stop(_STOPPING) as stop,
        closing(ingester.ingest(paths, manner, stop.is_set)) as events,
    ):
        for event in shown(events, show, settings.index):
            if isinstance(event, Finished):
                return event.report
    raise AssertionError("an ingest ends with Finished")


def _tell_report(report: Report, *, seconds: float, quiet: bool) -> None:
    from terminal.progress_bar import clock
    from terminal.safe_text import safe_path

    if not quiet:
        tell(
            f"read {report.ingested:,}, unchanged {report.unchanged:,}, moved {report.moved:,}, "
            f"forgotten {report.removed:,}, unreadable {len(report.skipped):,}; "
            f"passages {report.passages:,}, tokens {report.tokens:,}; {clock(seconds)}"
        )
        if report.reused:
            tell(f"not embedded again: {report.reused:,} passages that were known")
        if report.ignored:
            tell(f"ignored: {report.ignored:,} files and folders (--no-ignore reads them)")
        passed_over = ", ".join(
            f"{count:,} {suffix or 'without suffix'}" for suffix, count in report.unsupported.items()
        )
        if passed_over:
            tell(f"passed over: {passed_over}")
    for file in report.skipped:
        tell(f"unreadable: {safe_path(file.path)}: {file.reason}")
