"""Fusion is a pure function of ranks."""

from __future__ import annotations

import pytest

from index_data.records import Candidate
from search.fusion import fuse


def _ranking(*passage_ids: int) -> list[Candidate]:
    return [Candidate(passage_id, 1 / rank) for rank, passage_id in enumerate(passage_ids, start=1)]


def test_first_in_every_channel_scores_one() -> None:
    best = fuse(_ranking(4, 5), _ranking(4, 6))[0]
    assert best.passage_id == 4
    assert best.score == pytest.approx(1)
    assert (best.dense, best.lexical) == (1.0, 1.0)


def test_agreement_beats_one_first_place() -> None:
    order = [fused.passage_id for fused in fuse(_ranking(1, 2, 3), _ranking(9, 2, 8))]
    assert order[0] == 2


def test_scores_follow_the_formula() -> None:
    scores = {fused.passage_id: fused.score for fused in fuse(_ranking(1, 2), _ranking(2))}
    assert scores[1] == pytest.approx((1 / 61) / (2 / 61))
    assert scores[2] == pytest.approx((1 / 62 + 1 / 61) / (2 / 61))


def test_a_silent_channel_costs_nothing() -> None:
    [only] = fuse(_ranking(3), [])
    assert only.score == pytest.approx(1)
    assert only.lexical is None
    assert fuse([], []) == []


def test_ties_are_broken_the_same_way_every_time() -> None:
    assert [fused.passage_id for fused in fuse(_ranking(7, 2), _ranking(2, 7))] == [2, 7]
