"""A question that is moved by examples."""

from __future__ import annotations

import numpy as np
import pytest

from search.query import Query
from search.relevance_feedback import judged, moved

ASKED, LIKED, UNLIKED = np.eye(3, dtype=np.float32)


def test_rocchio_by_hand() -> None:
    found = moved(ASKED, np.array([LIKED, LIKED]), np.array([UNLIKED]))
    by_hand = np.array([1.0, 0.75, -0.15]) / np.sqrt(1 + 0.75**2 + 0.15**2)
    assert found == pytest.approx(by_hand, abs=1e-6)
    assert found.dtype == np.float32


def test_nothing_to_move_by_changes_nothing() -> None:
    none = np.zeros((0, 3), np.float32)
    assert moved(ASKED, none, none).tolist() == ASKED.tolist()


def test_examples_alone_are_their_mean() -> None:
    none = np.zeros((0, 3), np.float32)
    found = moved(np.zeros(3, np.float32), np.array([LIKED, UNLIKED]), none)
    assert found == pytest.approx([0, 0.5**0.5, 0.5**0.5])


def test_a_judgement_is_taken_back_or_turned_round() -> None:
    query = judged(judged(Query("tea"), 7, liked=True), 8, liked=True)
    assert (query.like, query.unlike) == ((7, 8), ())
    assert judged(query, 7, liked=True).like == (8,)
    turned = judged(query, 7, liked=False)
    assert (turned.like, turned.unlike) == ((8,), (7,))
    assert judged(turned, 7, liked=False) == Query("tea", like=(8,))
