"""Actors of one kind; what one of them had in hand when it died is done by another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import ray
from ray.exceptions import RayActorError, RayError, RayTaskError

from index_data.errors import EncoderUnavailable
from ingest.cluster.refusal import Refusal

Description = TypeVar("Description")
Made = TypeVar("Made")

IN_HAND = 2
"""Pieces of work that an actor has at once, so that the next is there when one is done."""
MOST_DEATHS = 30
"""So many actors that died with the same work in hand are no accident."""
NO_ACTOR_SECONDS = 600.0
"""How long nobody may be there to work."""
_NOBODY = "for {:.0f} s the Ray cluster had no room for a worker"
_LOOK = "Look at `ray status`; choose fewer --ray-encoders or a smaller part of a GPU, or use --engine local."
_RESTART = "Run it again: what was told to be read is safe, and only the rest is read."


class WorkKills(Exception):
    """Every actor that had this work in hand died."""


class Crew(Generic[Description]):
    """Actors with the methods `describe` and `do`; a context manager that ends them."""

    def __init__(self, actors: Sequence[Any], *, patience: float = NO_ACTOR_SECONDS) -> None:
        """Wait for the first of `actors`; each has to describe itself as that one does.

        Raises:
            EncoderUnavailable: none is ready after `patience` seconds, or it cannot work.
        """
        self.size = len(actors)
        self._actors = actors
        self._patience = patience
        self._free: SimpleQueue[Any] = SimpleQueue()
        self._closed = False
        self._refusal: EncoderUnavailable | None = None
        self._threads = ThreadPoolExecutor(self.size * IN_HAND, thread_name_prefix="crew")
        described = {actor: _asked(actor) for actor in actors}
        ready, _ = ray.wait(list(described.values()), num_returns=1, timeout=patience)
        if not ready:
            raise EncoderUnavailable(_NOBODY.format(patience), remedy=_LOOK)
        self.description: Description = self._described(ready[0].future())
        for actor, answer in described.items():
            self._welcome(actor, answer, times=IN_HAND)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        for _ in range(self.size * IN_HAND):
            self._free.put(None)
        for actor in self._actors:
            with suppress(RayError, ConnectionError):
                ray.kill(actor)
        self._threads.shutdown(cancel_futures=True)

    def submit(self, make: Callable[[Any], Made], work: Any) -> Future[Made]:
        """Have `make(work)` run on a thread, where it may `do` what it needs."""
        return self._threads.submit(make, work)

    def do(self, work: Any) -> Any:
        """Have an actor do `work`, and another one if it dies meanwhile.

        Raises:
            WorkKills: too many died of it.
            EncoderUnavailable: nobody is there any more, or a new one is not like the others.
            RayTaskError: the work is wrong; it would be so elsewhere.
        """
        for _ in range(MOST_DEATHS):
            actor = self._next()
            try:
                answer = ray.get(actor.do.remote(work))
            except RayTaskError:
                self._free.put(actor)
                raise
            except RayError:
                # Dead, or gone with its node, or its answer is; Ray starts it anew where there is room.
                self._welcome(actor, _asked(actor))
            except ConnectionError as error:
                raise EncoderUnavailable("the Ray cluster is gone", remedy=_RESTART) from error
            else:
                self._free.put(actor)
                return answer
        raise WorkKills

    def _next(self) -> Any:
        try:
            actor = self._free.get(timeout=self._patience)
        except Empty:
            raise EncoderUnavailable(_NOBODY.format(self._patience), remedy=_LOOK) from None
        if self._closed:
            raise CancelledError
        if self._refusal:
            self._free.put(actor)
            raise self._refusal
        return actor

    def _welcome(self, actor: Any, answer: Any, times: int = 1) -> None:
        """Let `actor` work, as often at once, when it has described itself."""

        def judge(described: Future[Any]) -> None:
            try:
                self._compare(self._described(described))
            except EncoderUnavailable as error:
                self._refusal = error
            for _ in range(times):
                self._free.put(actor)

        answer.future().add_done_callback(judge)

    def _described(self, answer: Future[Any]) -> Description:
        try:
            description = answer.result()
        except (RayError, CancelledError) as error:
            if isinstance(error, RayActorError) and self._closed:
                raise EncoderUnavailable("the run is over", remedy=_RESTART) from error
            line = next((line for line in reversed(str(error).splitlines()) if line.strip()), "")
            raise EncoderUnavailable(
                f"a worker of the Ray cluster cannot start: {line.strip()[:200]}",
                remedy="Install this version of dragoman[ray] on every node, and the encoder too.",
            ) from error
        if isinstance(description, Refusal):
            raise EncoderUnavailable(
                f"a worker of the Ray cluster cannot start: {description.message}", remedy=description.remedy
            )
        found: Description = description
        return found

    def _compare(self, description: Description) -> None:
        if description != self.description:
            raise EncoderUnavailable(
                f"a node of the Ray cluster is unlike the others: {description}, not {self.description}",
                remedy="Install the same version and the same encoder on every node.",
            )


def _asked(actor: Any) -> Any:
    """Ask an actor to describe itself, as often as it dies of that."""
    return actor.describe.options(max_task_retries=-1).remote()
