"""An index taken to another place, with its vectors, and compared there with what it was here."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

import numpy as np

from index_data.checking import check
from index_data.errors import IndexDamaged, IndexMismatch, UsageError
from index_data.findings import is_sound
from index_data.index import Index
from index_data.index_reader import IndexReader
from index_data.records import FileStamp, Filters, UnreadFile
from index_data.whole_documents import WholeDocument

_ASKED = 64
"""Passages whose words and vectors are asked for in both places."""
_ASKED_CHARACTERS = 200
_ROUNDING = 1e-4


class Stage(StrEnum):
    """What is under way."""

    COMPARING = "comparing"
    """What is there already, as after an interruption."""
    MOVING = "moving"
    VERIFYING = "verifying"


@dataclass(frozen=True, slots=True)
class Step:
    """How far it is."""

    stage: Stage
    done: int
    """Documents."""
    documents: int
    """In all, in this stage."""


@dataclass(frozen=True, slots=True)
class Migrated:
    """What was brought, and found equal."""

    documents: int
    passages: int
    unread: int
    moved: int
    """Documents that were not there before."""
    same_ids: bool
    """Passages have the numbers that they had."""
    asked: int
    """Passages whose words and vectors found the same in both places."""


def migrate(source: Path, target: Path) -> Iterator[Step | Migrated]:
    """Bring all that the index in `source` holds into the one in `target`, made first if there is none.

    Nothing is embedded. What is there already from an earlier run is left as it is. At the end everything is
    read again in both places; the last that comes is what was found equal.

    Raises:
        UsageError: both are the same.
        IndexMismatch: the target holds something else.
        IndexDamaged: something could not be read, or is not the same afterwards.
    """
    if source.resolve() == target.resolve():
        raise UsageError("an index cannot be taken to where it is", remedy="Name another place.")
    with Index.open(source) as old:
        generation = old.generation
        with Index.create_or_open(target, old.fingerprint) as new:
            there = yield from _compared(old, new, target)
            moved = yield from _moved(old, new, there)
            new.publish()
            yield from _verified(old, new, target)
            asked = _asked(old, new, target)
        if old.generation != generation:
            raise IndexMismatch(
                f"something was written to the index in {source} meanwhile",
                remedy="Run the same command again when nothing is being ingested.",
            )
        _refuse_unsound(target)
        with Index.open(target) as copy:
            yield _report(old, copy, moved, asked)


def _compared(old: IndexReader, new: Index, target: Path) -> Generator[Step, None, set[Path]]:
    """Let only a target pass that holds nothing but what the source holds, and return its paths.

    Raises:
        IndexMismatch: it holds something else.
    """
    paths = new.lookup.paths()
    for done, path in enumerate(paths, 1):
        if _digest(old, path) != _digest(new, path):
            _refuse(target, path)
        yield Step(Stage.COMPARING, done, len(paths))
    known = _unread(old)
    for path, file in _unread(new).items():
        if known.get(path) != file:
            _refuse(target, path)
    return set(paths)


def _moved(old: IndexReader, new: Index, there: set[Path]) -> Generator[Step, None, int]:
    """Bring what is not `there` yet, and return how many documents that were."""
    missing = [path for path in old.lookup.paths() if path not in there]
    for done, path in enumerate(missing, 1):
        whole = _whole(old, path)
        if whole is not None:
            new.replace(
                whole.document,
                whole.passages,
                whole.vectors,
                whole.sparse,
                windows=whole.windows,
                coverage=whole.coverage,
            )
        yield Step(Stage.MOVING, done, len(missing))
    known = _unread(new)
    for path, (file, stamp) in _unread(old).items():
        if path not in known:
            new.record_unread(path, stamp, file.reason, attempts=file.attempts, readers=file.readers)
    return len(missing)


def _verified(old: IndexReader, new: Index, target: Path) -> Iterator[Step]:
    """Read everything in both places, and compare.

    Raises:
        IndexDamaged: it is not the same.
    """
    paths = old.lookup.paths()
    if set(paths) != set(new.lookup.paths()) or _unread(old) != _unread(new):
        _fail(target, "it does not hold the same files")
    for done, path in enumerate(paths, 1):
        if _digest(old, path) != _digest(new, path):
            _fail(target, f"{path} is not the same there")
        yield Step(Stage.VERIFYING, done, len(paths))


def _asked(old: IndexReader, new: Index, target: Path) -> int:
    """Ask both for words and vectors of some passages, from all over, and return of how many.

    Raises:
        IndexDamaged: one answers otherwise than the other.
    """
    ids = old.passage_ids()
    some = ids[np.linspace(0, len(ids) - 1, min(_ASKED, len(ids)), dtype=np.int64)] if len(ids) else ids
    vectors = old.vectors(some.tolist())
    for stored, vector in zip(old.passages(some.tolist()), vectors, strict=True):
        text = stored.passage.text[:_ASKED_CHARACTERS]
        if old.lookup.word_uses(text, ()) != new.lookup.word_uses(text, ()):
            _fail(target, f"words of {stored.document.path} find other passages there")
        nearest = new.nearest(vector, 1, Filters())
        if not nearest or nearest[0].score < 1 - _ROUNDING:
            _fail(target, f"a passage of {stored.document.path} is not found by its own vector there")
    return len(some)


def _refuse_unsound(target: Path) -> None:
    found = check(target)
    if not is_sound(found):
        _fail(target, found[0].what)


def _report(old: IndexReader, copy: IndexReader, moved: int, asked: int) -> Migrated:
    held = old.summary()
    same_ids = all(
        old.lookup.passages_of(path) == copy.lookup.passages_of(path) for path in old.lookup.paths()
    )
    return Migrated(held.documents, held.passages, len(held.unread), moved, same_ids, asked)


def _whole(index: IndexReader, path: Path) -> WholeDocument | None:
    return index.lookup.whole(path, index.fingerprint.dimension)


def _digest(index: IndexReader, path: Path) -> bytes | None:
    whole = _whole(index, path)
    return None if whole is None else whole.digest()


def _unread(index: IndexReader) -> dict[Path, tuple[UnreadFile, FileStamp]]:
    stamps = index.unread_stamps()
    return {file.path: (file, stamps[file.path]) for file in index.summary().unread}


def _refuse(target: Path, path: Path) -> NoReturn:
    """Tell that there is something else already.

    Raises:
        IndexMismatch: always.
    """
    raise IndexMismatch(
        f"the index in {target} holds something else already, such as {path}",
        remedy="Name a place that is empty, or that an earlier run of the same command has begun to fill.",
    )


def _fail(target: Path, what: str) -> NoReturn:
    """Tell that something is not the same any more.

    Raises:
        IndexDamaged: always.
    """
    raise IndexDamaged(
        f"the index in {target} is not what was brought there: {what}",
        remedy="Run the same command again; what it was made from is untouched.",
    )
