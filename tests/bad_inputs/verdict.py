"""What came of each input, held against what must come of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from index_data.index import Index
from ingest.progress import Ingested, Progress, Skipped
from search.query import Mode, Query
from search.searcher import Searcher
from terminal.safe_text import safe_text
from tests.bad_inputs.bad_input import BadInput, PassedOver, Read, ReadOrRefused, Refused

LONGEST_LINE = 200
"""Characters of what is told about one file."""


class Verdict:
    """Looks at an ingest of `folder` that is over, and at the index that it left."""

    def __init__(self, folder: Path, steps: Iterable[Progress], index: Index) -> None:
        self._folder = folder
        self._searcher = Searcher(index, None)
        self.finds = cache(self._finds)
        """The paths of all documents that a search by words finds."""
        self._notes = {account.path: account.notes for account in index.accounts()}
        self._told: dict[Path, list[Ingested | Skipped]] = {}
        for step in steps:
            if isinstance(step, Ingested | Skipped):
                self._told.setdefault(step.path, []).append(step)

    def faults(self, inputs: Sequence[BadInput]) -> list[str]:
        """Say what is not as it must be, a line each."""
        return [f"{one.name!r}: {fault}" for one in inputs for fault in self._faults(one)]

    def unaccounted(self, names: Iterable[str]) -> set[Path]:
        """Name the paths of which something was told though they are not below `names`."""
        roots = [self._folder / name for name in names]
        return {path for path in self._told if not any(path.is_relative_to(root) for root in roots)}

    def _faults(self, one: BadInput) -> Iterator[str]:
        place = self._folder / one.name
        told = [step for path, steps in self._told.items() if path.is_relative_to(place) for step in steps]
        if len({step.path for step in told}) < len(told):
            yield f"was told of twice: {told}"
        match one.outcome, told:
            case PassedOver(), []:
                pass
            case Read() | ReadOrRefused(), [Ingested(), *_]:
                for step in told:
                    yield from self._faults_of_reading(one, step)
            case Refused(reason), [Skipped(_, line)]:
                yield from _faults_of_line(line, [reason])
            case ReadOrRefused(reasons), [Skipped(_, line)]:
                yield from _faults_of_line(line, reasons)
            case _:
                yield f"should be {one.outcome}: {told}"
        if isinstance(one.outcome, Refused | PassedOver) and self.finds(one.word):
            yield "is found"

    def _faults_of_reading(self, one: BadInput, step: Ingested | Skipped) -> Iterator[str]:
        if not isinstance(step, Ingested):
            yield f"is read and not read: {step}"
        elif isinstance(one.outcome, Read):
            question = one.outcome.finds or one.word
            notes = self._notes[step.path]
            if step.path not in self.finds(question):
                yield f"is not found by {question!r}"
            if notes != one.outcome.notes:
                yield f"is noted so: {notes}"
            for note in notes:
                yield from _faults_of_line(note, [note])

    def _finds(self, question: str) -> frozenset[Path]:
        query = Query(question, limit=1_000, mode=Mode.LEXICAL, collapse=False)
        return frozenset(hit.document.path for hit in self._searcher.search(query))


def _faults_of_line(line: str, expected: Sequence[str]) -> Iterator[str]:
    if line not in expected:
        yield f"is told so: {line!r}"
    if safe_text(line) != line or "\n" in line or not 0 < len(line) <= LONGEST_LINE:
        yield f"is not told in one clear line: {line!r}"
