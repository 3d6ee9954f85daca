"""Two sets of filters become one that lets through what both do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from index_data.records import Filters

_ANY_OF = ("languages", "media_types", "path_globs", "titles")
"""Fields of which one value has to hold, so that two of them cannot be joined."""
_NONE_OF = ("not_languages", "not_media_types", "not_path_globs", "not_titles", "not_phrases")


def narrowed(one: Filters, other: Filters) -> Filters:
    """Let through what both `one` and `other` do."""
    joined: dict[str, Any] = {name: _joined(one, other, name) for name in (*_NONE_OF, "phrases")}
    joined |= {name: getattr(one, name) or getattr(other, name) for name in _ANY_OF}
    clashing = {
        name: getattr(other, name)
        for name in _ANY_OF
        if getattr(one, name) and getattr(other, name) not in {(), getattr(one, name)}
    }
    rest = [also for also in (one.also, other.also, Filters(**clashing) if clashing else None) if also]
    return replace(
        one,
        **joined,
        modified_from_ns=max(_given(one.modified_from_ns, other.modified_from_ns), default=None),
        modified_before_ns=min(_given(one.modified_before_ns, other.modified_before_ns), default=None),
        also=_chained(rest),
    )


def _joined(one: Filters, other: Filters, name: str) -> tuple[object, ...]:
    return tuple(dict.fromkeys(getattr(one, name) + getattr(other, name)))


def _given(*moments: int | None) -> list[int]:
    return [moment for moment in moments if moment is not None]


def _chained(filters: list[Filters]) -> Filters | None:
    if not filters:
        return None
    first, *rest = filters
    deeper = _chained([*([first.also] if first.also else []), *rest])
    return replace(first, also=deeper)
