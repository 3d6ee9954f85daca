"""Which segments are kept and which passages are put into new ones: the rule, without files or rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index_data.segments import Segment

_SMALL = 2_000
"""Below so many passages, a segment is not worth keeping beside a newer one."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A stretch of the passages: what one segment holds, or is to hold."""

    passage_ids: NDArray[np.int64]
    """Living, ascending: (N,)."""
    segment: Segment | None
    """What holds them already."""


def planned(live: NDArray[np.int64], segments: Sequence[Segment], most_dead: float) -> list[Part]:
    """Divide the passages that live, int64 (N,) ascending, into parts; `segments` are sound, and in order.

    A part takes in the one before it while that holds at most twice as many. So there are few of them, each
    more than twice as large as the next, and a passage is written anew only a few times, however often
    others come.
    """
    parts: list[Part] = []
    for part in _stretches(live, segments, most_dead):
        taken = part
        while parts and len(parts[-1].passage_ids) <= max(_SMALL, 2 * len(taken.passage_ids)):
            taken = Part(np.concatenate((parts.pop().passage_ids, taken.passage_ids)), None)
        parts.append(taken)
    return parts


def _stretches(live: NDArray[np.int64], segments: Sequence[Segment], most_dead: float) -> list[Part]:
    """Tell what lives in each segment, and between and after them."""
    stretches, start = [], 0
    for segment in segments:
        ends = np.searchsorted(live, (segment.lowest_id, segment.highest_id + 1))
        lowest, beyond = np.maximum(ends, start).tolist()
        held = live[lowest:beyond]
        keeps = 0 <= segment.count - len(held) <= most_dead * segment.count
        stretches += [Part(live[start:lowest], None), Part(held, segment if keeps else None)]
        start = beyond
    stretches.append(Part(live[start:], None))
    return [stretch for stretch in stretches if len(stretch.passage_ids)]
