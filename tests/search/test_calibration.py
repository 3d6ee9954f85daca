"""What chance gives is worked out from a sample."""

from __future__ import annotations

import numpy as np
import pytest

from index_data.background import Background
from search.calibration import MIDDLE, USUAL_SPREAD, Calibration, calibrate, evidence_of, probability

RANDOM = np.random.default_rng(0)


def _background(count: int, bm25: dict[int, float] | None = None) -> Background:
    vectors = RANDOM.normal(size=(count, 8)).astype(np.float32)
    scores = np.zeros(count)
    for place, score in (bm25 or {}).items():
        scores[place] = score
    languages = ("en",) * (count // 2) + ("de",) * (count - count // 2)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Background(vectors, 0.2, languages, scores, {1: "en", 2: "de"})


def test_few_cosines_of_the_sample_are_above_the_level() -> None:
    background = _background(400)
    query = background.vectors[0]
    calibration = calibrate(query, 3, background)
    assert 0.005 < (background.vectors @ query > calibration.level).mean() < 0.06
    assert calibration.spread == pytest.approx(0.2, rel=0.02)


def test_a_word_counts_less_in_the_language_in_which_it_is_usual() -> None:
    background = _background(100, dict.fromkeys(range(0, 50, 2), 3.0))
    calibration = calibrate(background.vectors[0], 1, background)
    assert calibration.word_levels["en"] > 3.0
    assert calibration.word_levels["de"] == 0.0
    assert calibration.evidence(1, None, 5.0, 0.0) < calibration.evidence(2, None, 5.0, 0.0)


def test_an_empty_index_and_a_question_of_words_expect_nothing_of_chance() -> None:
    empty = Background(np.empty((0, 8), np.float32), 0.0, (), np.empty(0), {})
    assert calibrate(np.ones(8, np.float32), 2, empty) == Calibration(words=2)
    assert calibrate(None, 2, _background(10)) == Calibration(words=2)


def test_one_passage_is_held_against_what_is_usual() -> None:
    background = _background(1)
    calibration = calibrate(background.vectors[0], 1, background)
    assert calibration.level < 0.2
    assert calibration.spread == pytest.approx(USUAL_SPREAD, rel=0.25)
    assert probability(calibration.evidence(1, 0.9, 0.0, 0.0)) > 0.9


def test_evidence_moves_a_score_wherever_it_stands() -> None:
    assert probability(MIDDLE) == 0.5
    for evidence in (-20.0, 0.0, 4.0, 20.0):
        assert evidence_of(probability(evidence)) == pytest.approx(evidence)
    assert 0 < probability(-1e3) < probability(1e3) < 1
