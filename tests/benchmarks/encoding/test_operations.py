"""Counting the operations of an encoder."""

from __future__ import annotations

import pytest

from benchmarks.encoding.operations import Product, joint_rate, operations_of, pairs_within, products_of_layer
from encoder.models.registry import known_model

SHAPE = known_model("bidirlm-1b").shape
KINDS = ["sliding_attention" if number % 6 else "full_attention" for number in range(1, 27)]


@pytest.mark.parametrize(("length", "reach"), [(1, 4), (5, 4), (9, 4), (40, 4), (3, 0)])
def test_pairs_are_those_within_reach(length: int, reach: int) -> None:
    near = sum(abs(one - other) <= reach for one in range(length) for other in range(length))
    assert pairs_within(length, reach) == near


def test_the_products_of_a_layer_are_all_of_its_weights() -> None:
    products = products_of_layer(SHAPE, rows=1)
    assert sum(product.operations for product in products) == 2 * SHAPE.layer_parameters == 53_673_984


def test_a_window_saves_attention_and_nothing_else() -> None:
    lengths = [8_192]
    everything, windowed = (operations_of(SHAPE, KINDS, lengths, reach) for reach in (8_192, 256))
    attention = 4 * 4 * 256
    assert everything / 8_192 == 2 * 697_761_792 + 26 * attention * 8_192
    assert everything - windowed == 22 * attention * (8_192**2 - pairs_within(8_192, 256))


def test_the_joint_rate_is_that_of_the_best_rows_without_the_square() -> None:
    few, many, square = Product("a", 10, 5, 1), Product("a", 20, 5, 1), Product("square", 10, 10, 10)
    assert joint_rate({few: 1.0, many: 1.0, square: 1e-9}) == 200
