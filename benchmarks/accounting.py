"""What became of every file of a tree, by what the program says of each and by a walk that is not its own."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.documentation_tree import format_of, regular_files

_NUMBER = re.compile(r"\d[\d,.]*")
_MOST_REASONS = 4


@dataclass(slots=True)
class Format:
    """Files of one kind."""

    files: int = 0
    ready: int = 0
    refused: int = 0
    passages: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    """Of those refused; numbers in them are left out."""

    @property
    def counts(self) -> tuple[int, ...]:
        """Files, ready, refused, passages."""
        return self.files, self.ready, self.refused, self.passages

    def told_reasons(self) -> list[str]:
        """Name the most frequent ones, with their numbers."""
        most = sorted(self.reasons.items(), key=lambda item: -item[1])
        return [f"{reason} ({count})" for reason, count in most[:_MOST_REASONS]]


@dataclass(frozen=True, slots=True)
class Accounting:
    """Every regular file."""

    files: int
    bytes: int
    ready: int
    refused: int
    passed_over: int
    """Of kinds that are not read."""
    hidden: int
    unaccounted: tuple[str, ...]
    """Relative to the tree."""
    formats: dict[str, Format]
    """Those that are read, the most frequent first."""
    languages: dict[str, int]
    """Passages by language."""

    def totals(self) -> list[tuple[str, str]]:
        """Lay out the counts that add up to all files."""
        counts = {
            "ready": self.ready,
            "refused": self.refused,
            "passed over: not a kind that is read": self.passed_over,
            "hidden": self.hidden,
            "unaccounted": len(self.unaccounted),
            "all": self.files,
        }
        return [(name, f"{count:,}") for name, count in counts.items()]

    def plain(self) -> dict[str, Any]:
        """Make JSON of it."""
        return asdict(self)


def accounting(tree: Path, status: Mapping[str, Any], report: Mapping[str, Any]) -> Accounting:
    """Hold what `dragoman status` and the report of the ingest say against what there is."""
    found = regular_files(tree)
    states = {Path(account["path"]): account for account in status["files"]}
    formats: dict[str, Format] = defaultdict(Format)
    passed_over: dict[str, list[Path]] = defaultdict(list)
    hidden = 0
    for path in found:
        if account := states.get(path):
            _count(formats[format_of(path)], account)
        elif any(part.startswith(".") for part in path.relative_to(tree).parts):
            hidden += 1
        else:
            passed_over[path.suffix.lower()].append(path)
    told = report["unsupported"]
    lost = [path for suffix, paths in passed_over.items() if told.get(suffix) != len(paths) for path in paths]
    lost += sorted(states.keys() - set(found))
    return Accounting(
        files=len(found),
        bytes=sum(path.stat().st_size for path in found),
        ready=sum(one.ready for one in formats.values()),
        refused=sum(one.refused for one in formats.values()),
        passed_over=sum(map(len, passed_over.values())) - len(set(lost) & set(found)),
        hidden=hidden,
        unaccounted=tuple(str(path.relative_to(tree)) for path in lost),
        formats=dict(sorted(formats.items(), key=lambda item: -item[1].files)),
        languages=dict(status["languages"]),
    )


def _count(of_format: Format, account: Mapping[str, Any]) -> None:
    is_ready = account["state"] == "ready"
    of_format.files += 1
    of_format.ready += is_ready
    of_format.refused += not is_ready
    of_format.passages += account["passages"]
    if not is_ready:
        reason = _NUMBER.sub("N", account["reason"])
        of_format.reasons[reason] = of_format.reasons.get(reason, 0) + 1
