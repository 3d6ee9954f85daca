"""`dragoman gc`: give back room that nothing needs."""

from __future__ import annotations

import click

from terminal.commands.options import index_option, quiet_option
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode, tell
from terminal.json_output import dump
from terminal.safe_text import safe_path
from terminal.settings import load_settings

SCHEMA = "dragoman.gc/1"

_EXAMPLES = """\b
Try:
  dragoman gc
  dragoman gc --quarantine 30
"""


@click.command(name="gc", epilog=_EXAMPLES)
@click.option(
    "--quarantine",
    "quarantine_days",
    type=click.IntRange(min=0),
    metavar="DAYS",
    help="Also delete what has been in quarantine for so long.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@index_option
@quiet_option
def gc(*, quarantine_days: int | None, as_json: bool, **flags: object) -> int:
    """Delete files that nothing names, and shrink the database.

    That needs as much free room as the database takes.
    """
    settings = load_settings(flags)
    from index_data.garbage import collect_garbage

    freed = collect_garbage(settings.index, quarantine_days=quarantine_days)
    if as_json:
        shape = {
            "schema": SCHEMA,
            "index": {"folder": str(settings.index)},
            "deleted": [str(file) for file in freed.files],
            "file_bytes": freed.file_bytes,
            "database_bytes": freed.database_bytes,
        }
        deliver(dump(shape, indent=2) + "\n")
    elif not settings.quiet:
        for file in freed.files:
            tell(f"deleted: {safe_path(file)}")
        tell(f"freed {freed.file_bytes:,} bytes of files and {freed.database_bytes:,} of the database")
    return ExitCode.OK
