"""What each stage of a search said; a search makes these values anyway, so keeping them costs nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from index_data.records import Candidate
from search.fusion import Fused
from search.hits import Copy, Hit, Reranked


@dataclass(frozen=True, slots=True)
class Proposals:
    """What the channels proposed, best first each, and what became of it."""

    depth: int = 0
    """Passages that a channel could propose; a cosine is also known of what another one did."""
    dense: Sequence[Candidate] = ()
    lexical: Sequence[Candidate] = ()
    sparse: Sequence[Candidate] = ()
    fused: Sequence[Fused] = ()
    background: int = 0
    """Passages that stood for chance."""

    @property
    def exhausted(self) -> bool:
        """No channel had more to propose."""
        return max(map(len, (self.dense, self.lexical, self.sparse))) < self.depth


@dataclass(frozen=True, slots=True)
class Judged:
    """A passage of the pool from which the page is taken."""

    passage_id: int
    score: float
    """0 to 1."""
    rerank: float | None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why one of several indexes took no part."""

    collection: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A search from its proposals to its hits."""

    hits: Sequence[Hit] = ()
    vector: NDArray[np.float32] | None = None
    """That of the question, moved by what is liked: float32 (D,); None where words alone were asked."""
    proposals: Proposals = field(default_factory=Proposals)
    refused: bool = False
    """There are candidates, but the best is no more than chance gives."""
    copies: Mapping[int, Sequence[Copy]] = field(default_factory=dict)
    """What was folded, by the id of the passage that stands for it."""
    reranked: Reranked | None = None
    """None where nothing was to be re-ranked."""
    judged: Sequence[Judged] = ()
    """The pool, best first."""
    held_back: Sequence[int] = ()
    """Ids of passages that gave way to other documents, as their own has hits."""
    troubles: Sequence[Trouble] = ()
    """Which of several indexes took no part."""
