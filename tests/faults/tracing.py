"""System calls of a child, seen and tampered with by strace.

Only the thread that forked is traced: it alone writes to the index. Strace counts each kind of call by
itself, so a place in a run is a name and a number.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.nursery import Child, Nursery

MUTATING = (
    "openat",
    "write",
    "pwrite64",
    "ftruncate",
    "fsync",
    "fdatasync",
    "mkdir",
    "rename",
    "unlink",
    "flock",
)
"""What the program uses to change its files."""
UNEXPECTED = (
    "creat,truncate,writev,pwritev,pwritev2,fallocate,sync_file_range,renameat,renameat2,unlinkat,mkdirat,"
    "rmdir,link,linkat,symlink,copy_file_range,sendfile,sync,syncfs,msync"
)
"""What it would use to change them unseen by these tests."""
_LINE = re.compile(r"^(\w+)\((.*)\)\s+= (-?\d+)", re.DOTALL)
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_DESCRIPTOR = re.compile(r"^(\d+)<((?:\\x[0-9a-f]{2}|[^>])*)>")


@dataclass(frozen=True, slots=True)
class Call:
    """One system call that succeeded or failed."""

    name: str
    paths: tuple[Path, ...]
    """What it names, or what its descriptor stands for."""
    arguments: str
    """As strace writes them."""
    data: bytes
    """What it writes."""
    result: int


@dataclass(frozen=True, slots=True)
class Place:
    """The k-th call of one name in a run, from 1."""

    name: str
    number: int

    def injecting(self, what: str) -> str:
        """As strace wants it."""
        return f"inject={self.name}:{what}:when={self.number}"


def obstacle(nursery: Nursery) -> str:
    """Why nothing can be traced here; empty if it can."""
    if not shutil.which("strace"):
        return "strace is not installed"
    with TemporaryDirectory() as scratch:
        child = nursery.fork("tests.faults.worker:print_nothing", Path(scratch, "log"), waiting=True)
        try:
            with _strace(child, Path(scratch, "trace"), ["trace=write"]):
                child.release()
                child.wait()
        except PermissionError as error:
            child.kill()
            child.wait()
            return str(error)
    return ""


def record(child: Child, output: Path) -> list[Call]:
    """Let a waiting child run to its end, and return what it changed, in order."""
    wanted = f"trace={','.join((*MUTATING, 'close'))},{UNEXPECTED}"
    with _strace(child, output, [wanted], "-y", "-xx", "-s", str(1 << 26)):
        child.release()
        assert child.wait() == 0, child.said()[-1]
    return list(_calls(output.read_text(encoding="ascii")))


def tampered(child: Child, output: Path, place: Place, what: str) -> int:
    """Let a waiting child run with one call tampered with (`error=EIO`, `signal=KILL`); its exit code."""
    with _strace(child, output, [f"trace={place.name}", place.injecting(what)]):
        child.release()
        return child.wait()


def places(calls: Sequence[Call], folder: Path) -> list[Place]:
    """Where a run that made these calls touched `folder`."""
    counts: Counter[str] = Counter()
    found = []
    for call in calls:
        counts[call.name] += 1
        inside = any(path == folder or folder in path.parents for path in call.paths)
        if inside and call.name in MUTATING and _changes(call):
            found.append(Place(call.name, counts[call.name]))
    return found


def _changes(call: Call) -> bool:
    return call.name != "openat" or "O_CREAT" in call.arguments


class _strace:  # noqa: N801 - used as a verb
    """Strace, attached to a waiting child while the block runs."""

    def __init__(self, child: Child, output: Path, expressions: Sequence[str], *options: str) -> None:
        chosen = [part for expression in expressions for part in ("-e", expression)]
        self._command = ["strace", "-o", str(output), "-e", "signal=none", *chosen, *options]
        self._command += ["-p", str(child.process_id)]

    def __enter__(self) -> None:
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        first = self._process.stderr.readline()
        if "attached" not in first:
            self._process.communicate()
            raise PermissionError(first.strip())

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def _calls(trace: str) -> Iterator[Call]:
    for line in trace.splitlines():
        if line.startswith(("+++", "---")):
            continue
        matched = _LINE.match(line)
        if not matched:
            assert line.endswith("= ?"), line[:200]
            continue
        name, arguments, result = matched.groups()
        strings = [bytes.fromhex(string.replace("\\x", "")) for string in _STRING.findall(arguments)]
        descriptor = _DESCRIPTOR.match(arguments)
        paths: tuple[Path, ...]
        if descriptor:
            path = re.sub(r"\\x([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), descriptor[2])
            paths = (Path(path),)
        else:
            paths = tuple(Path(string.decode()) for string in strings)
        data = strings[0] if descriptor and strings else b""
        yield Call(name, paths, _STRING.sub("", arguments), data, int(result))
