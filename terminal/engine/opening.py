"""An engine in this process."""

from __future__ import annotations

from terminal.engine.engine import Engine
from terminal.settings import Settings


def engine_of(settings: Settings) -> Engine:
    """Return what answers questions to the index that `settings` name; nothing is opened or loaded yet."""
    from index_data.index import Index
    from terminal.wiring import load_searcher, searcher_by_words

    return Engine(
        settings.index,
        lambda: Index.open(settings.index),
        searcher_by_words,
        lambda index: load_searcher(index, settings),
    )
