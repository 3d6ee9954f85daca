"""The index and the encoder on threads of their own, so that the screen never waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from index_data.index import Index
from index_data.records import IndexSummary, StoredPassage
from search.known_values import refuse_unknown
from search.query import Mode, Query
from search.searcher import Searcher
from terminal.answer import Answer, answer

Result = TypeVar("Result")

_NEIGHBOURS = 2
"""Passages shown before and after the one that answers."""


class Engine:
    """Answers questions one after the other; one that is cancelled before its turn is never searched.

    Until the encoder is loaded, questions are answered by their words.
    """

    def __init__(
        self, index: Index, index_folder: Path, by_words: Searcher, load_searcher: Callable[[], Searcher]
    ) -> None:
        self._index = index
        self._index_folder = index_folder
        self._searcher = by_words
        self._load_searcher = load_searcher
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
        return self._searcher.embedder is not None

    async def load(self) -> None:
        """Load the encoder.

        Raises:
            DragomanError: it cannot be used, or is not the one that made the index.
        """
        loop = asyncio.get_running_loop()
        self._searcher = await loop.run_in_executor(self._loading, self._load_searcher)

    async def summary(self) -> IndexSummary:
        """Count what the index holds."""
        return await self._next(self._index.summary)

    async def search(self, query: Query) -> Answer:
        """Search, by words where the encoder is not yet loaded.

        Raises:
            UsageError: the question names a language or a type of which the index holds nothing.
            DragomanError: the index cannot be used.
        """
        searcher = self._searcher
        needs_encoder = not (self.loaded or query.by_example)
        possible = replace(query, mode=Mode.LEXICAL) if needs_encoder else query
        await self._next(lambda: refuse_unknown(query.filters, self._index.summary))
        return await self._next(lambda: answer(searcher, possible, self._index_folder))

    async def passages_around(self, passage_id: int) -> list[StoredPassage]:
        """Fetch a passage among its neighbours in the document, in order; none when it is gone."""
        return await self._next(lambda: self._index.passages_around(passage_id, _NEIGHBOURS, _NEIGHBOURS))

    async def _next(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._searching, work)
