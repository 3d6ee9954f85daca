"""`dragoman backup`: a copy of the index that was checked."""

from __future__ import annotations

from pathlib import Path

import click

from terminal.commands.options import index_option, quiet_option
from terminal.diagnostics import ExitCode, tell
from terminal.settings import load_settings


@click.command()
@click.argument("destination", metavar="DEST", type=click.Path(path_type=Path))
@index_option
@quiet_option
def backup(destination: Path, **flags: object) -> int:
    """Copy the index to the folder DEST, which must not be there yet.

    It may be searched and written to meanwhile. The copy is checked, and appears whole or not at all. It is
    an index like any other, for --index.
    """
    settings = load_settings(flags)
    from index_data.backup import back_up

    size = back_up(settings.index, destination.absolute())
    if not settings.quiet:
        tell(f"{destination} holds {size:,} bytes, every one of them checked")
    return ExitCode.OK
