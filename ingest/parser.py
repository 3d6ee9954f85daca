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
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from index_data.errors import ReaderDied, UnreadableFile
from index_data.records import FileStamp
from ingest.readers.frames import (
    ALL_PAGES,
    CPU_SECONDS,
    LENGTH,
    MAX_ANSWER_BYTES,
    TEXTLESS_PAGES,
    framed,
)
from ingest.readers.limits import MAX_PDF_PAGES
from ingest.readers.parsed_document import Heading, ParsedDocument
from ingest.readers.remedies import CONVERT
from ingest.readers.versions import readers_version
from ingest.recognition import Recognition

FILES_PER_CHILD = 200
"""So many, and a fresh child takes over."""
_BLOCK_BYTES = 1 << 20
_MOST_LAST_WORDS = 8_192
"""Bytes that are kept of what a child says on stderr."""
_MOST_REASON = 200
"""Characters of it that are told."""
_NO_ANSWER = (EOFError, OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What comes of a child that is gone, or of an answer that no reader of ours gives."""
_SECONDS_BETWEEN_LOOKS = 1.0
"""How often it is seen whether a child that is silent still lives."""


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file as it was when it was read."""

    document: ParsedDocument
    stamp: FileStamp
    """Of the very bytes that were parsed; the time is that before they were read."""


class Parser:
    """Paths to parsed documents, one after the other; a context manager."""

    def __init__(self, *, seconds: float = 120.0, recognition: Recognition | None = None) -> None:
        """`seconds` is how long one file may take, or each page of it that is recognised."""
        self.readers = readers_version(str(recognition or ""))
        """Which readers read, for whoever keeps what they could not read."""
        self._seconds = seconds
        self._recognition = recognition
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
            UnreadableFile: the file cannot be read; ReaderDied: the reader crashed on it or took too long.
        """
        return self.submit(path).result().document

    def submit(self, path: Path) -> Future[ParsedFile]:
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

    def _parse(self, path: Path) -> ParsedFile:
        child = self._ready_child()
        try:
            return _parsed_file(child.ask(os.fsencode(path.absolute()), seconds=self._seconds))
        except TimeoutError as error:
            child.end()
            raise ReaderDied(f"took longer than {self._seconds:g} s", remedy=CONVERT) from error
        except _NO_ANSWER as error:
            status = child.end(grace_seconds=1)
            raise ReaderDied(_cause(status, child.last_words()), remedy=CONVERT) from error

    def _ready_child(self) -> _Child:
        with self._child_change:
            if self._closed:
                raise UnreadableFile("the run ended before it", remedy=CONVERT)
            if self._child and not self._child.fresh():
                self._child.end()
                self._child = None
            self._child = self._child or _Child(self._recognition)
            return self._child


class _Child:
    """The process behind the pipes, and whatever it starts: a group of its own."""

    def __init__(self, recognition: Recognition | None) -> None:
        # The same packages as here, but never modules that lie in the user's working folder.
        search_path = (str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", ""))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "ingest.readers.parse_child", *_arguments(recognition)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, search_path))},
            start_new_session=True,
            bufsize=0,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._requests = self._process.stdin
        self._answers = self._process.stdout
        self._complaints = self._process.stderr
        self._complained = b""
        self._arrival = select.poll()
        self._arrival.register(self._answers, select.POLLIN)
        self._arrival.register(self._complaints, select.POLLIN)
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
        self._asked += 1
        self._complained = b""
        self._requests.write(framed(path))
        for _ in range(MAX_PDF_PAGES + 1):
            deadline = time.monotonic() + seconds
            (size,) = LENGTH.unpack(self._receive(LENGTH.size, deadline))
            if size > MAX_ANSWER_BYTES:
                raise ValueError(f"an answer of {size} bytes")
            if body := self._receive(size, deadline):
                answer: dict[str, Any] = json.loads(body)
                return answer
        raise ValueError("no answer, only signs of life")

    def last_words(self) -> str:
        """Return the last line that it wrote to stderr about this file, if any."""
        lines = self._complained.decode("utf-8", "replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def kill(self) -> None:
        """Stop it and what it started at once; whoever waits for an answer gets EOFError."""
        if self._process.returncode is None:
            self._kill_group()

    def end(self, *, grace_seconds: float = 0) -> int:
        """See it off, and kill it where it lives on; the answer is its exit status."""
        if self._answers.closed:
            return self._process.wait()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(grace_seconds)
        # What it started may live on, and as long as it does the group keeps its number.
        self._kill_group()
        status = self._process.wait()
        self._listen(0)
        for pipe in (self._requests, self._answers, self._complaints):
            pipe.close()
        return status

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _receive(self, size: int, deadline: float) -> bytes:
        received = bytearray()
        while len(received) < size:
            seconds = deadline - time.monotonic()
            if seconds <= 0:
                raise TimeoutError
            if self._listen(min(seconds, _SECONDS_BETWEEN_LOOKS)):
                block = os.read(self._answers.fileno(), min(size - len(received), _BLOCK_BYTES))
                if not block:
                    raise EOFError
                received += block
            elif self._process.poll() is not None and not self._listen(0):
                # What it started may hold the pipe open.
                raise EOFError
        return bytes(received)

    def _listen(self, seconds: float) -> bool:
        """Wait for something, keep the end of what is said on stderr, and tell whether an answer goes on."""
        ready = {descriptor for descriptor, _ in self._arrival.poll(1000 * seconds)}
        if self._complaints.fileno() in ready:
            block = os.read(self._complaints.fileno(), _BLOCK_BYTES)
            self._complained = (self._complained + block)[-_MOST_LAST_WORDS:]
            if not block:
                self._arrival.unregister(self._complaints)
        return self._answers.fileno() in ready


def _arguments(recognition: Recognition | None) -> list[str]:
    if recognition is None:
        return []
    pages = ALL_PAGES if recognition.all_pages else TEXTLESS_PAGES
    return [recognition.program, recognition.languages, pages]


def _cause(status: int, last_words: str) -> str:
    """Say why a child is gone."""
    if status == -signal.SIGXCPU:
        return f"took more than {CPU_SECONDS} s of computing"
    killed_by = [signal.Signals(-status).name] if -status in set(signal.Signals) else []
    details = ", ".join([*killed_by, *filter(None, [last_words[:_MOST_REASON]])])
    return f"the reader crashed on it ({details})" if details else "the reader crashed on it"


def _parsed_file(answer: dict[str, Any]) -> ParsedFile:
    """Take an answer apart.

    Raises:
        UnreadableFile: it says that the file cannot be read.
    """
    if "reason" in answer:
        raise UnreadableFile(str(answer["reason"]), remedy=str(answer["remedy"]))
    return ParsedFile(_parsed_document(answer["parsed"]), FileStamp(**answer["stamp"]))


def _parsed_document(fields: dict[str, Any]) -> ParsedDocument:
    """JSON knows no tuples."""
    tuples = {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
    headings = tuple(Heading(**heading) for heading in fields["headings"])
    return ParsedDocument(**fields | tuples | {"headings": headings})
