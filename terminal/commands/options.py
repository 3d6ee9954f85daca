"""The options that several commands take; their names are those of `Settings`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., object])

index_option = click.option(
    "--index",
    metavar="FOLDER",
    help="Where the index is kept. [env: DRAGOMAN_INDEX; default: a folder among your data]",
)
models_option = click.option(
    "--models",
    metavar="FOLDER",
    help="Where fetched models are kept. [env: DRAGOMAN_MODELS; default: a folder among your data]",
)
model_option = click.option(
    "--model",
    metavar="NAME|FOLDER|SERVER",
    help="The encoder: auto, a known name, a folder, openai:URL#NAME or ollama:NAME. "
    "[env: DRAGOMAN_MODEL; default: auto, what the index was made with]",
)
device_option = click.option(
    "--device",
    metavar="DEVICE",
    help="auto, cpu, cuda or mps. [env: DRAGOMAN_DEVICE; default: auto]",
)
dtype_option = click.option(
    "--dtype",
    metavar="FORMAT",
    help="auto, float32, bfloat16 or int8 (on a CPU). [env: DRAGOMAN_DTYPE; default: auto]",
)
offline_option = click.option(
    "--offline/--online",
    default=None,
    help="Never use the network, or let libraries use it. [env: DRAGOMAN_OFFLINE; default: used only by "
    "`models fetch`, and for a server that --model names]",
)
quiet_option = click.option(
    "-q",
    "--quiet",
    is_flag=True,
    default=None,
    help="Nothing on stderr but errors. [env: DRAGOMAN_QUIET]",
)


def shared_options(command: Command) -> Command:
    """Give a command the options that all commands share which work with an index."""
    shared = (
        index_option,
        models_option,
        model_option,
        device_option,
        dtype_option,
        offline_option,
        quiet_option,
    )
    for option in reversed(shared):
        command = option(command)
    return command
