"""Heat tells words apart within one answer."""

from __future__ import annotations

import numpy as np
import pytest

from search.word_shares import heat, smooth


def test_smoothing_keeps_the_sum_and_spreads_a_word_over_its_neighbours() -> None:
    assert smooth(np.array([0.0, 0, 4, 0, 0])).tolist() == [0, 1, 2, 1, 0]
    values = np.array([3.0, -1, 0, 7])
    assert smooth(values).sum() == pytest.approx(values.sum())
    assert smooth(np.array([5.0])).tolist() == [5]
    assert smooth(np.empty(0)).tolist() == []


def test_heat_is_measured_against_the_hottest_word_of_all_passages() -> None:
    def rated(excess: list[float], hottest: float) -> list[int]:
        steps: list[int] = heat(np.array(excess), hottest, np.ones(len(excess), bool)).tolist()
        return steps

    assert rated([-1.0, 0, 0.2, 0.4, 0.7, 1], 1.0) == [0, 0, 1, 2, 3, 3]
    assert rated([0.1, 0.3], 3.0) == [0, 0]
    assert rated([-1.0, -2], 0.0) == [0, 0]


def test_stop_words_stay_cool() -> None:
    telling = np.array([True, False, False])
    assert heat(np.array([1.0, 1.0, 0.0]), 1.0, telling).tolist() == [3, 1, 0]
