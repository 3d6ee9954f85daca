"""The command line: parse, call, exit."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Sequence

import click

from terminal.command_groups import CommandGroups
from terminal.delivery import settle_stdout
from terminal.diagnostics import MEANINGS, ExitCode, guard
from terminal.lazy_commands import LazyCommands
from terminal.start import with_search

_COMMANDS = LazyCommands(
    {
        "backup": "backup",
        "check": "check",
        "collections": "collections:collections_",
        "completion": "completion",
        "config": "config",
        "doctor": "doctor",
        "eval": "evaluate:evaluate",
        "explain": "explain",
        "feedback": "feedback",
        "gc": "garbage",
        "get": "get",
        "ingest": "ingest",
        "man": "man",
        "map": "map:map_",
        "mcp": "mcp",
        "migrate": "migrate",
        "models": "models",
        "open": "open:open_",
        "purge": "purge",
        "rebuild": "rebuild",
        "repair": "repair",
        "search": "search",
        "selftest": "selftest",
        "serve": "serve",
        "similar": "similar",
        "status": "status",
        "tui": "tui",
        "tune": "tune",
        "verify": "verify",
        "watch": "watch",
    }
)
"""The module of each command, with the name that the command has there if it is another."""

_HEADINGS = {
    "Find": ("search", "tui", "get", "open", "similar", "explain", "verify"),
    "Fill the index": ("ingest", "watch", "purge"),
    "See what is there": ("status", "map", "collections"),
    "Look after it": ("check", "repair", "rebuild", "gc", "backup", "migrate"),
    "Measure and improve": ("feedback", "eval", "selftest", "tune", "models"),
    "Serve other programs": ("serve", "mcp"),
    "Set up": ("config", "doctor", "completion", "man"),
}
"""What each command is for, as the help has it."""
_COLUMNS = 80

_EPILOG = """\b
Try:
  dragoman ingest ~/Documents
  dragoman "how long is the notice period"     # the same as dragoman search
  dragoman tui

\b
Exit codes:
""" + "\n".join(
    textwrap.fill(meaning, _COLUMNS - 2, initial_indent=f"  {code:<4} ", subsequent_indent=" " * 7)
    for code, meaning in MEANINGS.items()
)


@click.group(
    cls=CommandGroups,
    headings=_HEADINGS,
    commands=_COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EPILOG,
)
@click.version_option(package_name="dragoman", prog_name="dragoman")
@click.pass_context
def cli(context: click.Context) -> int:
    """Ask a folder of documents in many languages a question in yours."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
    return ExitCode.OK


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    _reopen_closed_streams()
    given = with_search(list(sys.argv[1:] if arguments is None else arguments))
    try:
        return guard(lambda: int(cli.main(args=given, prog_name="dragoman", standalone_mode=False)))
    finally:
        settle_stdout()


def _reopen_closed_streams() -> None:
    """Send what a closed stream would get to nowhere, before a file of the index takes its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
