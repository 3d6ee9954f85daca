from __future__ import annotations

import pytest

from benchmarks.aims import Aim, table, worst


@pytest.mark.parametrize(("reached", "met"), [(0.7499, False), (0.75, True), (float("nan"), False)])
def test_an_aim_is_met_from_its_number_on(reached: float, met: bool) -> None:
    assert Aim("anything", 0.75, reached).met == met


def test_the_worst_of_several_decides_and_is_named() -> None:
    assert worst("recall", 0.5, {"de": 0.9, "th": 0.2, "tr": 0.6}) == Aim("recall", 0.5, 0.2, "th")


def test_every_aim_has_a_row_with_its_verdict() -> None:
    aims = [Aim("English", 0.85, 0.91), worst("others", 0.75, {"de": 0.8, "th": 0.2})]
    assert table("builtin", aims).rows == (
        ("English", "0.850", "0.910", "", "met"),
        ("others", "0.750", "0.200", "th", "missed"),
    )
