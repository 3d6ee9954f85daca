"""`dragoman man`: the manual page."""

from __future__ import annotations

import click

from terminal.delivery import deliver
from terminal.diagnostics import ExitCode

_EXAMPLES = """\b
Try:
  dragoman man | man -l -
  dragoman man > ~/.local/share/man/man1/dragoman.1
"""


@click.command(epilog=_EXAMPLES)
@click.pass_context
def man(context: click.Context) -> int:
    """Print the manual page, with every command and option."""
    from terminal.manual import manual

    whole = context.find_root().command
    assert isinstance(whole, click.Group)
    deliver(manual(whole))
    return ExitCode.OK
