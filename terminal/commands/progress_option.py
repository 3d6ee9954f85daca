"""The option that says how a long command shows how far it is."""

from __future__ import annotations

import click

from terminal.ways_to_show import Show

progress_option = click.option(
    "--progress",
    type=click.Choice([how.value for how in Show]),
    help="A live line on a terminal and else a line now and then (auto), such lines (plain), each step as a "
    "JSON line (json), or none (off), on stderr. [default: auto, or off with --json]",
)
