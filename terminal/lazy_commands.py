"""Commands by name, each imported when it is first wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module

import click


class LazyCommands(MutableMapping[str, click.Command]):
    """What a `click.Group` holds; whoever invokes one command waits for no other."""

    def __init__(self, places: Mapping[str, str]) -> None:
        """Hold the commands at these `places`, each a module of `terminal.commands` and a name in it."""
        self._places = dict(places)
        self._loaded: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._loaded:
            module, _, own_name = self._places[name].partition(":")
            self._loaded[name] = getattr(import_module(f"terminal.commands.{module}"), own_name or name)
        return self._loaded[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._places[name], self._loaded[name] = name, command

    def __delitem__(self, name: str) -> None:
        del self._places[name]
        self._loaded.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
