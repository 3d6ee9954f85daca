from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.metrics import ndcgs, recalls, reciprocal_ranks, separation

RELEVANT = np.array(
    [
        [True, False, False, False],
        [False, True, False, True],
        [False, False, False, False],
        [True, True, False, False],
    ]
)
"""Four queries, four places; the second query has a third relevant passage that was not found."""
TOTALS = np.array([1, 3, 1, 2])


@pytest.mark.parametrize(
    ("k", "expected"),
    [(1, [1, 0, 0, 1]), (2, [1, 1 / 2, 0, 1]), (4, [1, 2 / 3, 0, 1]), (9, [1, 2 / 3, 0, 1])],
)
def test_recall_is_the_share_of_what_could_be_found(k: int, expected: list[float]) -> None:
    assert recalls(RELEVANT, TOTALS, k).tolist() == pytest.approx(expected)


def test_ndcg_against_the_formula_written_out() -> None:
    second, fourth = 1 / math.log2(3), 1 / math.log2(5)
    best_of_three = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    expected = [1, (second + fourth) / best_of_three, 0, 1]
    assert ndcgs(RELEVANT, TOTALS, 10).tolist() == pytest.approx(expected)


def test_ndcg_does_not_look_behind_its_cut() -> None:
    assert ndcgs(RELEVANT, TOTALS, 1).tolist() == pytest.approx([1, 0, 0, 1])


def test_reciprocal_rank_of_the_first_relevant_passage() -> None:
    assert reciprocal_ranks(RELEVANT).tolist() == [1, 1 / 2, 0, 1]


def test_separation_counts_pairs_and_half_of_ties() -> None:
    lower, upper = np.array([0.1, 0.5], dtype=np.float32), np.array([0.5, 0.9], dtype=np.float32)
    assert separation(lower, upper) == pytest.approx((1 + 1 + 0.5 + 1) / 4)
    assert separation(upper, lower) == pytest.approx(1 / 8)
