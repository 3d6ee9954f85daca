"""A sketch tells the same weights from others."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from encoder.served.sketch import SENTENCES, same_model, sketch

PINNED = (
    "Fwz09BcX9BcM9AAvI_T0IwDGDNEM9AAX9OkMABfdxhcKBfvoCh3oChj7ACci6PsiAMEY2RjoAB3o4wUACt7BCgYD_eUGHuUGG_0A"
    "JCHl_SEAwBvcG-UAHuXiAwAG38AG.4.5e253af543acda87"
)


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    scaled: NDArray[np.float32] = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(
        np.float32
    )
    return scaled


def moved(vectors: NDArray[np.float32], distance: float, random: np.random.Generator) -> NDArray[np.float32]:
    step = unit(random.normal(size=vectors.shape))
    return unit(vectors + np.float32(distance) * step)


def plain(vectors: NDArray[np.float32]) -> str:
    return sketch(vectors, query_prompt="", passage_prompt="")


@pytest.mark.parametrize("dimension", [64, 384, 1024, 4096])
def test_noise_is_tolerated_and_other_weights_are_not(dimension: int) -> None:
    random = np.random.default_rng(7)
    for _ in range(10):
        vectors = unit(random.normal(size=(len(SENTENCES), dimension)))
        assert same_model(plain(vectors), plain(moved(vectors, 0.03, random)))
        assert not same_model(plain(vectors), plain(moved(vectors, 0.3, random)))
        assert not same_model(plain(vectors), plain(unit(random.normal(size=vectors.shape))))


def test_a_sketch_stays_as_it_was_written_once() -> None:
    steps = np.arange(1, len(SENTENCES) * 4 + 1, dtype=np.float64).reshape(len(SENTENCES), 4)
    assert plain(unit(steps)) == PINNED


def test_prompts_and_dimension_are_compared_exactly() -> None:
    vectors = unit(np.random.default_rng(1).normal(size=(len(SENTENCES), 64)))
    assert not same_model(plain(vectors), sketch(vectors, query_prompt="query: ", passage_prompt=""))
    assert not same_model(plain(vectors), sketch(vectors, query_prompt="", passage_prompt="query: "))
    assert not same_model(plain(vectors), plain(unit(np.hstack([vectors, vectors]).astype(np.float64))))


@pytest.mark.parametrize("other", ["", "0f" * 32, "a.b.c", "!.64.0", "é"])
def test_what_is_no_sketch_is_like_nothing(other: str) -> None:
    mine = plain(unit(np.random.default_rng(1).normal(size=(len(SENTENCES), 64))))
    _, *exact = mine.split(".")
    assert not same_model(mine, other)
    assert not same_model(mine, ".".join([other, *exact]))
    assert same_model(mine, mine)
