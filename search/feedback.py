"""What a user said of hits, in a file beside the index that outlives it.

A judgement names bytes and a stretch of characters, not a row: it holds after the documents are read again,
cut otherwise, moved, or embedded by another encoder. No text of a document is in it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index_data.errors import OutputUnwritable, UsageError
from index_data.records import StoredPassage

if TYPE_CHECKING:
    from index_data.index import Index

_REMEDY = "See that the file beside the index can be read and written, and that the disk has room."


class Verdict(StrEnum):
    """Whether a hit answers."""

    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was said of one passage, or of a whole document, as an answer to a query."""

    query: str
    verdict: Verdict
    path: str
    """Absolute, where the document was."""
    content_hash: str
    """SHA-256 of the file's bytes, in hexadecimal."""
    char: tuple[int, int] | None
    """The stretch of the document's text; None for all of it."""
    text: str | None
    """BLAKE2b of that stretch, in hexadecimal, white space aside; None for all of it."""
    time: str
    """ISO 8601, UTC."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A judgement, and what it means in an index as it is now."""

    judgement: Judgement
    passages: tuple[StoredPassage, ...]
    """Empty where the document is gone, or was changed at that place."""


def feedback_file(index_folder: Path) -> Path:
    """Name the file beside an index."""
    return index_folder.with_name(f"{index_folder.name}.feedback.jsonl")


def judged(query: str, verdict: Verdict, passages: Sequence[StoredPassage], time: str) -> Judgement:
    """Judge one passage, or all of a document's."""
    document, whole = passages[0].document, len(passages) > 1
    one = passages[0].passage
    return Judgement(
        query,
        verdict,
        str(document.path),
        document.stamp.content_hash,
        None if whole else (one.start, one.end),
        None if whole else _digest(one.text),
        time,
    )


def append(file: Path, judgements: Iterable[Judgement]) -> None:
    """Add lines to the file, all or none of them, after whatever another process adds.

    Raises:
        OutputUnwritable: the file cannot be written.
    """
    lines = b"".join(_line(asdict(judgement)) for judgement in judgements)
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            # A line that was torn by a power cut must not swallow the next one.
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            lines = b"\n" * torn + lines
            if os.write(descriptor, lines) != len(lines):
                os.ftruncate(descriptor, size)
                raise OutputUnwritable(f"there is no room for {file}", remedy=_REMEDY)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise OutputUnwritable(f"cannot write {file}: {error.strerror}", remedy=_REMEDY) from error


def read(file: Path) -> tuple[list[Judgement], list[int]]:
    """Return what was said last of each place, and the numbers of lines that say nothing, from 1.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        lines = file.read_bytes().splitlines() if file.exists() else []
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}", remedy=_REMEDY) from error
    latest: dict[tuple[object, ...], Judgement] = {}
    bad = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            one = _judgement(json.loads(line))
        except (ValueError, TypeError, KeyError, RecursionError):
            bad.append(number)
            continue
        place = one.query, one.content_hash, one.char
        latest.pop(place, None)
        latest[place] = one
    return list(latest.values()), bad


def placed(index: Index, judgements: Sequence[Judgement]) -> list[Placed]:
    """Find what each judgement means now: by content, wherever it is, else by text in the same file."""
    stamps = index.stamps()
    homes: dict[str, list[Path]] = defaultdict(list)
    for path, stamp in stamps.items():
        homes[stamp.content_hash].append(path)
    found = []
    for judgement in judgements:
        path = Path(judgement.path)
        same = homes[judgement.content_hash]
        home = path if path in same or not same else same[0]
        passages = index.passages(index.lookup.passages_of(home))
        chosen = _overlapping(judgement, passages) if same else _saying_the_same(judgement, passages)
        found.append(Placed(judgement, tuple(chosen)))
    return found


def _overlapping(judgement: Judgement, passages: Sequence[StoredPassage]) -> list[StoredPassage]:
    """Choose what lies within the stretch for the greater part, or else what holds most of it."""
    if judgement.char is None:
        return list(passages)
    start, end = judgement.char
    shared = [min(end, one.passage.end) - max(start, one.passage.start) for one in passages]
    within = [
        one
        for one, overlap in zip(passages, shared, strict=True)
        if 2 * overlap > one.passage.end - one.passage.start
    ]
    most = max(range(len(passages)), key=shared.__getitem__, default=None)
    return within or ([] if most is None or shared[most] <= 0 else [passages[most]])


def _saying_the_same(judgement: Judgement, passages: Sequence[StoredPassage]) -> list[StoredPassage]:
    return [one for one in passages if _digest(one.passage.text) == judgement.text]


def _digest(text: str) -> str:
    return hashlib.blake2b(" ".join(text.split()).encode(errors="replace"), digest_size=16).hexdigest()


def _line(row: dict[str, Any]) -> bytes:
    try:
        return json.dumps(row, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        # A file name that is not UTF-8.
        return json.dumps(row).encode() + b"\n"


def _judgement(row: dict[str, Any]) -> Judgement:
    char = row["char"]
    return Judgement(
        str(row["query"]),
        Verdict(row["verdict"]),
        str(row["path"]),
        str(row["content_hash"]),
        None if char is None else (int(char[0]), int(char[1])),
        row["text"],
        str(row.get("time", "")),
    )
