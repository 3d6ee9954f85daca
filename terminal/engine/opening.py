"""Engines for whoever wants to ask: in this process, or resident in another, which may be started for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from terminal.engine.engine import Engine
from terminal.engine.engine_address import engine_address
from terminal.engine.remote_engine import EngineGone, RemoteEngine
from terminal.settings import Settings

if TYPE_CHECKING:
    from search.searcher import Searcher
    from search.united_index import Searchable

NearestEngine: TypeAlias = Engine | RemoteEngine


def engine_of(settings: Settings) -> Engine:
    """Return what answers questions to the index that `settings` name; nothing is opened or loaded yet."""

    # Where a resident engine answers, nothing of this is imported.
    def open_index() -> Searchable:
        if settings.several:
            from search.united_index import UnitedIndex

            return UnitedIndex.open(settings.several)
        from index_data.index import Index

        return Index.open(settings.index)

    def by_words(index: Searchable) -> Searcher:
        from terminal.wiring import searcher_by_words

        return searcher_by_words(index)

    def load(index: Searchable) -> Searcher:
        from terminal.wiring import load_searcher

        return load_searcher(index, settings)

    return Engine(settings.index, open_index, by_words, load, several=settings.several)


def resident(settings: Settings) -> RemoteEngine | None:
    """Return the engine that `dragoman serve` keeps for these settings; None where none is running."""
    address = engine_address(settings)
    return None if address is None else _greeted(address, settings, lambda: False)


def nearest_engine(settings: Settings) -> NearestEngine:
    """Return the resident engine, or one in this process, which answers the same."""
    return resident(settings) or engine_of(settings)


@contextmanager
def engine_beside(settings: Settings) -> Iterator[NearestEngine]:
    """Ask an engine in another process, started where none is resident, and again should it go.

    It ends a minute after its last client has gone. Where no process or socket can be made, the engine is in
    this process.
    """
    from terminal.engine.starting import start_engine

    address = engine_address(settings)

    def start() -> bool:
        return start_engine(settings)

    found = None
    if address is not None:
        found = _greeted(address, settings, start)
        if found is None and start():
            found = _greeted(address, settings, start)
    with found or engine_of(settings) as engine:
        yield engine


def _greeted(address: str, settings: Settings, revive: Callable[[], bool]) -> RemoteEngine | None:
    engine = RemoteEngine(address, lambda: engine_of(settings), revive, several=settings.several)
    try:
        engine.greet()
    except EngineGone:
        engine.close()
        return None
    return engine
