"""Texts of many lengths: as many as asked for, spread as a folder's are."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

import encoder
from benchmarks.encoding.ragged_texts import (
    FEWEST,
    GROUP,
    MOST,
    grouped,
    log_normal_lengths,
    padding,
    token_counts,
)

TOKENIZER = Path(encoder.__file__).parent / "builtin/tokenizer.json"


def test_lengths_are_log_normal_within_bounds() -> None:
    lengths = log_normal_lengths(1001)
    assert lengths == sorted(lengths)
    assert (lengths[0], lengths[500], lengths[-1]) == (FEWEST, 80, MOST)
    assert lengths[841] == pytest.approx(80 * 2.718**0.8, rel=0.02)


@pytest.mark.parametrize("count", [1, 12, GROUP, GROUP + 1, 64, 96, 1024])
def test_groups_are_neighbours_spread_over_the_list(count: int) -> None:
    places = grouped(count, 1024)
    assert len(set(places)) == count
    assert 0 <= min(places) <= max(places) < 1024
    breaks = sum(second - first != 1 for first, second in pairwise(places))
    assert breaks <= -(-count // GROUP) - 1


def test_padding_is_what_the_longest_of_a_group_costs() -> None:
    texts = ["snow", "winter snow and ice and snow"]
    short, long = token_counts(TOKENIZER, texts)
    assert padding(TOKENIZER, texts) == 2 * long / (short + long)
    assert padding(TOKENIZER, texts[:1]) == 1
