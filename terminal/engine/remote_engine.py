"""An engine in another process, asked like one in this."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

import msgspec

from index_data import errors
from index_data.errors import DragomanError
from terminal.engine import verbs
from terminal.engine.engine import Engine, Stage
from terminal.engine.frames import MOST_ANSWERED, MOST_ASKED, FrameBroken, framed, receive
from terminal.engine.sockets import connected
from terminal.engine.verbs import Nothing, Reply, Request, Verb, packed, unpacked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from index_data.records import FileAccount, IndexSummary, StoredPassage
    from search.query import Query
    from terminal.answer import Answer
    from terminal.engine.told import Told

Takes = TypeVar("Takes")
Gives = TypeVar("Gives")

_GREETING_SECONDS = 5.0
"""After which one that does not even greet is as good as gone."""


class EngineGone(Exception):
    """Nobody answers at that address any more, or not in a way that can be understood."""


class RemoteEngine:
    """Asks a resident engine; any thread may, and each that waits has a connection of its own.

    When it has gone, a new one is looked for once; where there is none, an engine in this process takes its
    place, so that no question is lost.
    """

    def __init__(
        self,
        address: str,
        instead: Callable[[], Engine],
        revive: Callable[[], bool],
        *,
        several: Mapping[str, Path] | None = None,
    ) -> None:
        """Ask at `address`; `revive` may put another engine there, and `instead` makes one of our own.

        `several` are the folders of the indexes that it searches as one.
        """
        self.several = dict(several or {})
        self._address, self._make_own, self._revive = address, instead, revive
        self._own: Engine | None = None
        self._idle: list[socket.socket] = []
        self._lock = threading.Lock()
        self._closed = False
        self._loaded = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up; the resident engine goes on."""
        with self._lock:
            self._closed = True
            connections, self._idle = self._idle, []
        for connection in connections:
            connection.close()
        if self._own is not None:
            self._own.close()

    @property
    def loaded(self) -> bool:
        """The encoder was loaded when it was last heard of; nobody is asked."""
        return self._loaded if self._own is None else self._own.loaded

    def greet(self) -> verbs.Presence:
        """Ask how it is; nobody takes its place.

        Raises:
            EngineGone: it is not there.
        """
        presence = self._exchange(verbs.PRESENCE, Nothing(), seconds=_GREETING_SECONDS)
        self._loaded = presence.loaded
        return presence

    def stop(self) -> verbs.Presence:
        """Ask it to end when it has answered whoever waits.

        Raises:
            EngineGone: it is not there.
        """
        return self._exchange(verbs.STOP, Nothing())

    def load(self) -> None:
        """Wait until the encoder is loaded.

        Raises:
            DragomanError: it cannot be used, or is not the one that made the index.
        """
        self._ask(verbs.LOAD, Nothing())
        self._loaded = True

    def answer(self, query: Query, stage: Stage = Stage.RANKED) -> Answer:
        """Search as far as `stage` says.

        Raises:
            UsageError: the question names a language or a type of which the index holds nothing.
            DragomanError: the index or the encoder cannot be used.
        """
        return self._ask(verbs.SEARCH, verbs.Question(query, stage))

    def explained(
        self,
        query: Query,
        stage: Stage,
        *,
        passage_id: int | None = None,
        path: Path | None = None,
        as_json: bool = False,
    ) -> Told:
        """Write what each stage said of the hits, and of one more passage, or of the file at `path`.

        Raises:
            UsageError: there is no such passage, or of a language or a type nothing.
            DragomanError: the index or the encoder cannot be used.
        """
        return self._ask(verbs.WHY, verbs.Why(query, stage, passage_id, path, as_json))

    def explanation(self, query: Query, passage_id: int | None = None) -> dict[str, Any]:
        """Say what each stage of a search said of its hits, and of one more passage, as JSON has it.

        Raises:
            DragomanError: the index or the encoder cannot be used.
        """
        return self._ask(verbs.EXPLANATION, verbs.WhyAPassage(query, passage_id))

    def passages_around(self, passage_id: int, before: int, after: int) -> list[StoredPassage]:
        """Fetch a passage among its neighbours in the document, in order; none when it is gone."""
        return self._ask(verbs.AROUND, verbs.Around(passage_id, before, after))

    def passages_of(self, path: Path) -> list[int]:
        """Return the ids of the passages of the document at `path`, in order; none where there is none."""
        return self._ask(verbs.PASSAGES_OF, path)

    def generation(self) -> int:
        """Return the state of the index; it grows by one with every committed change.

        Raises:
            IndexProblem: it is missing, foreign or damaged.
        """
        return self._ask(verbs.GENERATION, Nothing())

    def summary(self) -> IndexSummary:
        """Count what the index holds."""
        return self._ask(verbs.SUMMARY, Nothing())

    def accounts(self) -> list[FileAccount]:
        """Say what became of every file, by path."""
        return self._ask(verbs.ACCOUNTS, Nothing())

    def account(self, path: Path) -> FileAccount | None:
        """Say what became of one file; None where it is not known."""
        return self._ask(verbs.ACCOUNT, path)

    def embed(self, texts: Sequence[str], *, query: bool) -> NDArray[np.float32]:
        """Embed questions, or passages that stand alone: float32 (N, D), unit vectors.

        Raises:
            DragomanError: the encoder cannot be used.
        """
        import numpy as np

        vectors = self._ask(verbs.EMBED, verbs.Texts(tuple(texts), query))
        return np.frombuffer(vectors.floats, dtype=np.float32).reshape(-1, vectors.dimension).copy()

    def _ask(self, verb: Verb[Takes, Gives], wanted: Takes) -> Gives:
        for attempt in range(2):
            if self._own is None and (not attempt or self._revive()):
                with suppress(EngineGone):
                    return self._exchange(verb, wanted)
        return verb.answer(self._in_this_process(), wanted)

    def _in_this_process(self) -> Engine:
        with self._lock:
            if self._own is None:
                self._own = self._make_own()
            return self._own

    def _exchange(self, verb: Verb[Takes, Gives], wanted: Takes, seconds: float | None = None) -> Gives:
        """Ask on a connection of one's own, and wait for so many seconds, or as long as it takes.

        Raises:
            EngineGone: there is no answer to be had.
            DragomanError: the answer is an error.
        """
        connection = self._connection()
        try:
            request = packed(Request(verb.name, msgspec.Raw(packed(wanted))))
            if len(request) > MOST_ASKED:
                raise EngineGone("too much is asked")
            connection.settimeout(seconds)
            connection.sendall(framed(request))
            reply = unpacked(receive(connection, MOST_ANSWERED), Reply)
            given = None if reply.error else unpacked(reply.given, verb.gives)
        except (OSError, FrameBroken, ValueError) as error:
            connection.close()
            raise EngineGone(str(error)) from error
        except BaseException:
            connection.close()
            raise
        self._keep(connection)
        if reply.error is not None:
            _raise(reply.error)
        return given  # type: ignore[return-value]  # None is what some verbs give

    def _connection(self) -> socket.socket:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        connection = connected(self._address, _GREETING_SECONDS)
        if connection is None:
            raise EngineGone("nobody is there")
        return connection

    def _keep(self, connection: socket.socket) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()


def _raise(told: verbs.Error) -> NoReturn:
    """Raise the error anew that was raised in the other process.

    Raises:
        DragomanError: always.
    """
    kind = getattr(errors, told.kind, None)
    if isinstance(kind, type) and issubclass(kind, DragomanError):
        raise kind(told.message, remedy=told.remedy)
    raise DragomanError(told.message, remedy=told.remedy)
