"""What an encoder is measured by: queries, texts, and which of them are right.

Letters in shapes: Q queries.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encoder.interface import Embedder, Window
from index_data.errors import UsageError

GENERAL = Path(__file__).with_name("general.jsonl")
"""Everyday facts in eight languages, and questions about them."""
FORMAT = (
    'Each line has to be {"questions": {LANGUAGE: TEXT, ...}, "passages": {LANGUAGE: TEXT, ...}} with two '
    "languages or more."
)


@dataclass(frozen=True, slots=True)
class Trial:
    """Queries that are put to the same texts."""

    queries: tuple[str, ...]
    right: tuple[frozenset[int], ...]
    """For each query the places in `texts` of its right answers."""
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How often a right answer came among the first so many, before and after, over the same queries."""

    before: int
    after: int
    gained: int
    """Queries that are answered only after."""
    queries: int

    @property
    def rises(self) -> bool:
        """Whether it rises by two queries at least, and by more than chance moves them back and forth."""
        moved = 2 * self.gained - (self.after - self.before)
        return self.after - self.before >= max(2.0, sqrt(moved))

    @property
    def points(self) -> float:
        """By how many queries of a hundred it rises."""
        return 100 * (self.after - self.before) / self.queries


def ranks(embedder: Embedder, trials: Sequence[Trial]) -> NDArray[np.int64]:
    """Rank the best right answer to each query of all `trials`, from 1: int64 (Q,)."""
    queries = list(dict.fromkeys(query for trial in trials for query in trial.queries))
    texts = list(dict.fromkeys(text for trial in trials for text in trial.texts))
    asked = dict(zip(queries, embedder.embed_queries(queries), strict=True))
    windows = [Window(text, ((0, len(text)),)) for text in texts]
    read = dict(zip(texts, embedder.embed_passages(windows), strict=True))
    found: list[int] = []
    for trial in trials:
        texts_there = np.stack([read[text] for text in trial.texts])
        scores = np.stack([asked[query] for query in trial.queries]) @ texts_there.T  # (Q, N)
        for row, right in zip(scores, trial.right, strict=True):
            # A vector that is not a number is no answer to anything.
            best = max(row[sorted(right)].tolist(), default=np.nan)
            found.append(1 + int(np.sum(row > best)) if np.isfinite(best) else len(row) + 1)
    return np.array(found, dtype=np.int64)


def compared(before: NDArray[np.int64], after: NDArray[np.int64], first: int) -> Comparison:
    """Compare two outcomes of `ranks`, int64 (Q,) twice, by right answers among the `first` so many."""
    was, now = before <= first, after <= first
    return Comparison(int(was.sum()), int(now.sum()), int((now & ~was).sum()), len(was))


def general_trials(source: Path = GENERAL) -> list[Trial]:
    """Read facts in several languages from a file, or from all `*.jsonl` of a folder: a trial per language.

    Every question, and every fact in another language, is put to all facts in that language.

    Raises:
        UsageError: there is no such file, or a line of it is something else.
    """
    files = sorted(source.glob("*.jsonl")) if source.is_dir() else [source]
    facts = [fact for file in files for fact in _facts(file)]
    trials = []
    for language in sorted({language for _, passages in facts for language in passages}):
        there = [fact for fact in facts if language in fact[1]]
        asked = [
            (query, frozenset((place,)))
            for place, (questions, passages) in enumerate(there)
            for query in (*questions, *(text for other, text in passages.items() if other != language))
        ]
        queries, right = zip(*asked, strict=True)
        trials.append(Trial(queries, right, tuple(passages[language] for _, passages in there)))
    if not trials:
        raise UsageError(f"{source} holds no facts to check an encoder with", remedy=FORMAT)
    return trials


def _facts(file: Path) -> list[tuple[list[str], dict[str, str]]]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {file}: {error}", remedy=FORMAT) from error
    return [_fact(line, f"{file}, line {number}") for number, line in enumerate(lines, 1) if line.strip()]


def _fact(line: str, place: str) -> tuple[list[str], dict[str, str]]:
    try:
        said = json.loads(line)
        questions, passages = said["questions"], said["passages"]
        texts = [*questions.values(), *passages.values()]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{place} is no fact: {error!r}", remedy=FORMAT) from error
    if len(passages) < 2 or not all(isinstance(text, str) and text.strip() for text in texts):
        raise UsageError(f"{place} is no fact in two languages", remedy=FORMAT)
    return list(questions.values()), passages
