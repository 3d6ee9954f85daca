"""Time and memory by length: the arithmetic, and that both ways of attention compute the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from benchmarks import long_context
from benchmarks.encoding.random_checkpoint import write_checkpoint
from benchmarks.encoding.trend import exponent, line
from benchmarks.encoding.window_attention import attend_densely, attend_in_window, random_heads, window_mask
from benchmarks.long_context import ForwardPass, alternate, growth
from benchmarks.parity import NETWORKS


def test_a_line_is_found_and_how_straight_it_is() -> None:
    straight = line([1, 2, 3, 4], [5, 7, 9, 11])
    assert (straight.slope, straight.r_squared) == pytest.approx((2, 1))
    assert line([1, 2, 3, 4], [5, 9, 7, 11]).r_squared < 0.9


def test_an_exponent_is_found() -> None:
    lengths = [1_000, 2_000, 4_000]
    assert exponent(lengths, [3e-9 * length**2 for length in lengths]) == pytest.approx(2)


def test_both_ways_compute_the_same_attention() -> None:
    query, key, value = random_heads(700, torch.float32)
    ours = attend_in_window(query, key, value)
    dense = attend_densely(query, key, value, window_mask(700))
    torch.testing.assert_close(ours, dense, atol=1e-4, rtol=0)
    wrong = attend_densely(query, key, value, window_mask(700).tril())
    assert not torch.allclose(ours, wrong, atol=1e-4)


def test_the_first_round_does_not_count() -> None:
    rounds: list[str] = []
    timed = alternate({"a": lambda: rounds.append("a"), "b": lambda: rounds.append("b")}, 2)
    assert rounds == ["a", "b"] * 3
    assert timed.keys() == {"a", "b"}


def test_growth_is_told_for_time_and_memory() -> None:
    passes = [
        ForwardPass(length, length / 100, 500, 500 + length / 1_024) for length in (1_024, 2_048, 4_096)
    ]
    sliding = {
        str(one.tokens): {"attention": one.tokens * 1e-3, "layer": one.tokens**2 * 1e-6} for one in passes
    }
    grown = growth(sliding, passes)
    assert (grown["attention"], grown["layer"], grown["all layers"]) == pytest.approx((1, 2, 1))
    assert (grown["kib_per_token"], grown["r_squared"]) == pytest.approx((1, 1))
    assert "exponent" in long_context.tables(8_192, {}, sliding, passes)[1].markdown()


def test_memory_of_a_pass_is_seen(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "small", NETWORKS["small Gemma 3"], layers=2)
    one = long_context.read_once(folder, 2_048)
    assert one.tokens == 2_048
    assert 1 < one.added_mib < 500
