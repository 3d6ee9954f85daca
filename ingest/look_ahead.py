"""Work that is done on a thread of its own, a little before somebody asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ThreadPoolExecutor, wait
from queue import SimpleQueue
from threading import Semaphore
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class LookAhead(Generic[Item]):
    """Makes the items of an iterable ahead of its reader; a context manager that leaves no thread behind."""

    def __init__(self, most: int) -> None:
        """At most `most` items wait for the reader, and one for its place among them."""
        self._places = Semaphore(most)
        self._ready: SimpleQueue[tuple[Item] | None] = SimpleQueue()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="look-ahead")
        self._closed: Future[Any] = Future()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set_result(None)
        self._places.release()
        self._thread.shutdown()

    def each(self, items: Iterable[Item]) -> Iterator[Item]:
        """Give the items in order; an error of `items` is raised when its turn comes."""
        made = self._thread.submit(self._make, items)
        while ready := self._ready.get():
            self._places.release()
            yield ready[0]
        made.result()

    def wait_for(self, future: Future[Answer]) -> Answer:
        """Wait inside `items` for somebody else's work.

        Raises:
            CancelledError: the reader left meanwhile.
        """
        wait((future, self._closed), return_when=FIRST_COMPLETED)
        if self._closed.done():
            raise CancelledError
        return future.result()

    def _make(self, items: Iterable[Item]) -> None:
        try:
            for item in items:
                self._places.acquire()
                if self._closed.done():
                    return
                self._ready.put((item,))
        finally:
            self._ready.put(None)
