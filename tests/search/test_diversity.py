"""Maximal marginal relevance, against a second computation."""

from __future__ import annotations

import numpy as np

from search.diversity import RELEVANCE, diverse_order


def test_a_repetition_gives_way_to_something_else() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    assert diverse_order([0.9, 0.89, 0.6], vectors) == [0, 2, 1]


def test_without_likeness_the_scores_decide() -> None:
    assert diverse_order([0.1, 0.5, 0.3], np.eye(3, dtype=np.float32)) == [1, 2, 0]
    assert diverse_order([], np.zeros((0, 3), np.float32)) == []


def test_it_is_what_the_paper_says() -> None:
    noise = np.random.default_rng(3)
    vectors = noise.normal(size=(12, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scores = noise.random(12).tolist()
    chosen: list[int] = []
    while len(chosen) < 12:
        left = [place for place in range(12) if place not in chosen]
        worth = {
            place: RELEVANCE * scores[place]
            - (1 - RELEVANCE) * max((float(vectors[place] @ vectors[one]) for one in chosen), default=0.0)
            for place in left
        }
        chosen.append(max(left, key=lambda place: worth[place]))
    assert diverse_order(scores, vectors) == chosen
