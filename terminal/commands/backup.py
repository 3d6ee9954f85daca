"""`dragoman backup`: a copy of the index that was checked."""

from __future__ import annotations

from pathlib import Path

import click

from terminal.commands.options import index_option, quiet_option
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode, tell
from terminal.json_output import dump
from terminal.settings import load_settings

SCHEMA = "dragoman.backup/1"

_EXAMPLES = """\b
Try:
  dragoman backup /mnt/disk/dragoman-2026-01-31
  dragoman search --index /mnt/disk/dragoman-2026-01-31 "notice period"
"""


@click.command(epilog=_EXAMPLES)
@click.argument("destination", metavar="DEST", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@index_option
@quiet_option
def backup(destination: Path, *, as_json: bool, **flags: object) -> int:
    """Copy the index to the folder DEST, which must not be there yet.

    It may be searched and written to meanwhile. The copy is checked, and appears whole or not at all. It is
    an index like any other, for --index.
    """
    settings = load_settings(flags)
    from index_data.backup import back_up

    size = back_up(settings.index, destination.absolute())
    if as_json:
        folders = {"index": {"folder": str(settings.index)}, "destination": str(destination.absolute())}
        deliver(dump({"schema": SCHEMA, **folders, "bytes": size}, indent=2) + "\n")
    elif not settings.quiet:
        tell(f"{destination} holds {size:,} bytes, every one of them checked")
    return ExitCode.OK
