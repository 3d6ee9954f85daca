"""`dragoman open`: a passage in its file, in another program."""

from __future__ import annotations

import os

import click

from search.freshness import is_stale
from terminal.commands.options import index_option, quiet_option
from terminal.commands.passage_id import PassageId, settings_for, stored_passage
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode, tell
from terminal.opener import opener, run, shell_words
from terminal.passage_names import PassageName
from terminal.safe_text import safe_path

_EXAMPLES = """\b
Try:
  dragoman open 12
  dragoman open papers:12
  dragoman open --print --viewer "okular -p {page} {path}" 12
"""


@click.command("open", epilog=_EXAMPLES)
@click.argument("passage", metavar="ID", type=PassageId())
@click.option("--print", "only_print", is_flag=True, help="Print the command, and run nothing.")
@click.option(
    "--viewer",
    metavar="NAME|COMMAND",
    help="What opens PDF files: evince, okular, zathura, ..., or a command with {page} and {path}. "
    "[env: DRAGOMAN_VIEWER; default: the first of them that is installed]",
)
@index_option
@quiet_option
def open_(passage: PassageName, *, only_print: bool, **flags: object) -> int:
    """Open the file of a passage where it stands.

    Plain text is opened in $VISUAL or $EDITOR at its line, PDF in a viewer at its page, all else as the
    desktop does.
    """
    settings = settings_for(passage, flags)
    from terminal.wiring import open_index

    with open_index(settings) as index:
        stored = stored_passage(index, passage.number)
    program = opener(stored.document, stored.passage, os.environ, settings.viewer)
    if only_print:
        deliver(shell_words(program.arguments) + "\n")
        return ExitCode.OK
    if not settings.quiet and stored.document.path.exists() and is_stale(stored.document):
        tell(f"{safe_path(stored.document.path)} has changed since it was read; the place may be another.")
    run(program, stored.document.path)
    return ExitCode.OK
