"""What the channels propose for a query, held against chance and fused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from encoder.interface import Embedder, SparseEmbedder
from index_data.background import Background
from index_data.errors import UsageError
from index_data.full_text import asked_words
from index_data.index import Index
from index_data.records import Candidate
from search.calibration import Calibration, calibrate
from search.fusion import Fused, fuse
from search.languages import LanguageOffsets, preferred
from search.legibility import is_legible
from search.query import Mode, Query
from search.relevance_feedback import moved
from search.trace import Proposals
from search.united_index import Searchable


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What the channels of an index say, and what chance gives there."""

    dense: Sequence[Candidate]
    lexical: Sequence[Candidate]
    sparse: Sequence[Candidate]
    background: Background | None
    """None where words alone are asked."""


@dataclass(frozen=True, slots=True)
class Proposer:
    """An index and the encoder that made it, asked for candidates."""

    index: Index
    embedder: Embedder | None
    """None answers lexical questions only."""
    offsets: LanguageOffsets = field(default_factory=LanguageOffsets, repr=False, compare=False)

    def vector(self, query: Query) -> NDArray[np.float32] | None:
        """Embed a query and move it by what is liked: float32 (D,); None where words alone are asked.

        Raises:
            UsageError: a dense question was asked without an encoder, or a passage it names is gone.
        """
        if query.mode is Mode.LEXICAL and not query.by_example:
            return None
        if query.by_example:
            vector = np.zeros(self.index.fingerprint.dimension, np.float32)
        elif self.embedder is None:
            raise UsageError("a dense search needs an encoder", remedy="Ask with --mode lexical.")
        else:
            vector = self.embedder.embed_queries([query.text])[0]
        if query.like or query.unlike:
            liked, unliked = (named_vectors(self.index, ids) for ids in (query.like, query.unlike))
            vector = moved(vector, liked, unliked)
        return vector

    def propose(self, query: Query, vector: NDArray[np.float32] | None, candidates: int) -> Proposals:
        """Ask each channel for `candidates` passages, the dense one with `vector`, float32 (D,), and fuse."""
        found = self.found(query, vector, candidates)
        calibration = calibration_of(query, vector, found.background)
        fused = fuse(found.dense, found.lexical, found.sparse, calibration)
        return Proposals(
            candidates,
            found.dense,
            found.lexical,
            found.sparse,
            foremost(self.index, fused, query),
            calibration.passages,
        )

    def found(self, query: Query, vector: NDArray[np.float32] | None, candidates: int) -> Found:
        """Ask each channel for `candidates` passages, the dense one with `vector`, float32 (D,)."""
        lexical = (
            [] if query.mode is Mode.DENSE else self.index.matching(query.text, candidates, query.filters)
        )
        sparse = self._sparse(query, candidates)
        dense = [] if vector is None else self._dense(vector, query, candidates, [*lexical, *sparse])
        if query.judged and not self._is_legible(query):
            dense = []
        if vector is None:
            return Found(dense, lexical, sparse, None)
        matching = [candidate.passage_id for candidate in lexical]
        return Found(dense, lexical, sparse, self.index.background(query.text, matching))

    def _sparse(self, query: Query, count: int) -> list[Candidate]:
        """Find the `count` passages that share vocabulary pieces, if the encoder weighs them."""
        if query.by_example or query.mode is not Mode.HYBRID or not isinstance(self.embedder, SparseEmbedder):
            return []
        [weighed] = self.embedder.sparse_queries([query.text])
        return self.index.sharing(weighed, count, query.filters)

    def _dense(
        self, vector: NDArray[np.float32], query: Query, count: int, proposed: Sequence[Candidate]
    ) -> list[Candidate]:
        """Find the `count` passages nearest to `vector`, and give those `proposed` their cosine too."""
        nearest = self.index.nearest(vector, count, query.filters)
        known = {candidate.passage_id for candidate in nearest}
        proposed_ids = dict.fromkeys(candidate.passage_id for candidate in proposed)
        others = [passage_id for passage_id in proposed_ids if passage_id not in known]
        cosines = self.index.vectors(others) @ vector  # (others,)
        found = nearest + [Candidate(*other) for other in zip(others, cosines.tolist(), strict=True)]
        return self.offsets.balanced(self.index, vector, found) if query.balance_languages else found

    def _is_legible(self, query: Query) -> bool:
        return query.by_example or self.embedder is None or is_legible(query.text, self.embedder.token_spans)


def calibration_of(
    query: Query, vector: NDArray[np.float32] | None, background: Background | None
) -> Calibration:
    """Work out what chance gives a query whose vector is float32 (D,)."""
    asked = len(asked_words(query.text))
    return Calibration(asked) if background is None else calibrate(vector, asked, background)


def named_vectors(index: Searchable, passage_ids: Sequence[int]) -> NDArray[np.float32]:
    """Fetch the vectors of passages that a user names: float32 (N, D).

    Raises:
        UsageError: one is gone.
    """
    vectors = index.vectors(passage_ids)
    for passage_id, vector in zip(passage_ids, vectors, strict=True):
        if not vector.any():
            raise UsageError(
                f"there is no passage #{passage_id}",
                remedy="Its document has changed or gone since; search again for the new numbers.",
            )
    return vectors


def foremost(index: Searchable, fused: list[Fused], query: Query) -> list[Fused]:
    """Bring to the front what may come among the hits once its language is preferred."""
    if not query.preferred_languages:
        return fused
    languages = index.languages([found.passage_id for found in fused])
    raised = [
        preferred(found.score, spoken, query.preferred_languages)
        for found, spoken in zip(fused, languages, strict=True)
    ]
    order = sorted(range(len(fused)), key=lambda place: -raised[place])
    return [fused[place] for place in order]
