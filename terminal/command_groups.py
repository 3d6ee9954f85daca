"""A command whose help lists what is below it under headings, by what it is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

_REST = "More"


class CommandGroups(click.Group):
    """A group of commands in groups."""

    def __init__(self, *arguments: Any, headings: Mapping[str, Sequence[str]], **named: Any) -> None:
        """Take, besides what a group takes, the names of the commands under each of the `headings`."""
        super().__init__(*arguments, **named)
        self.headings = headings

    def sections(self, context: click.Context) -> Iterator[tuple[str, list[tuple[str, click.Command]]]]:
        """Give each heading with its commands, and in the end those that have none."""
        names = self.list_commands(context)
        known = {name for some in self.headings.values() for name in some}
        rest = {_REST: [name for name in names if name not in known]}
        for heading, some in {**self.headings, **rest}.items():
            found = [(name, self.get_command(context, name)) for name in some if name in names]
            shown = [(name, command) for name, command in found if command and not command.hidden]
            if shown:
                yield heading, shown

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a section for each heading, with the columns of all in line."""
        sections = list(self.sections(ctx))
        widest = max((len(name) for _, shown in sections for name, _ in shown), default=0)
        room = formatter.width - widest - len("    ")
        for heading, shown in sections:
            rows = [(name.ljust(widest), command.get_short_help_str(room)) for name, command in shown]
            with formatter.section(heading):
                formatter.write_dl(rows)
