"""How many operations a Gemma-shaped encoder takes, and how many a second its matrix products reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from benchmarks.encoding.device_clock import seconds_each
from encoder.models.registry import Shape

REPEATS = 20
SQUARE = "square"
"""The product that shows what a device can do."""


@dataclass(frozen=True, slots=True)
class Product:
    """A matrix product: (M, I) times (I, O)."""

    name: str
    rows: int
    inputs: int
    outputs: int

    @property
    def operations(self) -> int:
        """Multiplications and additions."""
        return 2 * self.rows * self.inputs * self.outputs


def products_of_layer(shape: Shape, rows: int) -> list[Product]:
    """Name the four products of one layer over so many tokens, joined as on CUDA."""
    attended = shape.heads * shape.head_dim
    projected = attended + 2 * shape.kv_heads * shape.head_dim
    return [
        Product("query, key and value", rows, shape.hidden, projected),
        Product("mix of the heads", rows, attended, shape.hidden),
        Product("gate and way up", rows, shape.hidden, 2 * shape.intermediate),
        Product("way down", rows, shape.intermediate, shape.hidden),
    ]


def time_products(
    shape: Shape, rows: Sequence[int], square: int, device: torch.device
) -> dict[Product, float]:
    """Time the products of a layer over each number of `rows`, and a square one: seconds."""
    products = [product for count in rows for product in products_of_layer(shape, count)]
    return {
        product: _seconds_of(product, device)
        for product in [*products, Product(SQUARE, square, square, square)]
    }


def _seconds_of(product: Product, device: torch.device) -> float:
    """Time a product in bfloat16, of random numbers: zeros are faster on some devices."""
    inputs = torch.randn(product.rows, product.inputs, device=device).bfloat16()
    weight = torch.randn(product.outputs, product.inputs, device=device).bfloat16()
    return seconds_each(lambda: functional.linear(inputs, weight), device, REPEATS)


def joint_rate(seconds: Mapping[Product, float]) -> float:
    """Operations a second of the products of a layer one after the other, at their best number of rows."""
    of_layer = [product for product in seconds if product.name != SQUARE]
    rates = []
    for rows in {product.rows for product in of_layer}:
        alike = [product for product in of_layer if product.rows == rows]
        rates.append(sum(product.operations for product in alike) / sum(seconds[one] for one in alike))
    return max(rates)


def operations_of(shape: Shape, kinds: Sequence[str], lengths: Sequence[int], reach: int) -> int:
    """Count what layers of `kinds` do for texts of `lengths` tokens; sliding ones see `reach` each way."""
    sliding = sum(kind == "sliding_attention" for kind in kinds)
    full = len(kinds) - sliding
    pairs = sum(full * length**2 + sliding * pairs_within(length, reach) for length in lengths)
    matrices = 2 * shape.layer_parameters * len(kinds) * sum(lengths)
    return matrices + 4 * shape.heads * shape.head_dim * pairs


def pairs_within(length: int, reach: int) -> int:
    """Count the pairs of tokens, each with itself included, that are at most `reach` apart."""
    places = np.arange(length)
    return int((np.minimum(places, reach) + np.minimum(places[::-1], reach) + 1).sum())
