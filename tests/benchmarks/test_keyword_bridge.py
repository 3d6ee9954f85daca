"""Words that join a question, with vectors made so that the answer is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.keyword_bridge import NEAREST, WEIGHT, Bridge, WordVectors, bridged
from benchmarks.ranking import Scores
from search.calibration import Calibration

MEANINGS = {"vertrag": 0, "vertrage": 0, "vertrags": 0, "abkommens": 0, "contract": 0, "fisch": 1, "fish": 1}


def _embed(asked: Sequence[str]) -> NDArray[np.float32]:
    vectors = np.zeros((len(asked), 8), np.float32)
    for row, word in enumerate(asked):
        vectors[row, MEANINGS.get(word, 2 + sum(map(ord, word)) % 6)] = 1.0
    return vectors


GERMAN = Bridge.over(["Der Vertrag und der Fisch", "des Vertrags, des Abkommens 1984"], _embed)


def test_only_words_that_the_index_lacks_are_joined() -> None:
    assert GERMAN.joined("Fisch") == GERMAN.joined("1984") == GERMAN.joined("") == []
    assert GERMAN.joined("fish") == ["fisch"]
    assert set(GERMAN.joined("contract fisch")) == {"vertrag", "vertrags", "abkommens"}


def test_few_words_join_one() -> None:
    texts = [f"vertrag{number}" for number in range(9)]
    many = Bridge.over(texts, lambda asked: np.ones((len(asked), 1), np.float32))
    assert len(many.joined("contract")) == NEAREST


def test_what_is_not_near_does_not_join() -> None:
    far = Bridge.over(["fisch"], _embed)
    assert far.joined("contract") == []


def test_joined_words_weigh_less_and_find_alone() -> None:
    plain = Scores(
        np.zeros((1, 3), np.float32), np.array([[2.0, -np.inf, -np.inf]], np.float32), (Calibration(),)
    )
    lexical = bridged(plain, np.array([[4.0, 4.0, 0.0]], np.float32)).lexical
    assert lexical.tolist() == [[2 + 4 * WEIGHT, 4 * WEIGHT, -np.inf]]


def test_the_built_in_encoder_brings_translations_near() -> None:
    dog, hund, tax = WordVectors()(["dog", "hund", "steuer"])
    assert dog @ hund > 0.5 > dog @ tax
