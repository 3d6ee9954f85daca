"""`dragoman repair`: make a damaged index sound."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from terminal.commands.check import findings_json, findings_text
from terminal.commands.options import index_option
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode
from terminal.json_output import dump
from terminal.safe_text import safe_path, safe_text
from terminal.settings import load_settings

if TYPE_CHECKING:
    from index_data.repair import Repair

SCHEMA = "dragoman.repair/1"


_EXAMPLES = """\b
Try:
  dragoman repair --dry-run
  dragoman repair
"""


@click.command(epilog=_EXAMPLES)
@click.option("--dry-run", is_flag=True, help="Tell what would be done, and change nothing.")
@click.option(
    "--start-anew",
    is_flag=True,
    help="If nothing else helps, move the database to quarantine, so that the next ingest begins a new one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@index_option
def repair(*, dry_run: bool, start_anew: bool, as_json: bool, **flags: object) -> int:
    """Make a damaged index sound.

    Copies are made anew from what they copy. A damaged document is taken out and named, and the next ingest
    of its folder reads it again. Damaged files are not deleted; they go to quarantine.
    """
    folder = load_settings(flags).index
    from index_data.findings import is_sound

    report = _repaired(folder, dry_run=dry_run, start_anew=start_anew)
    deliver(_json(folder, report, dry_run=dry_run) if as_json else _text(folder, report, dry_run=dry_run))
    return ExitCode.DAMAGED if dry_run and not is_sound(report.found) else ExitCode.OK


def _repaired(folder: Path, *, dry_run: bool, start_anew: bool) -> Repair:
    from index_data import quarantine, repair
    from index_data.errors import IndexDamaged, IndexForeign

    if dry_run:
        return repair.would_repair(folder)
    try:
        return repair.repair(folder)
    except (IndexDamaged, IndexForeign):
        if not start_anew:
            raise
        return repair.Repair((), quarantined=quarantine.start_anew(folder))


def _json(folder: Path, report: Repair, *, dry_run: bool) -> str:
    shape = {
        "schema": SCHEMA,
        "index": {"folder": str(folder)},
        "dry_run": dry_run,
        "findings": findings_json(report.found),
        "lost": [str(path) for path in report.lost],
        "nameless": report.nameless,
        "rescued_vectors": report.rescued,
        "quarantined": [str(path) for path in report.quarantined],
    }
    return dump(shape, indent=2) + "\n"


def _text(folder: Path, report: Repair, *, dry_run: bool) -> str:
    might = "might be " if dry_run else ""
    lines = []
    for path in report.lost:
        where = "ingest its folder to read it again" if path.is_file() else "its file is gone too"
        lines.append(f"{might}taken out: {safe_path(path)}; {where}")
    if report.nameless:
        lines.append(f"taken out: {report.nameless:,} documents without a name; ingest all folders again")
    if report.rescued:
        lines.append(f"restored: {report.rescued:,} vectors, from a segment")
    lines += [f"in quarantine: {safe_path(path)}" for path in report.quarantined]
    where = safe_text(str(folder))
    if dry_run:
        lines.append(f"the index in {where} was not changed")
    elif report.found or not report.quarantined:
        lines.append(f"the index in {where} is sound")
    return findings_text(report.found) + "".join(f"{line}\n" for line in lines)
