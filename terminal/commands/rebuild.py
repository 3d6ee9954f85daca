"""`dragoman rebuild`: make anew what is derived from the rows."""

from __future__ import annotations

import click

from terminal.commands.options import index_option, quiet_option
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode, tell
from terminal.json_output import dump
from terminal.settings import load_settings

SCHEMA = "dragoman.rebuild/1"

_EXAMPLES = """\b
Try:
  dragoman rebuild
  dragoman rebuild --collection papers
"""


@click.command(epilog=_EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@index_option
@quiet_option
def rebuild(*, as_json: bool, **flags: object) -> int:
    """Make words and segments anew, or the collection in Milvus, without reading or embedding a document."""
    settings = load_settings(flags)
    from index_data.rebuilding import rebuild as rebuild_index

    rebuild_index(settings.index)
    if as_json:
        deliver(dump({"schema": SCHEMA, "index": {"folder": str(settings.index)}}, indent=2) + "\n")
    elif not settings.quiet:
        tell(f"what is derived from the documents of {settings.index} is made anew")
    return ExitCode.OK
