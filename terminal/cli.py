"""The command line: parse, call, exit."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from terminal.commands.backup import backup
from terminal.commands.check import check
from terminal.commands.doctor import doctor
from terminal.commands.evaluate import evaluate
from terminal.commands.explain import explain
from terminal.commands.feedback import feedback
from terminal.commands.garbage import gc
from terminal.commands.get import get
from terminal.commands.ingest import ingest
from terminal.commands.models import models
from terminal.commands.open import open_
from terminal.commands.purge import purge
from terminal.commands.rebuild import rebuild
from terminal.commands.repair import repair
from terminal.commands.search import search
from terminal.commands.selftest import selftest
from terminal.commands.similar import similar
from terminal.commands.status import status
from terminal.commands.tui import tui
from terminal.commands.tune import tune
from terminal.commands.verify import verify
from terminal.commands.watch import watch
from terminal.delivery import settle_stdout
from terminal.diagnostics import MEANINGS, ExitCode, guard

_EPILOG = """\b
Try:
  dragoman ingest ~/Documents
  dragoman search "how long is the notice period"
  dragoman tui

\b
Exit codes:
""" + "\n".join(f"  {code:<4} {meaning}" for code, meaning in MEANINGS.items())


@click.group(
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


for command in (
    ingest, watch, search, similar, get, open_, explain, tui, status, models, tune,
    evaluate, selftest, feedback, verify, check, doctor, repair, rebuild, gc, backup, purge,
):  # fmt: skip
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    _reopen_closed_streams()
    given = sys.argv[1:] if arguments is None else arguments
    try:
        return guard(lambda: int(cli.main(args=list(given), prog_name="dragoman", standalone_mode=False)))
    finally:
        settle_stdout()


def _reopen_closed_streams() -> None:
    """Send what a closed stream would get to nowhere, before a file of the index takes its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
