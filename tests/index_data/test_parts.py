from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from index_data.parts import planned
from index_data.segments import Segment


def segment(lowest: int, highest: int, count: int | None = None) -> Segment:
    count = highest - lowest + 1 if count is None else count
    return Segment(f"{lowest}-{highest}", lowest, highest, count, 1, "")


def shape(live: Sequence[int], *segments: Segment, most_dead: float = 1 / 3) -> list[tuple[int, bool]]:
    """Tell how many passages each part has, and whether it is kept as it is."""
    parts = planned(np.asarray(live, np.int64), segments, most_dead)
    together = np.concatenate([np.empty(0, np.int64), *(part.passage_ids for part in parts)])
    assert together.tolist() == list(live), "each passage once, in order"
    return [(len(part.passage_ids), part.segment is not None) for part in parts]


def test_what_comes_after_a_large_segment_has_one_of_its_own() -> None:
    assert shape(range(1, 10_501), segment(1, 10_000)) == [(10_000, True), (500, False)]
    assert shape(range(1, 10_601), segment(1, 10_000), segment(10_001, 10_500)) == [
        (10_000, True),
        (600, False),
    ]


def test_what_has_grown_to_half_of_the_one_before_is_merged_with_it() -> None:
    assert shape(range(1, 14_900), segment(1, 10_000)) == [(10_000, True), (4_899, False)]
    assert shape(range(1, 15_001), segment(1, 10_000)) == [(15_000, False)]


def test_a_passage_is_written_anew_only_a_few_times() -> None:
    segments: list[Segment] = []
    written = most = 0
    for last in range(500, 100_001, 500):
        parts = planned(np.arange(1, last + 1), segments, 1 / 3)
        written += sum(len(part.passage_ids) for part in parts if part.segment is None)
        segments = [
            part.segment or segment(int(part.passage_ids[0]), int(part.passage_ids[-1])) for part in parts
        ]
        most = max(most, len(segments))
    assert most <= 8
    # The control: one segment written anew each time writes a passage a hundred times.
    assert written < 12 * 100_000 < sum(range(500, 100_001, 500))


@pytest.mark.parametrize(("gone", "kept"), [(3_300, True), (3_400, False)])
def test_a_segment_may_keep_a_third_that_is_gone(gone: int, *, kept: bool) -> None:
    assert shape(range(gone + 1, 10_001), segment(1, 10_000)) == [(10_000 - gone, kept)]


def test_nothing_that_is_gone_is_kept_where_nothing_may_be() -> None:
    assert shape(range(2, 10_001), segment(1, 10_000), most_dead=0) == [(9_999, False)]


def test_a_segment_that_cannot_hold_all_that_lives_within_its_ids_is_not_kept() -> None:
    assert shape(range(1, 10_001), segment(1, 10_000, count=9_999)) == [(10_000, False)]


def test_what_a_lost_segment_held_goes_into_a_new_one() -> None:
    found = shape(range(1, 90_001), segment(1, 50_000), segment(80_001, 90_000))
    assert found == [(80_000, False), (10_000, True)]


def test_nothing_makes_no_part() -> None:
    assert shape([]) == shape([], segment(1, 10)) == []
