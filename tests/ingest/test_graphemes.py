"""Places where a text may be cut."""

from __future__ import annotations

import pytest

from ingest.graphemes import border_near, is_border


@pytest.mark.parametrize(
    "cluster",
    ["e\u0301", "\r\n", "👩‍👩‍👧", "👍🏽", "🇩🇪", "नि", "क्षि", "กำ"[:1] + "ิ", "\u1112\u1161\u11ab", "한\u11ab"],
)
def test_a_cluster_has_no_border_inside(cluster: str) -> None:
    text = f"a{cluster}b"
    assert [place for place in range(len(text) + 1) if is_border(text, place)] == [
        0, 1, 1 + len(cluster), 2 + len(cluster),
    ]  # fmt: skip


def test_flags_are_pairs() -> None:
    text = "🇩🇪🇫🇷🇮🇹"
    assert [place for place in range(len(text) + 1) if is_border(text, place)] == [0, 2, 4, 6]


def test_the_border_before_is_taken_else_the_one_behind() -> None:
    text = "ab\u0301\u0302cd"
    assert border_near(text, 3, after=0, until=6) == 1
    assert border_near(text, 3, after=1, until=6) == 4
    assert border_near(text, 3, after=1, until=3) == 3
    assert border_near(text, 5, after=0, until=6) == 5


def test_a_cluster_beyond_reason_is_cut() -> None:
    assert border_near("a" + "\u0301" * 1_000_000, 500_000, after=0, until=1_000_001) == 500_000
