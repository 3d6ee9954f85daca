"""Files are parsed in one child process, which may be slow, crash or run out of memory without harm."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from index_data.errors import UnreadableFile
from ingest.readers.frames import CPU_SECONDS, LENGTH, MAX_ANSWER_BYTES, framed
from ingest.readers.parsed_document import Heading, ParsedDocument
from ingest.readers.remedies import CONVERT

FILES_PER_CHILD = 200
"""So many, and a fresh child takes over."""


class Parser:
    """Paths to parsed documents, one after the other; a context manager."""

    def __init__(self, *, seconds: float = 120.0) -> None:
        """`seconds` is how long one file may take."""
        self._seconds = seconds
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="parser")
        self._child: _Child | None = None
        self._child_change = threading.Lock()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def parse(self, path: Path) -> ParsedDocument:
        """Wait for one file.

        Raises:
            UnreadableFile: the file cannot be read, or the reader crashed on it or took too long.
        """
        return self.submit(path).result()

    def submit(self, path: Path) -> Future[ParsedDocument]:
        """Have a file parsed in the background; the answer raises what `parse` raises."""
        return self._thread.submit(self._parse, path)

    def close(self) -> None:
        """End the child, whatever it is doing; nothing can be asked afterwards."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        with self._child_change:
            self._closed = True
            if self._child:
                self._child.kill()
        self._thread.shutdown(wait=True)
        if self._child:
            self._child.end()

    def _parse(self, path: Path) -> ParsedDocument:
        child = self._ready_child()
        try:
            answer = child.ask(os.fsencode(path.absolute()), seconds=self._seconds)
        except TimeoutError as error:
            child.end()
            raise UnreadableFile(f"took longer than {self._seconds:g} s", remedy=CONVERT) from error
        except (EOFError, OSError, ValueError) as error:
            if child.end(grace_seconds=1) == -signal.SIGXCPU:
                reason = f"took more than {CPU_SECONDS} s of computing"
            else:
                reason = "the reader crashed on it"
            raise UnreadableFile(reason, remedy=CONVERT) from error
        if "reason" in answer:
            raise UnreadableFile(answer["reason"], remedy=answer["remedy"])
        return _parsed_document(answer["parsed"])

    def _ready_child(self) -> _Child:
        with self._child_change:
            if self._closed:
                raise UnreadableFile("the run ended before it", remedy=CONVERT)
            if self._child and not self._child.fresh():
                self._child.end()
                self._child = None
            self._child = self._child or _Child()
            return self._child


class _Child:
    """The process behind the pipes."""

    def __init__(self) -> None:
        # The same packages as here, but never modules that lie in the user's working folder.
        search_path = (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", ""))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "ingest.readers.parse_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, search_path))},
            start_new_session=True,
            bufsize=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests = self._process.stdin
        self._answers = self._process.stdout
        self._arrival = select.poll()
        self._arrival.register(self._answers, select.POLLIN)
        self._asked = 0

    def fresh(self) -> bool:
        """Tell whether it lives and has not parsed too many files."""
        return self._process.poll() is None and self._asked < FILES_PER_CHILD

    def ask(self, path: bytes, *, seconds: float) -> dict[str, Any]:
        """Have one file parsed.

        Raises:
            TimeoutError: it took longer than `seconds`.
            EOFError: the child died.
            OSError: the child died before it could be asked.
            ValueError: the answer is nonsense.
        """
        deadline = time.monotonic() + seconds
        self._asked += 1
        self._requests.write(framed(path))
        (size,) = LENGTH.unpack(self._receive(LENGTH.size, deadline))
        if size > MAX_ANSWER_BYTES:
            raise ValueError(f"an answer of {size} bytes")
        answer: dict[str, Any] = json.loads(self._receive(size, deadline))
        return answer

    def kill(self) -> None:
        """Stop it at once; whoever waits for an answer gets EOFError."""
        self._process.kill()

    def end(self, *, grace_seconds: float = 0) -> int:
        """See it off, and kill it where it lives on; the answer is its exit status."""
        try:
            self._process.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._requests.close()
        self._answers.close()
        return self._process.wait()

    def _receive(self, size: int, deadline: float) -> bytes:
        received = bytearray()
        while len(received) < size:
            milliseconds = 1000 * (deadline - time.monotonic())
            if milliseconds <= 0 or not self._arrival.poll(milliseconds):
                raise TimeoutError
            block = os.read(self._answers.fileno(), min(size - len(received), 1_048_576))
            if not block:
                raise EOFError
            received += block
        return bytes(received)


def _parsed_document(fields: dict[str, Any]) -> ParsedDocument:
    """JSON knows no tuples."""
    headings = tuple(Heading(**heading) for heading in fields["headings"])
    return ParsedDocument(
        **fields | {"headings": headings, "pages": tuple(fields["pages"]), "notes": tuple(fields["notes"])}
    )
