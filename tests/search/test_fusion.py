"""Fusion is a pure function of scores and of what chance gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_data.records import Candidate
from search.calibration import LEXICAL_LENGTH, LEXICAL_REST, LEXICAL_WEIGHT, Calibration, probability
from search.fusion import fuse

SCORES = st.dictionaries(st.integers(1, 20), st.floats(-1, 1), max_size=10)
BM25 = st.dictionaries(st.integers(1, 20), st.floats(0, 60), max_size=10)
PRODUCTS = st.dictionaries(st.integers(1, 20), st.floats(0, 2), max_size=10)


def _candidates(scores: dict[int, float]) -> list[Candidate]:
    return [Candidate(passage_id, score) for passage_id, score in scores.items()]


def test_scores_follow_the_formula() -> None:
    calibration = Calibration(
        words=4, level=0.2, spread=0.1, word_levels={"en": 6.0}, language_of={1: "en", 2: "en", 3: "de"}
    )
    dense, lexical = {1: 0.5, 2: 0.4}, {1: 10.0, 2: 5.0, 3: 9.0}
    found = {one.passage_id: one for one in fuse(_candidates(dense), _candidates(lexical), (), calibration)}
    weight = LEXICAL_WEIGHT / 4**LEXICAL_LENGTH
    assert found[1].score == pytest.approx(probability(3 + weight * 4.0))
    assert found[2].score == pytest.approx(probability(2 + weight * LEXICAL_REST * 5.0))
    assert found[3].score == pytest.approx(probability(weight * 9.0))
    assert (found[3].dense, found[3].lexical) == (None, 9.0)


def test_at_any_spread_the_sparse_product_is_worth_what_its_authors_give_it() -> None:
    for spread in (0.05, 0.1):
        calibration = Calibration(spread=spread)
        [nearer] = fuse(_candidates({1: 0.63}), [], (), calibration)
        [shared] = fuse(_candidates({1: 0.6}), [], _candidates({1: 0.1}), calibration)
        assert shared.score == pytest.approx(nearer.score)


def test_a_chance_word_does_not_beat_a_close_meaning() -> None:
    chance = Calibration(words=6, level=0.2, word_levels={"en": 4.0}, language_of={2: "en"})
    assert fuse(_candidates({1: 0.4, 2: 0.25}), _candidates({2: 5.0}), (), chance)[0].passage_id == 1


def test_many_rare_words_beat_a_vague_meaning() -> None:
    assert fuse(_candidates({1: 0.2}), _candidates({2: 25.0}), (), Calibration(words=4))[0].passage_id == 2


def test_opposite_meaning_alone_is_no_hit() -> None:
    assert fuse(_candidates({1: -0.7, 2: 0.0}), []) == []
    [found] = fuse(_candidates({1: -0.7}), _candidates({1: 10.0}))
    assert found.dense == -0.7


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


@given(SCORES, st.floats(0, 0.5), st.floats(0.01, 0.3))
def test_meaning_alone_keeps_the_order_of_cosines(
    dense: dict[int, float], level: float, spread: float
) -> None:
    fused = fuse(_candidates(dense), [], (), Calibration(level=level, spread=spread))
    cosines = [found.dense or 0.0 for found in fused]
    assert cosines == pytest.approx(sorted(cosines, reverse=True), abs=1e-12)


@given(BM25, st.floats(0, 20))
def test_words_alone_keep_the_order_of_bm25_within_a_language(
    lexical: dict[int, float], level: float
) -> None:
    calibration = Calibration(words=3, word_levels={"en": level}, language_of=dict.fromkeys(lexical, "en"))
    scores = [found.lexical or 0.0 for found in fuse([], _candidates(lexical), (), calibration)]
    assert scores == pytest.approx(sorted(scores, reverse=True), abs=1e-9)


def test_ties_are_broken_the_same_way_every_time() -> None:
    assert [found.passage_id for found in fuse(_candidates({7: 0.5, 2: 0.5}), [])] == [2, 7]
