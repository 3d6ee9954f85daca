"""What happens during an ingest, as small values for whoever shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Found:
    """The folders have been walked; comes first, once."""

    files: int
    """Regular files of a kind that is read."""
    bytes: int
    unsupported: Mapping[str, int] = field(default_factory=dict)
    """How many files were passed over, by suffix."""
    ignored: int = 0
    """Files and whole folders that ignore files leave out."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """The encoder has done one batch; several come for a long document, one for several short ones."""

    passages: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Ingested:
    """A document is in the index, and safe on disk."""

    path: Path
    passages: int
    windows: int
    tokens: int
    reused: int = 0
    """Of the passages: those whose vectors were known, so that they were not embedded again."""


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A document is in the index already."""

    path: Path


@dataclass(frozen=True, slots=True)
class Moved:
    """A document is known from another place; nothing was embedded."""

    path: Path
    old_path: Path


@dataclass(frozen=True, slots=True)
class Removed:
    """A file that was in the index is no longer there."""

    path: Path


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or folder could not be read."""

    path: Path
    reason: str
    """One line, for people."""


@dataclass(frozen=True, slots=True)
class Report:
    """The whole run in counts."""

    ingested: int
    unchanged: int
    moved: int
    removed: int
    passages: int
    """Of the ingested documents."""
    tokens: int
    skipped: tuple[Skipped, ...]
    unsupported: Mapping[str, int]
    reused: int = 0
    """Of the passages: those whose vectors were known."""
    ignored: int = 0
    """Files and whole folders that ignore files leave out."""
    stopped: bool = False
    """Whether it was asked to stop before everything was looked at."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What was read is stored and published; comes last, once, unless the run is broken off."""

    report: Report


Progress = Found | Embedded | Ingested | Unchanged | Moved | Removed | Skipped | Finished


class Tally:
    """Counts what happens, for the report at the end."""

    def __init__(self) -> None:
        self._counts: Counter[type[Progress]] = Counter()
        self._passages = 0
        self._reused = 0
        self._tokens = 0
        self._ignored = 0
        self._skipped: list[Skipped] = []
        self._unsupported: Mapping[str, int] = {}

    def noted(self, step: Progress) -> Progress:
        """`step` itself, once it is counted."""
        self._counts[type(step)] += 1
        match step:
            case Found():
                self._unsupported = step.unsupported
                self._ignored = step.ignored
            case Ingested():
                self._passages += step.passages
                self._reused += step.reused
                self._tokens += step.tokens
            case Skipped():
                self._skipped.append(step)
        return step

    def report(self, *, stopped: bool = False) -> Report:
        """Everything so far."""
        return Report(
            ingested=self._counts[Ingested],
            unchanged=self._counts[Unchanged],
            moved=self._counts[Moved],
            removed=self._counts[Removed],
            passages=self._passages,
            tokens=self._tokens,
            skipped=tuple(self._skipped),
            unsupported=self._unsupported,
            reused=self._reused,
            ignored=self._ignored,
            stopped=stopped,
        )
