"""What a user asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from index_data.records import Filters


class Mode(StrEnum):
    """Which channels propose candidates."""

    HYBRID = "hybrid"
    DENSE = "dense"
    LEXICAL = "lexical"


@dataclass(frozen=True, slots=True)
class Query:
    """A question and the frame in which it is asked."""

    text: str
    limit: int = 10
    """Hits at most."""
    mode: Mode = Mode.HYBRID
    filters: Filters = field(default_factory=Filters)
    min_score: float = 0.0
    """Hits below it are left out; 0 to 1."""
