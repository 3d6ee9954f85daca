"""Ids of passages of several indexes side by side, unique among them all."""

from __future__ import annotations

_SPAN = 1 << 40
"""More passages than an index will ever have given a number to."""


def united_id(place: int, own: int) -> int:
    """Make the id of a passage from the place of its index, from 0, and its own id there."""
    return place * _SPAN + own


def parted(passage_id: int) -> tuple[int, int]:
    """Part it again; the id of a passage of a single index is its own, in place 0."""
    return divmod(passage_id, _SPAN)
