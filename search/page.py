"""Which of the best passages stand on the page, so that a long document does not fill it alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

USUAL = 5
"""Passages of one document on a page, as long as other documents fill it; see docs/decisions/0027."""


@dataclass(frozen=True, slots=True)
class Page:
    """A choice among passages that come best first."""

    places: tuple[int, ...]
    """From 0, best first."""
    held_back: tuple[int, ...]
    """What gave way to other documents, as its own has passages on the page."""


def page(documents: Sequence[Hashable], limit: int, per_document: int | None) -> Page:
    """Choose up to `limit` passages, given the document of each, best first.

    With None for `per_document` what was held back comes back where there is room.
    """
    most = USUAL if per_document is None else per_document
    shown: Counter[Hashable] = Counter()
    chosen: list[int] = []
    held_back: list[int] = []
    for place, document in enumerate(documents):
        if len(chosen) == limit:
            break
        if shown[document] < most:
            shown[document] += 1
            chosen.append(place)
        else:
            held_back.append(place)
    room = limit - len(chosen) if per_document is None else 0
    return Page(tuple(sorted(chosen + held_back[:room])), tuple(held_back[room:]))


def pool(documents: Sequence[Hashable], compared: int, limit: int, per_document: int | None) -> list[int]:
    """Choose whom a re-ranker compares: the first `compared`, and what else it takes to fill a page."""
    chosen = list(range(min(compared, len(documents))))
    most = USUAL if per_document is None else per_document
    shown = Counter(documents[:compared])
    room = limit - sum(min(count, most) for count in shown.values())
    for place in range(compared, len(documents)):
        if room < 1:
            break
        if shown[documents[place]] < most:
            shown[documents[place]] += 1
            chosen.append(place)
            room -= 1
    return chosen


def is_full(documents: Sequence[Hashable], limit: int, per_document: int | None) -> bool:
    """Tell whether these passages fill a page."""
    return len(page(documents, limit, per_document).places) == limit
