"""The benchmark of copies: it sees a rule that is too strict and one that is too loose."""

from __future__ import annotations

import random

from benchmarks.copies import ALIKE, Copied, Pair, edited, false, missed, order_kept, overlap

TEXT = " ".join(f"word{number}" for number in range(200))


def test_as_many_words_are_changed_as_was_asked() -> None:
    dice = random.Random(1)
    assert edited(TEXT, 0.0, by_characters=False, dice=dice) == TEXT
    changed = edited(TEXT, 0.05, by_characters=False, dice=dice)
    assert 0.9 < order_kept(TEXT, changed) < 1
    assert edited("面团要发酵一个小时" * 10, 0.1, by_characters=True, dice=dice) != "面团要发酵一个小时" * 10


def test_the_truth_heeds_the_order_of_words_and_the_rule_does_not() -> None:
    backwards = " ".join(reversed(TEXT.split()))
    assert order_kept(TEXT, TEXT) == 1
    assert order_kept(TEXT, backwards) < ALIKE
    assert overlap(frozenset(TEXT.split()), frozenset(backwards.split())) == 1


def test_controls_that_fail() -> None:
    copies = [Copied(0.05, 0.97, 0.85), Copied(0.05, 0.92, 0.75), Copied(0.01, 0.99, 0.95)]
    assert missed(copies, 0.05, 0.9, 0.8) == 0.5
    assert missed(copies, 0.05, 0.99, 0.8) == 1
    others = [Pair(0.95, 0.7, True, False), Pair(0.95, 0.9, False, True), Pair(0.95, 0.9, False, False)]
    assert false(others, 0.9, 0.8, translation=True) == 0
    assert false(others, 0.9, 0.0, translation=True) == 1
    assert false(others, 0.9, 0.8, translation=False) == 1
