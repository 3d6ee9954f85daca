"""`dragoman mcp`: the index as tools of a language model's client."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from index_data.errors import UsageError
from terminal.commands.options import searching_options
from terminal.diagnostics import ExitCode, tell
from terminal.settings import Settings, load_settings

_EXAMPLES = """\b
Try:
  dragoman mcp
  dragoman mcp --allow-ingest ~/papers

\b
In a client's list of servers:
  {"command": "dragoman", "args": ["mcp"]}
"""


@click.command(epilog=_EXAMPLES)
@click.option(
    "--allow-ingest",
    multiple=True,
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="FOLDER",
    help="Let the client have what lies below this folder read into the index; may be given again.",
)
@searching_options
def mcp(allow_ingest: tuple[Path, ...], **flags: object) -> int:
    """Serve a client of the Model Context Protocol on stdin and stdout.

    It may search, read passages and ask what the index holds, and change nothing, unless --allow-ingest is
    given. The encoder is loaded in the background.
    """
    settings = load_settings(flags, several=True)
    _refuse_ingests_into_several(settings, allow_ingest)
    from terminal.engine.opening import nearest_engine
    from terminal.jobs.ingest_jobs import IngestJobs
    from terminal.service.ingest_tools import ingest_operations
    from terminal.service.mcp_server import mcp_server, serve_on_stdio

    if sys.stdin.isatty():
        tell("waiting for a client of the Model Context Protocol on stdin; Ctrl-D ends it")
    more = ingest_operations(settings.index, allow_ingest, IngestJobs()) if allow_ingest else ()
    with nearest_engine(settings) as engine:
        serve_on_stdio(mcp_server(engine, more))
    return ExitCode.OK


def _refuse_ingests_into_several(settings: Settings, roots: tuple[Path, ...]) -> None:
    if settings.several and roots:
        raise UsageError(
            "several collections are served, and none of them can be ingested into from here",
            remedy="Leave out --allow-ingest, or serve one collection.",
        )
