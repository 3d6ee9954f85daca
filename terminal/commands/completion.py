"""`dragoman completion`: what a shell needs to complete commands, options and values."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from terminal.delivery import deliver
from terminal.diagnostics import ExitCode

_EXAMPLES = """\b
Try:
  dragoman completion bash > ~/.local/share/bash-completion/completions/dragoman
  dragoman completion zsh > ~/.zfunc/_dragoman       # with fpath+=~/.zfunc before compinit
  dragoman completion fish > ~/.config/fish/completions/dragoman.fish
"""


@click.command(epilog=_EXAMPLES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, /, *, shell: str) -> int:
    """Print the script with which a shell completes commands, options and their values.

    It asks `dragoman` itself at each press of the key, so it stays right when Dragoman is updated.
    """
    kind = get_completion_class(shell)
    assert kind is not None  # the choices are those of click
    whole = context.find_root()
    script = kind(whole.command, {}, "dragoman", "_DRAGOMAN_COMPLETE").source()
    deliver(script.rstrip() + "\n")
    return ExitCode.OK
