"""The engine behind threads of its own, so that the screen never waits for it."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from index_data.records import FileAccount, IndexSummary, StoredPassage
from search.hits import Hit
from search.query import Mode, Query
from terminal.answer import Answer
from terminal.engine.engine import Stage
from terminal.engine.opening import NearestEngine
from terminal.tui.marked_passage import Marks, marks

Result = TypeVar("Result")

_NEIGHBOURS = 2
"""Passages shown before and after the one that answers."""


class Asker:
    """Asks questions one after the other; one that is cancelled before its turn is never asked.

    Words have a thread, what needs the encoder has another, and what is shown of a hit a third: so neither
    the first answer nor a preview waits for a slow one. Until the encoder is loaded, questions are answered
    by their words.
    """

    def __init__(self, engine: NearestEngine) -> None:
        self._engine = engine
        self._resources = ExitStack()
        names = ("words", "meaning", "reading", "loading")
        threads = [ThreadPoolExecutor(max_workers=1, thread_name_prefix=name) for name in names]
        self._words, self._meaning, self._reading, self._loading = self._threads = threads

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @classmethod
    def opened(cls, context: AbstractContextManager[NearestEngine]) -> Self:
        """Ask the engine that `context` gives, and leave it in the end."""
        with ExitStack() as resources:
            asker = cls(resources.enter_context(context))
            asker._resources = resources.pop_all()
            return asker

    def close(self) -> None:
        """Wait for what is under way, and let go of what was opened."""
        for thread in reversed(self._threads):
            thread.shutdown(cancel_futures=True)
        self._resources.close()

    @property
    def loaded(self) -> bool:
        """Questions are answered by their meaning, too."""
        return self._engine.loaded

    async def load(self) -> None:
        """Load the encoder.

        Raises:
            DragomanError: it cannot be used, or is not the one that made the index.
        """
        await _on(self._loading, self._engine.load)
        # What was loaded stays. A collection that looked through all of it stopped the loop for 60 to 110 ms.
        gc.freeze()

    def stages(self, query: Query, *, rerank: bool) -> tuple[Stage, ...]:
        """Name the stages in which `query` is answered, quickest first.

        Words alone would mislead where meaning alone is asked for, and they cannot be moved by passages.
        """
        if query.by_example:
            return (Stage.FUSED,)
        if query.mode is Mode.LEXICAL or not self.loaded:
            return (Stage.WORDS,)
        later = (Stage.FUSED, Stage.RANKED) if rerank else (Stage.FUSED,)
        by_words_first = query.mode is Mode.HYBRID and not (query.like or query.unlike)
        return (Stage.WORDS, *later) if by_words_first else later

    async def answer(self, query: Query, stage: Stage) -> Answer:
        """Search as far as `stage` says.

        Raises:
            UsageError: the question names a language or a type of which the index holds nothing.
            DragomanError: the index or the encoder cannot be used.
        """
        thread = self._words if stage is Stage.WORDS or query.by_example else self._meaning
        return await _on(thread, lambda: self._engine.answer(query, stage))

    async def explanation(self, query: Query, passage_id: int) -> dict[str, Any]:
        """Say what each stage said of a passage, as `dragoman explain --json` has it.

        Raises:
            DragomanError: the index or the encoder cannot be used.
        """
        return await _on(self._meaning, lambda: self._engine.explanation(query, passage_id))

    async def summary(self) -> IndexSummary:
        """Count what the index holds.

        Raises:
            DragomanError: the index cannot be used.
        """
        return await _on(self._reading, self._engine.summary)

    async def account(self, path: Path) -> FileAccount | None:
        """Say how much of a file can be found; None when it is gone."""
        return await _on(self._reading, lambda: self._engine.account(path))

    async def around(self, hit: Hit, question: str) -> tuple[list[StoredPassage], Marks]:
        """Fetch the passage of a hit among its neighbours, in order, none when it is gone; and mark it.

        Raises:
            DragomanError: the index cannot be used.
        """

        def read() -> tuple[list[StoredPassage], Marks]:
            around = self._engine.passages_around(hit.passage_id, _NEIGHBOURS, _NEIGHBOURS)
            return around, marks(hit, question)

        return await _on(self._reading, read)


async def _on(thread: ThreadPoolExecutor, work: Callable[[], Result]) -> Result:
    return await asyncio.get_running_loop().run_in_executor(thread, work)
