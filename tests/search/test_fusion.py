"""Fusion is a pure function of scores."""

from __future__ import annotations

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_data.records import Candidate
from search.fusion import LEXICAL_WEIGHT, SPARSE_WEIGHT, fuse

SCORES = st.dictionaries(st.integers(1, 20), st.floats(-1, 1), max_size=10)
BM25 = st.dictionaries(st.integers(1, 20), st.floats(0, 60), max_size=10)
PRODUCTS = st.dictionaries(st.integers(1, 20), st.floats(0, 2), max_size=10)


def _candidates(scores: dict[int, float]) -> list[Candidate]:
    return [Candidate(passage_id, score) for passage_id, score in scores.items()]


def test_scores_follow_the_formula() -> None:
    [both, words, meaning] = fuse(_candidates({1: 0.5, 2: 0.2}), _candidates({1: 10.0, 3: 30.0}))
    assert (both.passage_id, both.dense, both.lexical) == (1, 0.5, 10.0)
    assert both.score == pytest.approx(1 - 0.5 * exp(-LEXICAL_WEIGHT * 10))
    assert (words.passage_id, words.dense) == (3, None)
    assert words.score == pytest.approx(1 - exp(-LEXICAL_WEIGHT * 30))
    assert (meaning.passage_id, meaning.lexical) == (2, None)
    assert meaning.score == pytest.approx(0.2)


def test_the_sparse_channel_shrinks_the_doubt_that_is_left() -> None:
    fused = fuse(_candidates({1: 0.5}), _candidates({1: 10.0}), _candidates({1: 0.2, 2: 0.4}))
    assert [(found.passage_id, found.dense, found.lexical, found.sparse) for found in fused] == [
        (1, 0.5, 10.0, 0.2),
        (2, None, None, 0.4),
    ]
    assert fused[0].score == pytest.approx(1 - 0.5 * exp(-LEXICAL_WEIGHT * 10) * exp(-SPARSE_WEIGHT * 0.2))
    assert fused[1].score == pytest.approx(1 - exp(-SPARSE_WEIGHT * 0.4))


def test_at_a_usual_cosine_the_sparse_product_is_worth_what_its_authors_give_it() -> None:
    [before] = fuse(_candidates({1: 0.6}), [])
    [nearer] = fuse(_candidates({1: 0.601}), [])
    [shared] = fuse(_candidates({1: 0.6}), [], _candidates({1: 0.001}))
    assert (shared.score - before.score) / (nearer.score - before.score) == pytest.approx(0.3, abs=1e-3)


def test_a_chance_word_does_not_beat_a_close_meaning() -> None:
    assert fuse(_candidates({1: 0.6}), _candidates({2: 3.0}))[0].passage_id == 1


def test_many_rare_words_beat_a_vague_meaning() -> None:
    assert fuse(_candidates({1: 0.2}), _candidates({2: 25.0}))[0].passage_id == 2


def test_opposite_meaning_alone_is_no_hit() -> None:
    assert fuse(_candidates({1: -0.7, 2: 0.0}), []) == []
    [found] = fuse(_candidates({1: -0.7}), _candidates({1: 10.0}))
    assert found.dense == -0.7
    assert found.score == pytest.approx(1 - exp(-LEXICAL_WEIGHT * 10))


def test_a_word_that_every_passage_has_still_finds_them() -> None:
    assert len(fuse([], _candidates({1: 1e-6, 2: 1e-6}))) == 2


@given(SCORES, BM25, PRODUCTS)
def test_every_supported_candidate_comes_once_with_a_score_from_0_to_1(
    dense: dict[int, float], lexical: dict[int, float], sparse: dict[int, float]
) -> None:
    fused = fuse(_candidates(dense), _candidates(lexical), _candidates(sparse))
    near = {passage_id for passage_id, cosine in dense.items() if cosine > 0}
    supported = near | lexical.keys() | sparse.keys()
    assert sorted(found.passage_id for found in fused) == sorted(supported)
    assert [found.score for found in fused] == sorted((found.score for found in fused), reverse=True)
    assert all(0 <= found.score <= 1 for found in fused)


def test_ties_are_broken_the_same_way_every_time() -> None:
    assert [found.passage_id for found in fuse(_candidates({7: 0.5, 2: 0.5}), [])] == [2, 7]
