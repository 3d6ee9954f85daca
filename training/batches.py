"""Batches for the distillation: student inputs in every language, each with the English text it means."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.mixture import Draw, Mixture
from training.tokens import Ragged, load_pairs, load_ragged

Ids = NDArray[np.uint16]

BUDGET = 4096
"""Student pieces a batch."""
STUDENT_PIECES = 318
TEACHER_PIECES = 254
STUDENT_ENDS = (2, 3)
TEACHER_ENDS = (101, 102)
SENTENCES = {
    "sentences": 0.66, "pivoted": 0.05, "libreoffice": 0.03, "gnome": 0.01, "lessons": 0.04, "wesnoth": 0.05,
    "templates": 0.02, "catalogs": 0.02, "more-catalogs": 0.03, "isocodes": 0.01, "cldr": 0.02,
    "freedict": 0.02, "wordnets": 0.02, "descriptions": 0.02,
}  # fmt: skip
PASSAGES = {"help-passages": 0.35, "description-passages": 0.3, "lesson-passages": 0.35}
JOINED = {"sentences": 0.9, "wesnoth": 0.1}
SWITCHED = {"switched": 1.0}
QUERIES = {"queries": 0.5, "lesson-queries": 0.2, "wordnet-glosses": 0.3}
ENGLISH = {"english": 0.85, "examples": 0.15}
KINDS = {"sentences": 0.5, "passages": 0.15, "joined": 0.11, "switched": 0.14, "english": 0.1}
"""Share of the batches, hence of the student's pieces."""
ENGLISH_COPY = {"sentences": 0.35, "passages": 0.35, "joined": 0.3, "switched": 0.2, "english": 1.0}
"""How often the English text itself is a student input too."""
SIBLING = 0.6
"""How often another language's translation of the same sentence joins the batch."""
QUERY_SHARE = 0.25
"""Queries for each passage of a batch of passages."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Student inputs and the teacher's inputs, both with their special tokens."""

    kind: str
    student: list[Ids]
    """B sequences, uint16."""
    teacher: list[Ids]
    """U sequences, uint16: distinct English texts."""
    targets: NDArray[np.int64]
    """(B,) int64: which of the U texts each student input means."""
    is_same: NDArray[np.bool_]
    """(B,) bool: whether the input means the same as its target (a query does not)."""
    is_english: NDArray[np.bool_]
    """(B,) bool."""


def with_ends(ids: Ids, ends: tuple[int, int], limit: int) -> Ids:
    """Return the ids cut to a limit, between their special tokens."""
    return np.concatenate([[ends[0]], ids[:limit], [ends[1]]]).astype(np.uint16)


class Builder:
    """Gathers one batch."""

    def __init__(self, kind: str) -> None:
        """Start empty."""
        self.kind = kind
        self.pieces = 0
        self._student: list[Ids] = []
        self._teacher: list[Ids] = []
        self._marks: list[tuple[int, bool, bool]] = []

    def target(self, ids: Ids) -> None:
        """Add the English text that the next inputs mean."""
        self._teacher.append(with_ends(ids, TEACHER_ENDS, TEACHER_PIECES))

    def add(self, ids: Ids, *, same: bool = True, english: bool = False) -> None:
        """Add a student input for the newest target."""
        self._student.append(with_ends(ids, STUDENT_ENDS, STUDENT_PIECES))
        self._marks.append((len(self._teacher) - 1, same, english))
        self.pieces += len(self._student[-1])

    def build(self) -> Batch:
        """Return the batch."""
        targets, same, english = (np.array(column) for column in zip(*self._marks, strict=True))
        return Batch(self.kind, self._student, self._teacher, targets, same, english)


class Siblings:
    """All translations of an English sentence."""

    def __init__(self, work: Path) -> None:
        """Read the sentence pairs."""
        first = np.concatenate([load_pairs(work, source).first for source in ("sentences", "pivoted")])
        second = np.concatenate([load_pairs(work, source).second for source in ("sentences", "pivoted")])
        order = np.argsort(first, kind="stable")
        self._first, self._second = first[order], second[order]

    def other(self, first: int, second: int, random: np.random.Generator) -> int | None:
        """Return a translation of `first` that is not `second`, or None."""
        start, stop = np.searchsorted(self._first, [first, first + 1])
        if stop - start < 2:
            return None
        found = int(self._second[random.integers(start, stop)])
        return None if found == second else found


class Batches:
    """Draws batches of every kind."""

    def __init__(self, work: Path, seed: int) -> None:
        """Read the tokens and pairs."""
        self._student: Ragged = load_ragged(work / "tokens", "student")
        self._teacher: Ragged = load_ragged(work / "tokens", "teacher")
        self._siblings = Siblings(work)
        self._mixtures = {
            "sentences": Mixture(work, SENTENCES, alpha=0.5), "passages": Mixture(work, PASSAGES, alpha=0.5),
            "joined": Mixture(work, JOINED, alpha=0.5), "queries": Mixture(work, QUERIES, alpha=0.5),
            "switched": Mixture(work, SWITCHED, alpha=0.5), "english": Mixture(work, ENGLISH, alpha=0.5),
        }  # fmt: skip
        self._random = np.random.default_rng(seed)

    def reseed(self, seed: int) -> None:
        """Draw from here on as the seed says."""
        self._random = np.random.default_rng(seed)

    def draw(self) -> Batch:
        """Return one batch of a kind drawn at random."""
        kind = str(self._random.choice(list(KINDS), p=list(KINDS.values())))
        builder = Builder(kind)
        if kind == "joined":
            while builder.pieces < BUDGET:
                self._add_joined(builder)
        else:
            self._fill(builder)
        return builder.build()

    def _fill(self, builder: Builder) -> None:
        pairs = self._mixtures[builder.kind].draw(BUDGET // 4, self._random)
        chosen: set[int] = set()
        for first, second in zip(pairs.first.tolist(), pairs.second.tolist(), strict=True):
            if builder.pieces >= BUDGET:
                return
            if first not in chosen and len(self._teacher.row(first)) > 0:
                chosen.add(first)
                self._add_pair(builder, first, second)
                if builder.kind == "passages" and self._random.random() < QUERY_SHARE:
                    self._add_query(builder)

    def _add_pair(self, builder: Builder, first: int, second: int) -> None:
        builder.target(self._teacher.row(first))
        if second != first:
            builder.add(self._student.row(second))
        if second == first or self._random.random() < ENGLISH_COPY[builder.kind]:
            builder.add(self._student.row(first), english=True)
        if builder.kind == "sentences" and self._random.random() < SIBLING:
            other = self._siblings.other(first, second, self._random)
            if other is not None:
                builder.add(self._student.row(other))

    def _add_query(self, builder: Builder) -> None:
        pair: Draw = self._mixtures["queries"].draw(1, self._random)
        builder.target(self._teacher.row(int(pair.first[0])))
        builder.add(self._student.row(int(pair.second[0])), same=False)

    def _add_joined(self, builder: Builder) -> None:
        pairs = self._mixtures["joined"].draw_group(int(self._random.integers(2, 11)), self._random)
        builder.target(np.concatenate([self._teacher.row(int(at)) for at in pairs.first]))
        builder.add(np.concatenate([self._student.row(int(at)) for at in pairs.second]))
        if self._random.random() < ENGLISH_COPY["joined"]:
            builder.add(np.concatenate([self._student.row(int(at)) for at in pairs.first]), english=True)
