"""The engine behind threads of its own, so that the screen never waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self, TypeVar

from index_data.records import IndexSummary, StoredPassage
from search.query import Query
from terminal.answer import Answer
from terminal.engine.engine import Engine, Stage

Result = TypeVar("Result")

_NEIGHBOURS = 2
"""Passages shown before and after the one that answers."""


class Asker:
    """Asks questions one after the other; one that is cancelled before its turn is never asked.

    Until the encoder is loaded, questions are answered by their words.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._searching = ThreadPoolExecutor(max_workers=1, thread_name_prefix="search")
        self._loading = ThreadPoolExecutor(max_workers=1, thread_name_prefix="load")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loading.shutdown(cancel_futures=True)
        self._searching.shutdown(cancel_futures=True)

    @property
    def loaded(self) -> bool:
        """Questions are answered by their meaning, too."""
        return self._engine.loaded

    async def load(self) -> None:
        """Load the encoder.

        Raises:
            DragomanError: it cannot be used, or is not the one that made the index.
        """
        await asyncio.get_running_loop().run_in_executor(self._loading, self._engine.load)

    async def summary(self) -> IndexSummary:
        """Count what the index holds."""
        return await self._next(self._engine.summary)

    async def search(self, query: Query) -> Answer:
        """Search, by words where the encoder is not yet loaded.

        Raises:
            UsageError: the question names a language or a type of which the index holds nothing.
            DragomanError: the index cannot be used.
        """
        stage = Stage.RANKED if self.loaded else Stage.WORDS
        return await self._next(lambda: self._engine.answer(query, stage))

    async def passages_around(self, passage_id: int) -> list[StoredPassage]:
        """Fetch a passage among its neighbours in the document, in order; none when it is gone."""
        return await self._next(lambda: self._engine.passages_around(passage_id, _NEIGHBOURS, _NEIGHBOURS))

    async def _next(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._searching, work)
