"""What a shell offers for the values of options, found without opening an index or loading an encoder."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def folders(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Leave it to the shell to offer folders."""
    return [CompletionItem(begun, type="dir")]


def files(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Leave it to the shell to offer files."""
    return [CompletionItem(begun, type="file")]


def one_of(*values: str) -> Completer:
    """Make a completer that offers `values`."""

    def complete(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
        return _beginning(begun, values)

    return complete


def names_of_collections(
    _context: click.Context, _parameter: click.Parameter, begun: str
) -> list[CompletionItem]:
    """Offer the collections that hold an index."""
    from terminal.collections import collections

    return _beginning(begun, (one.name for one in collections()))


def names_of_models(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Offer the models that are known by name."""
    from encoder.models.registry import known_models

    return _beginning(begun, known_models())


def models_or_folders(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Offer the models that are known by name, or folders where none begins so."""
    return names_of_models(context, parameter, begun) or folders(context, parameter, begun)


def media_types(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Offer the types of documents that are read, also after a comma."""
    from ingest.readers.suffixes import MEDIA_TYPES

    before, comma, last = begun.rpartition(",")
    offered = (
        f"{before}{comma}{name}" for name in sorted(set(MEDIA_TYPES.values())) if name.startswith(last)
    )
    return _beginning(begun, offered)


def _beginning(begun: str, values: Iterable[str]) -> list[CompletionItem]:
    return [CompletionItem(value) for value in values if value.startswith(begun)]
