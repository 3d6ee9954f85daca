"""The options that say which passages are searched; each is a field of the query line, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from index_data.records import Filters
from terminal.completion import media_types

Command = TypeVar("Command", bound=Callable[..., object])

_FIELDS = {
    "languages": ("lang", False),
    "not_languages": ("lang", True),
    "media_types": ("type", False),
    "path_globs": ("path", False),
    "titles": ("title", False),
    "after": ("after", False),
    "before": ("before", False),
}
"""The field of the query line that each option is, and whether it is negated."""
_COMMA_SEPARATED = {"languages", "not_languages", "media_types"}


def filter_options(command: Command) -> Command:
    """Give a command the options from which `taken_filters` makes filters."""
    options = (
        click.option(
            "--lang", "languages", multiple=True, metavar="CODES", help="Only these languages: de,fr."
        ),
        click.option(
            "--not-lang", "not_languages", multiple=True, metavar="CODES", help="None of these languages."
        ),
        click.option(
            "--type",
            "media_types",
            multiple=True,
            metavar="TYPES",
            shell_complete=media_types,
            help="Only these types: pdf,md.",
        ),
        click.option(
            "--path",
            "path_globs",
            multiple=True,
            metavar="GLOB",
            help="Only files below a folder or with a name: 'reports/**', '*.draft.md'.",
        ),
        click.option(
            "--title", "titles", multiple=True, metavar="WORDS", help="Only documents with this in the title."
        ),
        click.option(
            "--after",
            "--since",
            "after",
            multiple=True,
            metavar="DATE",
            help="Only files modified since: 2024, 2024-01, 2024-01-31, 7d or 2w.",
        ),
        click.option(
            "--before", multiple=True, metavar="DATE", help="Only files modified before: as with --after."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def taken_filters(flags: dict[str, object]) -> Filters:
    """Make filters of what the options gave, and take it out of `flags`.

    Raises:
        UsageError: a date is none, or a title has no words.
    """
    from search.fields import filters_of

    return filters_of((*_FIELDS[name], _values(name, flags.pop(name))) for name in _FIELDS)


def _values(name: str, given: object) -> list[str]:
    assert isinstance(given, tuple)  # all of the options may be repeated
    values = [str(value) for value in given]
    return [part for value in values for part in value.split(",")] if name in _COMMA_SEPARATED else values
