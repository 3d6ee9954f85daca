"""`dragoman rebuild`: make anew what is derived from the rows."""

from __future__ import annotations

import click

from terminal.commands.options import index_option, quiet_option
from terminal.diagnostics import ExitCode, tell
from terminal.settings import load_settings


@click.command()
@index_option
@quiet_option
def rebuild(**flags: object) -> int:
    """Make words and segments anew, without reading or embedding a document."""
    settings = load_settings(flags)
    from index_data.rebuilding import rebuild as rebuild_index

    rebuild_index(settings.index)
    if not settings.quiet:
        tell(f"words and segments of {settings.index} are made anew")
    return ExitCode.OK
