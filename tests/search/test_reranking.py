"""Re-ranking within a budget, on a clock that only the re-ranker moves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from search.calibration import USUAL_SPREAD, evidence_of, probability
from search.hits import Reranked
from search.pace import Pace
from search.reranking import GUESSED, THOROUGH, WITHOUT_GUESS, candidates_for, opinions

PASSAGES = [f"{number:04}" for number in range(30)]
SCORES = [0.9 - number / 100 for number in range(30)]
"""Best first."""
ENGLISH = ["en"] * len(PASSAGES)


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Slow:
    """Says what a passage's number is, in thousandths, and takes a second for each."""

    clock: Clock
    seconds: float = 1.0
    asked: list[str] = field(default_factory=list)

    def scores(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        self.asked += passages
        self.clock.now += self.seconds * len(passages)
        return np.array([int(passage) / 1000 for passage in passages], dtype=np.float32)


@dataclass
class Guessing(Slow):
    """Guesses at once, 0.3 too high."""

    guesses: bool = True

    def quick_scores(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        return np.array([0.3 + int(passage) / 1000 for passage in passages], dtype=np.float32)


def test_without_a_limit_everything_is_compared_at_once() -> None:
    clock = Clock()
    said, reranked = opinions(
        "q", SCORES[:20], PASSAGES[:20], ENGLISH[:20], Slow(clock), Pace(clock), math.inf
    )
    assert reranked == Reranked(20, 20)
    assert [opinion.rerank for opinion in said] == pytest.approx([number / 1000 for number in range(20)])
    moved = [evidence_of(score) + number / 1000 / USUAL_SPREAD for number, score in enumerate(SCORES[:20])]
    top = evidence_of(max(SCORES)) - max(moved)
    assert [opinion.score for opinion in said] == pytest.approx([probability(one + top) for one in moved])
    assert max(opinion.score for opinion in said) == pytest.approx(max(SCORES))


@pytest.mark.parametrize(
    ("seconds", "compared"), [(0, 0), (0.5, 1), (5.5, 5), (12, 12), (12.9, 12), (40, 20)]
)
def test_as_many_are_compared_as_the_time_allows(seconds: float, compared: int) -> None:
    clock = Clock()
    reranker = Slow(clock)
    _, reranked = opinions(
        "q", SCORES[:20], PASSAGES[:20], ENGLISH[:20], reranker, Pace(clock), clock.now + seconds
    )
    assert reranked == Reranked(compared, 20)
    assert reranker.asked == PASSAGES[:compared]


def test_the_pace_is_remembered_from_question_to_question() -> None:
    clock = Clock()
    pace, reranker = Pace(clock), Slow(clock)
    opinions("q", SCORES, PASSAGES, ENGLISH, reranker, pace, math.inf)
    assert opinions("q", SCORES, PASSAGES, ENGLISH, reranker, pace, clock.now + 3.5)[1] == Reranked(3, 30)
    reranker.seconds = 0.25
    assert opinions("q", SCORES, PASSAGES, ENGLISH, reranker, pace, clock.now + 0.9)[1] == Reranked(2, 30)
    assert opinions("q", SCORES, PASSAGES, ENGLISH, reranker, pace, clock.now + 0.9)[1] == Reranked(3, 30)


def test_one_is_tried_even_if_it_seems_too_slow() -> None:
    clock = Clock()
    reranker = Slow(clock)
    _, reranked = opinions(
        "q", SCORES, PASSAGES, ENGLISH, reranker, Pace(clock, seconds_per_byte=9.0), clock.now + 0.1
    )
    assert reranked.compared == 1


def test_a_slow_surprise_is_noticed_after_a_few() -> None:
    clock = Clock()
    pace, reranker = Pace(clock), Slow(clock, seconds=0.01)
    opinions("q", SCORES, PASSAGES, ENGLISH, reranker, pace, math.inf)
    reranker.seconds = 10
    _, reranked = opinions("q", SCORES, PASSAGES, ENGLISH, reranker, pace, clock.now + 1)
    assert reranked.compared == 4


def test_a_guess_chooses_who_is_compared() -> None:
    clock = Clock()
    reranker = Guessing(clock)
    scores = [0.5] * 30
    said, reranked = opinions("q", scores, PASSAGES, ENGLISH, reranker, Pace(clock), math.inf)
    assert reranked == Reranked(THOROUGH, THOROUGH)
    assert set(reranker.asked) == set(PASSAGES[-THOROUGH:])
    assert [opinion.rerank is not None for opinion in said] == [False] * (30 - THOROUGH) + [True] * THOROUGH


def test_who_was_only_guessed_at_loses_nothing_by_it() -> None:
    """The guess is too high for all alike, so that the order is the same with any time."""
    orders = []
    for seconds in (2.0, 5.0, math.inf):
        clock = Clock()
        scores = [0.5] * 30
        said, _ = opinions("q", scores, PASSAGES, ENGLISH, Guessing(clock), Pace(clock), clock.now + seconds)
        orders.append(np.argsort([-opinion.score for opinion in said], kind="stable").tolist())
    assert orders[0] == orders[1] == orders[2] == list(range(30))[::-1]


def test_without_time_there_is_not_even_a_guess() -> None:
    clock = Clock()
    said, reranked = opinions("q", SCORES, PASSAGES, ENGLISH, Guessing(clock), Pace(clock), clock.now)
    assert reranked.compared == 0
    assert [opinion.score for opinion in said] == pytest.approx(SCORES)
    assert {opinion.rerank for opinion in said} == {None}


def test_a_reranker_that_has_no_guess_with_its_encoder_compares_all() -> None:
    clock = Clock()
    _, reranked = opinions(
        "q", SCORES, PASSAGES, ENGLISH, Guessing(clock, guesses=False), Pace(clock), math.inf
    )
    assert reranked == Reranked(30, 30)


def test_who_guesses_looks_at_more() -> None:
    clock = Clock()
    assert candidates_for(Guessing(clock)) == GUESSED
    assert candidates_for(Slow(clock)) == candidates_for(None) == WITHOUT_GUESS
    assert candidates_for(Guessing(clock, guesses=False)) == WITHOUT_GUESS


def test_a_language_that_scores_high_throughout_gains_nothing_by_it() -> None:
    """Guesses and readings of even numbers, in the question's own language, are 0.016 too high for it."""
    clock = Clock()
    languages = ["en" if number % 2 else "de" for number in range(30)]
    raised = [
        f"{int(passage) + 16 * (language == 'de'):04}"
        for passage, language in zip(PASSAGES, languages, strict=True)
    ]
    plain, lifted = (
        opinions("q", [0.5] * 30, texts, spoken, Guessing(clock), Pace(clock), math.inf)[0]
        for texts, spoken in ((PASSAGES, ENGLISH), (raised, languages))
    )
    best = [np.argsort([-opinion.score for opinion in said], kind="stable")[:8] for said in (plain, lifted)]
    assert set(best[0] % 2) == {0, 1}
    assert set(best[1] % 2) == {0, 1}
    beside, _ = opinions("q", [0.5] * 30, raised, ENGLISH, Guessing(clock), Pace(clock), math.inf)
    assert set(np.argsort([-opinion.score for opinion in beside], kind="stable")[:8] % 2) == {0}
