"""The data: files of texts and of pairs, a row a line, read from disk as they are needed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import numpy as np

from index_data.errors import UsageError

MIN_CHARACTERS = 20
"""Of a text that tokens are hidden in; less gives no context."""


class Lines:
    """The lines of a file that hold more than white space, by number."""

    def __init__(self, path: Path) -> None:
        """Look where they begin.

        Raises:
            UsageError: the file cannot be read, or holds no text.
        """
        self.path = path
        starts = []
        start = 0
        try:
            with path.open("rb") as file:
                for line in file:
                    if not line.isspace():
                        starts.append(start)
                    start += len(line)
                self._content = mmap(file.fileno(), 0, access=ACCESS_READ) if start else b""
        except OSError as error:
            raise UsageError(
                f"{path} cannot be read: {error.strerror}", remedy="Name other files."
            ) from error
        if not starts:
            raise UsageError(f"{path} holds no text", remedy="Name other files.")
        self._starts = np.array(starts, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, number: int) -> str:
        start = int(self._starts[number])
        end = self._content.find(b"\n", start)
        line = self._content[start : end if end >= 0 else None]
        return line.decode("utf-8", "replace").rstrip("\r")


class Texts:
    """The texts of several files: `.txt`, one a line; `.tsv`, one a field; `.jsonl`, `{"text": ...}`."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Open the files.

        Raises:
            UsageError: a file cannot be read, or its name ends otherwise.
        """
        _endings(paths, {".txt", ".tsv", ".jsonl"})
        self._files = [Lines(path) for path in paths]
        self._ends = np.cumsum([len(lines) for lines in self._files])

    def draw(self, count: int, random: np.random.Generator) -> list[str]:
        """Return the long enough texts of `count` lines, any line as likely as another.

        Raises:
            UsageError: a line is not what its file's name promises, or none is long enough.
        """
        texts = []
        for number in random.integers(self._ends[-1], size=count).tolist():
            file = int(np.searchsorted(self._ends, number, side="right"))
            lines = self._files[file]
            texts += _texts(lines, number - int(self._ends[file]) + len(lines))
        long_enough = [text for text in texts if len(text) >= MIN_CHARACTERS]
        if not long_enough:
            raise UsageError(
                f"of {count} lines of text none has {MIN_CHARACTERS} characters", remedy="Name other files."
            )
        return long_enough


@dataclass(frozen=True, slots=True)
class Pair:
    """A question, what answers it, and what only seems to."""

    query: str
    passage: str
    negatives: tuple[str, ...] = ()


class Pairs:
    """One set of pairs: `.tsv`, query, passage and any negatives; `.jsonl`, under these names."""

    def __init__(self, path: Path) -> None:
        """Open the file and look at every row once.

        Raises:
            UsageError: the file cannot be read, its name ends otherwise, or a row is no pair.
        """
        _endings([path], {".tsv", ".jsonl"})
        self._lines = Lines(path)
        for number in range(len(self)):
            _ = self[number]

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, number: int) -> Pair:
        query, passage, negatives = self._fields(number)
        texts = [query, passage, *negatives] if isinstance(negatives, list) else [None]
        if not all(isinstance(text, str) and text.strip() for text in texts):
            raise UsageError(
                f"row {number + 1} of {self._lines.path} is not a query, a passage and any negatives",
                remedy="Write them as fields between tabs, or as JSON under these names.",
            )
        return Pair(str(query), str(passage), tuple(negatives))

    def _fields(self, number: int) -> tuple[object, object, Any]:
        if self._lines.path.suffix == ".jsonl":
            row = _parsed(self._lines, number)
            return row.get("query"), row.get("passage"), row.get("negatives") or []
        query, *others = self._lines[number].split("\t")
        return query, others[0] if others else "", others[1:]


def _texts(lines: Lines, number: int) -> list[str]:
    if lines.path.suffix == ".txt":
        return [lines[number]]
    if lines.path.suffix == ".tsv":
        return lines[number].split("\t")
    text = _parsed(lines, number).get("text")
    if not isinstance(text, str):
        raise UsageError(f"row {number + 1} of {lines.path} has no text", remedy='Write {"text": ...}.')
    return [text]


def _parsed(lines: Lines, number: int) -> dict[str, object]:
    try:
        row = json.loads(lines[number])
    except ValueError:
        row = None
    if not isinstance(row, dict):
        raise UsageError(
            f"row {number + 1} of {lines.path} is not a JSON object", remedy="Write one object a line."
        )
    return row


def _endings(paths: Sequence[Path], known: set[str]) -> None:
    for path in paths:
        if path.suffix not in known:
            raise UsageError(
                f"{path} is of no known kind",
                remedy=f"Give its name one of the endings {' '.join(sorted(known))}.",
            )
