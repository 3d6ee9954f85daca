"""A process that has everything imported and forks children, so that a killed child costs milliseconds.

Both halves stand here: `Nursery`, for tests, and the server that `python -m tests.faults.nursery` runs. The
server needs the standard library alone, so that other designs can be tested in environments of their own.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[2]
_ANY_TRACER = 0x59616D61
"""PR_SET_PTRACER: where only parents may trace, strace is not one."""
_POLL_SECONDS = 0.002


class Child:
    """A process at work; what it says, line by line, outlives it."""

    def __init__(self, nursery: Nursery, process_id: int, log: Path) -> None:
        self._nursery = nursery
        self.process_id = process_id
        self.log = log

    def release(self) -> None:
        """Let it begin, if it was made to wait."""
        os.kill(self.process_id, signal.SIGCONT)

    def said(self) -> list[list[Any]]:
        """Read what it has said so far; a line that it did not live to end does not count."""
        lines = self.log.read_bytes().split(b"\n")[:-1] if self.log.exists() else []
        return [json.loads(line) for line in lines]

    def wait_for(self, lines: int, *, apart_from: str = "", seconds: float = 60.0) -> bool:
        """Wait until it has said so many lines that begin otherwise; False if it ended before."""

        def enough() -> bool:
            return len([words for words in self.said() if words[0] != apart_from]) >= lines

        deadline = time.monotonic() + seconds
        while not enough():
            if not self.lives():
                return enough()
            assert time.monotonic() < deadline, f"{self.log} has only {self.said()}"
            time.sleep(_POLL_SECONDS)
        return True

    def lives(self) -> bool:
        """Tell whether it has not ended."""
        try:
            state = Path(f"/proc/{self.process_id}/stat").read_text(encoding="ascii").rpartition(") ")[2]
        except OSError:
            return False
        return not state.startswith(("Z", "X"))

    def kill(self) -> None:
        """End it at once, unless it has ended."""
        os.kill(self.process_id, signal.SIGKILL)

    def wait(self) -> int:
        """Its exit code, below zero for the signal that killed it."""
        try:
            while self.lives():
                time.sleep(_POLL_SECONDS)
        except BaseException:
            # The test's time is up: the next test has to find a server that waits for nobody.
            self.kill()
            raise
        return os.waitstatus_to_exitcode(self._nursery.ask(wait=self.process_id))


class Nursery:
    """Forks children that run `module:function` with `say` and keyword arguments; a context manager."""

    def __init__(self, preload: Sequence[str], *, python: str = sys.executable) -> None:
        """`preload` names functions without arguments that are called once, before the first fork."""
        environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [python, "-m", "tests.faults.nursery", *preload],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def fork(self, work: str, log: Path, *, waiting: bool = False, **arguments: Any) -> Child:
        """Start a child that says things into `log`; a `waiting` one begins when it is released."""
        process_id = self.ask(work=work, log=str(log), waiting=waiting, arguments=arguments)
        return Child(self, process_id, log)

    def ask(self, **request: Any) -> int:
        """Have the server do one thing, and return the number that it answers."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request, default=str) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def serve(preload: Sequence[str]) -> None:
    """Fork and reap as stdin says, until it ends."""
    for name in preload:
        _function(name)()
    for line in sys.stdin:
        request = json.loads(line)
        answer = os.waitpid(request["wait"], 0)[1] if "wait" in request else _fork(request)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


def _fork(request: dict[str, Any]) -> int:
    process_id = os.fork()
    if process_id:
        if request["waiting"]:
            os.waitpid(process_id, os.WUNTRACED)
        return process_id
    status = 1
    try:
        status = _work(request)
    finally:
        os._exit(status)


def _work(request: dict[str, Any]) -> int:
    """Do what is asked; 0 if it was done, 3 if it was refused in the program's own words, 1 if it broke."""
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def say(*words: Any) -> None:
        os.write(log, json.dumps(words).encode("ascii") + b"\n")

    if request["waiting"]:
        ctypes.CDLL(None).prctl(_ANY_TRACER, ctypes.c_ulong(-1), 0, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
    try:
        _function(request["work"])(say, **request["arguments"])
    except Exception as error:  # noqa: BLE001 - whatever it is, the test wants to read it
        if remedy := getattr(error, "remedy", ""):
            say("refused", type(error).__name__, str(error), remedy)
            return 3
        say("broke", "".join(traceback.format_exception(error)))
        return 1
    return 0


def _function(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


if __name__ == "__main__":
    serve(sys.argv[1:])
