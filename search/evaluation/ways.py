"""How a query is asked."""

from __future__ import annotations

from enum import StrEnum


class Way(StrEnum):
    """One channel, both, or both with a second opinion."""

    DENSE = "dense"
    LEXICAL = "lexical"
    HYBRID = "hybrid"
    RERANKED = "re-ranked"
