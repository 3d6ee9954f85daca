"""The options that every command takes; their names are those of `Settings`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., object])

_SHARED = (
    click.option(
        "--index",
        metavar="FOLDER",
        help="Where the index is kept. [env: DRAGOMAN_INDEX; default: a folder among your data]",
    ),
    click.option(
        "--model",
        metavar="NAME|FOLDER",
        help="The encoder. [env: DRAGOMAN_MODEL; default: what the index was made with, else builtin]",
    ),
    click.option(
        "--device",
        metavar="DEVICE",
        help="auto, cpu, cuda or mps. [env: DRAGOMAN_DEVICE; default: auto]",
    ),
    click.option(
        "--offline/--online",
        default=None,
        help="Tell every library to stay off the network; nothing in this version uses it anyway. "
        "[env: DRAGOMAN_OFFLINE; default: offline]",
    ),
    click.option(
        "-q",
        "--quiet",
        is_flag=True,
        default=None,
        help="Nothing on stderr but errors. [env: DRAGOMAN_QUIET]",
    ),
)


def shared_options(command: Command) -> Command:
    """Give a command the options that all commands share."""
    for option in reversed(_SHARED):
        command = option(command)
    return command
