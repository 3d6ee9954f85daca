"""`dragoman gc`: give back room that nothing needs."""

from __future__ import annotations

import click

from terminal.commands.options import index_option, quiet_option
from terminal.diagnostics import ExitCode, tell
from terminal.safe_text import safe_path
from terminal.settings import load_settings


@click.command(name="gc")
@click.option(
    "--quarantine",
    "quarantine_days",
    type=click.IntRange(min=0),
    metavar="DAYS",
    help="Also delete what has been in quarantine for so long.",
)
@index_option
@quiet_option
def gc(*, quarantine_days: int | None, **flags: object) -> int:
    """Delete files that nothing names, and shrink the database.

    That needs as much free room as the database takes.
    """
    settings = load_settings(flags)
    from index_data.garbage import collect_garbage

    freed = collect_garbage(settings.index, quarantine_days=quarantine_days)
    if not settings.quiet:
        for file in freed.files:
            tell(f"deleted: {safe_path(file)}")
        tell(f"freed {freed.file_bytes:,} bytes of files and {freed.database_bytes:,} of the database")
    return ExitCode.OK
