"""What people said of hits: which passages answer a query, and which do not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index_data.errors import UsageError
from index_data.records import StoredPassage

FORMAT = 'Each line has to be {"query": TEXT, "relevant": [PATH OR PASSAGE ID, ...], "not_relevant": [...]}.'


@dataclass(frozen=True, slots=True)
class Judgement:
    """One query, and the ids of passages."""

    query: str
    relevant: tuple[int, ...]
    not_relevant: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line that cannot be used, and why."""

    line: int
    """From 1."""
    reason: str


def read_judgements(file: Path, passages: Sequence[StoredPassage]) -> tuple[list[Judgement], list[BadRow]]:
    """Read the lines of `file`; a path means all passages of that document.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {file}: {error}", remedy=FORMAT) from error
    known = _Known(passages)
    good, bad = [], []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            good.append(_judgement(line, known))
        except (ValueError, RecursionError) as error:
            bad.append(BadRow(number, str(error)))
    return good, bad


class _Known:
    """What a judgement may name."""

    def __init__(self, passages: Sequence[StoredPassage]) -> None:
        self._ids = {stored.passage_id for stored in passages}
        self._of_path: dict[Path, list[int]] = {}
        for stored in passages:
            self._of_path.setdefault(stored.document.path, []).append(stored.passage_id)

    def ids(self, named: object) -> Iterator[int]:
        """Look up one entry of a list.

        Raises:
            ValueError: the index has nothing by that name.
        """
        if isinstance(named, str):
            path = Path(named).expanduser().absolute()
            if path not in self._of_path:
                raise ValueError(f"{named} is none of the documents read from the index")
            yield from self._of_path[path]
        elif type(named) is int and named in self._ids:
            yield named
        else:
            raise ValueError(f"{named!r} is none of the passages read from the index")


def _judgement(line: str, known: _Known) -> Judgement:
    """Read one line.

    Raises:
        ValueError: it is something else.
    """
    said = json.loads(line)
    if not isinstance(said, dict):
        raise ValueError("it is no JSON object")
    if unknown := set(said) - {"query", "relevant", "not_relevant"}:
        raise ValueError(f"there is no {min(unknown)!r} in a judgement")
    query = said.get("query")
    if not isinstance(query, str) or not query.strip():
        raise ValueError("it has no query")
    relevant, wrong = (_listed(said, key, known) for key in ("relevant", "not_relevant"))
    if not relevant:
        raise ValueError("it names nothing relevant, so there is nothing to learn from it")
    if both := set(relevant) & set(wrong):
        raise ValueError(f"passage {min(both)} is both relevant and not")
    return Judgement(query, relevant, wrong)


def _listed(said: dict[str, object], key: str, known: _Known) -> tuple[int, ...]:
    entries = said.get(key, [])
    if not isinstance(entries, list):
        raise ValueError(f"its {key!r} is no list")
    return tuple(dict.fromkeys(number for entry in entries for number in known.ids(entry)))
