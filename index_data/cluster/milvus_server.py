"""A connection to Milvus; no other module imports its client."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from index_data.errors import IndexLocked, IndexProblem, UsageError

if TYPE_CHECKING:
    from pymilvus import MilvusClient

TOKEN = "DRAGOMAN_MILVUS_TOKEN"
"""The variable of the environment that holds a token, or a name and a password with a colon between."""
SECONDS = 120.0
"""How long a server may take to answer; the first search may have to read all that there is."""
_TO_CONNECT = 10.0
_LONGEST = 300
"""Characters of what a server says of an error."""


class MilvusServer:
    """One server, or a file that is served from within this process."""

    def __init__(self, place: str) -> None:
        self.place = place
        import_quietly()
        from pymilvus import MilvusClient

        with self.answering():
            _FILES.hold(place)
            try:
                self.client: MilvusClient = MilvusClient(
                    uri=place, token=os.environ.get(TOKEN, ""), timeout=_TO_CONNECT
                )
                self.version = str(self.client.get_server_version(timeout=_TO_CONNECT))
            except BaseException:
                _FILES.let_go(place)
                raise

    @property
    def is_lite(self) -> bool:
        """Whether it is the one that is written in Python, which scans where others look up."""
        return self.version.startswith("milvus_lite-")

    def ask(self) -> None:
        """Have it answer something that takes it no time."""
        with self.answering():
            self.client.get_server_version(timeout=SECONDS)

    def close(self) -> None:
        """Let go of it."""
        self.client.close()
        _FILES.let_go(self.place)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Tell of what goes wrong with the server within, in the words of this program.

        Raises:
            IndexProblem: it did not do what it was asked to.
        """
        import grpc
        from pymilvus.exceptions import MilvusException

        try:
            yield
        except (MilvusException, grpc.RpcError) as error:
            raise self._told(error) from error

    def _told(self, error: Exception) -> IndexProblem:
        said = " ".join(str(getattr(error, "message", None) or error).split())[:_LONGEST]
        if "auth" in said.lower() or "permission" in said.lower():
            return IndexProblem(
                f"Milvus at {self.place} lets nobody in without the right token: {said}",
                remedy=f"Put it into the environment as {TOKEN}=NAME:PASSWORD.",
            )
        if "Open local milvus failed" in said:
            return IndexLocked(
                f"{self.place} cannot be opened; perhaps another process has it open: {said}",
                remedy="For several processes, start `python -m milvus_lite server --host 127.0.0.1 "
                f"--data-dir {self.place}`, and write milvus://127.0.0.1:19530/NAME.",
            )
        what = "cannot be reached" if "Fail connecting" in said else "did not do what it was asked to"
        return IndexProblem(
            f"Milvus at {self.place} {what}: {said}",
            remedy="See that the server is up and can be reached, then try again; nothing is lost.",
        )


class _Files:
    """Which files this process serves, and to how many; the last one has it let go of the file."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._holders: dict[str, int] = {}

    def hold(self, place: str) -> None:
        """Count one more."""
        with self._lock:
            self._holders[place] = self._holders.get(place, 0) + 1

    def let_go(self, place: str) -> None:
        """Count one less."""
        with self._lock:
            self._holders[place] -= 1
            if self._holders[place] or not place.endswith(".db"):
                return
            from milvus_lite.server_manager import server_manager_instance

            server_manager_instance.release_server(place)


_FILES = _Files()


def import_quietly() -> None:
    """Import what talks to Milvus, without its own words on the terminal.

    Raises:
        UsageError: it is not installed.
    """
    # Read when grpc is imported: a reader of documents that is forked while it runs would hang or warn.
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        import pymilvus  # noqa: F401
    except ImportError as error:
        raise UsageError(
            "an index in Milvus needs parts that are not installed",
            remedy="Install them with `pip install 'dragoman[milvus]'`.",
        ) from error
    for name in ("pymilvus", "milvus_lite", "grpc"):
        logger = logging.getLogger(name)
        logger.handlers = [logging.NullHandler()]
        logger.propagate = False
