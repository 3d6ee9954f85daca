"""What a disk may hold after a power cut, worked out from the system calls of a run.

Each write, truncation, creation, renaming and deletion that no later sync covers is kept or dropped by
itself; a write may also be torn between sectors, or leave only its length behind. The name of a file in
its folder is covered by a sync of the folder alone, not by one of the file. That is harsher than the file
systems of today, and all that POSIX promises.

The `-shm` file is left out: nothing in it is to be believed after a restart, and SQLite does not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.faults.tracing import Call

SECTOR = 512


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes at a place of a file."""

    file: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    """A new length of a file."""

    file: int
    size: int


@dataclass(frozen=True, slots=True)
class Enter:
    """A name in a folder for a file, or for a folder (`file` is None), perhaps in place of an older name."""

    path: Path
    file: int | None
    old: Path | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """A name that is gone."""

    path: Path


@dataclass(frozen=True, slots=True)
class Sync:
    """What was done to a file is on disk."""

    file: int
    path: Path


@dataclass(frozen=True, slots=True)
class SyncFolder:
    """What was done to the names in a folder is on disk."""

    path: Path


@dataclass(frozen=True, slots=True)
class Said:
    """What the process told the world."""

    words: tuple[Any, ...]


OnFile = Write | Truncate
OnFolder = Enter | Leave
Event = OnFile | OnFolder | Sync | SyncFolder | Said


def events(calls: Iterable[Call], folder: Path, log: Path) -> list[Event]:
    """List what a run did inside `folder`, and what it said into `log`, in order.

    Raises:
        ValueError: it did something that is not understood here.
    """
    return list(_Reading(folder, log).events(calls))


class _Reading:
    """Keeps track of which name and which descriptor stands for which file."""

    def __init__(self, folder: Path, log: Path) -> None:
        self._folder = folder
        self._log = log
        self._files: dict[Path, int] = {}
        self._places: dict[str, int] = {}
        """Where the next plain write of a descriptor goes."""
        self._made = 0

    def events(self, calls: Iterable[Call]) -> Iterator[Event]:
        for call in calls:
            if call.name == "write" and call.paths == (self._log,):
                yield Said(tuple(json.loads(call.data)))
            elif call.name == "fsync" and call.paths == (self._folder.parent,):
                yield SyncFolder(self._folder.parent)
            elif call.result >= 0 and any(self._inside(path) for path in call.paths):
                yield from self._event(call)

    def _inside(self, path: Path) -> bool:
        return (path == self._folder or self._folder in path.parents) and not path.name.endswith("-shm")

    def _event(self, call: Call) -> Iterator[Event]:
        path = call.paths[-1]
        match call.name:
            case "mkdir":
                yield Enter(path, None)
            case "rename":
                self._files[path] = self._files.pop(call.paths[0])
                yield Enter(path, self._files[path], call.paths[0])
            case "unlink":
                del self._files[path]
                yield Leave(path)
            case "openat":
                yield from self._opened(path, call)
            case "fsync" | "fdatasync" if path not in self._files:
                yield SyncFolder(path)
            case "flock" | "close":
                pass
            case _:
                yield self._on_file(path, call)

    def _opened(self, path: Path, call: Call) -> Iterator[Event]:
        self._places[str(call.result)] = 0
        if "O_CREAT" in call.arguments and path not in self._files:
            self._made += 1
            self._files[path] = self._made
            yield Enter(path, self._made)
        if "O_TRUNC" in call.arguments:
            yield Truncate(self._files[path], 0)

    def _on_file(self, path: Path, call: Call) -> Event:
        file = self._files[path]
        descriptor = call.arguments.partition("<")[0]
        last = call.arguments.rpartition(", ")[2]
        match call.name:
            case "write":
                place = self._places[descriptor]
                self._places[descriptor] += call.result
                return Write(file, place, call.data[: call.result])
            case "pwrite64":
                return Write(file, int(last), call.data[: call.result])
            case "ftruncate":
                return Truncate(file, int(last))
            case "fsync" | "fdatasync":
                return Sync(file, path)
        raise ValueError(f"{call.name} of {path}")


def without_syncs(happened: Iterable[Event], pattern: str) -> list[Event]:
    """Take the syncs of files that match `pattern` out of a run: a control."""
    return [event for event in happened if not (isinstance(event, Sync) and event.path.match(pattern))]


@dataclass(slots=True)
class Disk:
    """What is safe on a disk, and what is still under way to it."""

    files: dict[int, bytearray] = field(default_factory=dict)
    names: dict[Path, int | None] = field(default_factory=dict)
    on_files: dict[int, list[OnFile]] = field(default_factory=dict)
    on_folders: list[OnFolder] = field(default_factory=list)

    def see(self, happened: Iterable[Event]) -> None:
        """Let things happen."""
        for event in happened:
            match event:
                case Write(file) | Truncate(file):
                    self.on_files.setdefault(file, []).append(event)
                case Enter() | Leave():
                    self.on_folders.append(event)
                case Sync(file):
                    for pending in self.on_files.pop(file, ()):
                        self._keep(pending)
                case SyncFolder(path):
                    # The older name of a file that was renamed came first, whichever folder it was in.
                    synced = [change for change in self.on_folders if path in _folders(change)]
                    older = {change.old for change in synced if isinstance(change, Enter)}
                    synced = [
                        change for change in self.on_folders if change in synced or change.path in older
                    ]
                    for change in synced:
                        self.on_folders.remove(change)
                        self._rename(change)

    def cut(self, random: Random, drop_rate: float) -> None:
        """Cut the power: of what is under way some is kept, some torn, some dropped."""
        for pending in [event for events in self.on_files.values() for event in events]:
            if random.random() < drop_rate:
                if isinstance(pending, Write):
                    self._tear(pending, random)
            else:
                self._keep(pending)
        in_order = random.random() < 0.5
        for change in self.on_folders:
            if random.random() >= drop_rate:
                self._rename(change)
            elif in_order:
                break

    def write_to(self, folder: Path, happened_in: Path) -> None:
        """Lay out what is on the disk; a name in a folder that is not there is not there either."""
        for path, file in sorted(self.names.items()):
            place = folder / path.relative_to(happened_in)
            if not place.parent.is_dir():
                continue
            if file is None:
                place.mkdir(exist_ok=True)
            else:
                place.write_bytes(self.files.get(file, b""))

    def _keep(self, event: OnFile) -> None:
        content = self.files.setdefault(event.file, bytearray())
        if isinstance(event, Truncate):
            del content[event.size :]
            content.extend(bytes(event.size - len(content)))
            return
        content.extend(bytes(max(0, event.offset + len(event.data) - len(content))))
        content[event.offset : event.offset + len(event.data)] = event.data

    def _tear(self, event: Write, random: Random) -> None:
        """Drop a write wholly, or keep some sectors of it, or none but the length that it gave the file."""
        fate = random.random()
        if fate < 0.5:
            return
        for start in range(0, len(event.data), SECTOR):
            if fate < 0.75 and random.random() < 0.5:
                self._keep(Write(event.file, event.offset + start, event.data[start : start + SECTOR]))
        if fate >= 0.75:
            content = self.files.setdefault(event.file, bytearray())
            content.extend(bytes(max(0, event.offset + len(event.data) - len(content))))

    def _rename(self, event: OnFolder) -> None:
        if isinstance(event, Leave):
            self.names.pop(event.path, None)
            return
        if event.old:
            self.names.pop(event.old, None)
        self.names[event.path] = event.file


def _folders(event: OnFolder) -> set[Path]:
    folders = {event.path.parent}
    if isinstance(event, Enter) and event.old:
        folders.add(event.old.parent)
    return folders


def states(
    happened: Sequence[Event], random: Random, number: int, drop_rates: Sequence[float] = (0.1, 0.5, 0.9)
) -> Iterator[tuple[int, Disk]]:
    """Cut the power `number` times, somewhere in a run, and give how far it was and what is left."""
    for place in sorted(random.randrange(len(happened) + 1) for _ in range(number)):
        disk = Disk()
        disk.see(happened[:place])
        disk.cut(random, random.choice(drop_rates))
        yield place, disk
