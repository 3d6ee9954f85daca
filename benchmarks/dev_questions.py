"""The paraphrased questions of the development set, and how well they are answered."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring_sets import read_rows
from benchmarks.quality import Judgement, Quality
from benchmarks.ranking import Entry

ENGLISH, OTHERS, SAME, CROSS = "same language, en", "same language, other", "same language", "cross-language"


@dataclass(frozen=True, slots=True)
class Questions:
    """Passages, what is asked of them, and what nobody could answer."""

    passages: tuple[Entry, ...]
    """N."""
    texts: tuple[str, ...]
    """Q."""
    languages: NDArray[np.str_]
    """Of the questions: (Q,)."""
    crossing: NDArray[np.bool_]
    """Whether the answer is in another language: (Q,)."""
    relevant: NDArray[np.bool_]
    """(Q, N)."""
    nonsense: tuple[str, ...]

    def groups(self) -> dict[str, NDArray[np.bool_]]:
        """Return which questions each row of the summary is about: (Q,) each."""
        in_english = self.languages == "en"
        return {
            ENGLISH: ~self.crossing & in_english,
            OTHERS: ~self.crossing & ~in_english,
            SAME: ~self.crossing,
            CROSS: self.crossing,
        }

    def by_language(self, *, crossing: bool) -> dict[str, NDArray[np.bool_]]:
        """Return the questions in each language, of those that cross languages or of those that do not."""
        chosen = self.crossing == crossing
        languages = sorted(set(self.languages[chosen].tolist()))
        return {language: chosen & (self.languages == language) for language in languages}


@dataclass(frozen=True, slots=True)
class Answers:
    """How well one channel answers."""

    groups: dict[str, Quality]
    same_language: dict[str, Quality]
    """By language."""
    cross_language: dict[str, Quality]
    """By the language of the question."""


def read_questions(folder: Path) -> Questions:
    """Read passages, queries and nonsense."""
    passages = read_rows(folder, "dev_docs")
    queries = read_rows(folder, "dev_queries")
    return Questions(
        tuple(Entry(row["id"], row["lang"], f"{row['title']}\n\n{row['text']}") for row in passages),
        tuple(row["query"] for row in queries),
        np.array([row["lang"] for row in queries]),
        np.array([row["kind"] == "cross" for row in queries]),
        np.array([[passage["id"] in row["relevant"] for passage in passages] for row in queries]),
        tuple(row["query"] for row in read_rows(folder, "dev_nonsense")),
    )


def average(judgement: Judgement, questions: Questions) -> Answers:
    """Average over each group of the questions and over each language."""
    return Answers(
        *(
            {name: judgement.mean(chosen) for name, chosen in parts.items()}
            for parts in (
                questions.groups(),
                questions.by_language(crossing=False),
                questions.by_language(crossing=True),
            )
        )
    )
