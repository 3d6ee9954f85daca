"""How many tokens a folder holds, from a sample of its files: an estimate, made in seconds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from index_data.errors import UnreadableFile
from ingest.discovery import FoundFile, Ignored, roots_of, walk
from ingest.parser import Parser

SAMPLED_PER_SUFFIX = 5
_LARGE = 8 << 20
"""Bytes of a file that takes too long for a sample."""


@dataclass(frozen=True, slots=True)
class Workload:
    """What an ingest of some folders would read."""

    files: int
    bytes: int
    tokens: int
    """Estimated: each suffix has as many tokens to a byte as its part of the sample."""
    sampled_files: int
    sampled_bytes: int
    sampled_tokens: int
    unread_files: int
    """Files of the sample that could not be read; they count as without text."""
    ignored: int = 0
    """Files and whole folders that ignore files leave out."""


def workload(
    paths: Sequence[Path], parser: Parser, count_tokens: Callable[[str], int], *, leave_out: Path
) -> Workload:
    """Estimate what ingesting `paths` would read; the folder `leave_out` is not entered.

    Raises:
        UsageError: a path does not exist.
    """
    by_suffix: dict[str, list[FoundFile]] = defaultdict(list)
    ignored = 0
    for found in walk(roots_of(paths), leave_out=leave_out):
        if isinstance(found, FoundFile):
            by_suffix[found.path.suffix.lower()].append(found)
        ignored += isinstance(found, Ignored)
    files = [file for alike in by_suffix.values() for file in alike]
    tokens = 0.0
    sampled: list[tuple[FoundFile, int | None]] = []
    for alike in by_suffix.values():
        sample = [(file, _tokens(file, parser, count_tokens)) for file in _sample(alike)]
        sampled_bytes = sum(file.size for file, _ in sample)
        sampled_tokens = sum(counted or 0 for _, counted in sample)
        tokens += sampled_tokens * sum(file.size for file in alike) / max(sampled_bytes, 1)
        sampled += sample
    return Workload(
        files=len(files),
        bytes=sum(file.size for file in files),
        tokens=round(tokens),
        sampled_files=len(sampled),
        sampled_bytes=sum(file.size for file, _ in sampled),
        sampled_tokens=sum(counted or 0 for _, counted in sampled),
        unread_files=sum(counted is None for _, counted in sampled),
        ignored=ignored,
    )


def _sample(files: list[FoundFile]) -> list[FoundFile]:
    """Take some files, evenly from small to large."""
    by_size = sorted(files, key=lambda file: file.size)
    fit = [file for file in by_size if file.size <= _LARGE] or by_size[:1]
    count = min(SAMPLED_PER_SUFFIX, len(fit))
    return [fit[(2 * number + 1) * len(fit) // (2 * count)] for number in range(count)]


def _tokens(file: FoundFile, parser: Parser, count_tokens: Callable[[str], int]) -> int | None:
    try:
        return count_tokens(parser.parse(file.path).text)
    except UnreadableFile:
        return None
