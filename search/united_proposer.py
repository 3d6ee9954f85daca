"""What the channels of several indexes propose for a query, each asked by itself and all at the same time.

What chance gives is worked out from samples of all indexes of an encoder together, each in proportion to its
size. A passage then gets the score that it would have in one index that holds all, and an index in which
everything is near the question has no worse chances than another.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from encoder.interface import Embedder
from index_data.background import SIZE, Background, spread_of
from index_data.errors import UsageError
from index_data.records import Candidate
from search.fusion import Fused, fuse
from search.languages import LanguageOffsets
from search.proposer import Found, Proposer, calibration_of, foremost, named_vectors
from search.query import Mode, Query
from search.relevance_feedback import moved
from search.trace import Proposals
from search.united_ids import united_id
from search.united_index import UnitedIndex


@dataclass(frozen=True, slots=True)
class UnitedProposer:
    """Several indexes and the encoders that made them, asked for candidates."""

    index: UnitedIndex
    embedders: Mapping[str, Embedder] = field(default_factory=dict)
    """By their fingerprints; without them lexical questions only are answered."""
    offsets: Mapping[int, LanguageOffsets] = field(
        default_factory=lambda: defaultdict(LanguageOffsets), repr=False, compare=False
    )
    """By the places of the indexes."""

    def vector(self, query: Query) -> NDArray[np.float32] | None:
        """Embed a query once by each encoder, and move it by what is liked: float32 (D,), side by side.

        None where words alone are asked. An encoder of whose passages none is an example gives zeros.

        Raises:
            UsageError: a dense question was asked without an encoder, or a passage it names is gone.
        """
        if query.mode is Mode.LEXICAL and not query.by_example:
            return None
        liked, unliked = (named_vectors(self.index, ids) for ids in (query.like, query.unlike))
        parts = []
        for encoder, columns in self.index.columns.items():
            vector = self._embedded(query, encoder)
            # Of what other encoders have embedded nothing stands in these columns.
            theirs = [each[:, columns][each[:, columns].any(axis=1)] for each in (liked, unliked)]
            parts.append(moved(vector, *theirs) if any(map(len, theirs)) else vector)
        return np.concatenate(parts)

    def propose(self, query: Query, vector: NDArray[np.float32] | None, candidates: int) -> Proposals:
        """Ask each index for `candidates` passages a channel, the dense one with its columns of `vector`.

        The vector is float32 (D,).
        """
        found = self.index.side_by_side(lambda place: self._found(place, query, vector, candidates))
        fused: list[Fused] = []
        background = 0
        for encoder, columns in self.index.columns.items():
            theirs = [each for place, each in found.items() if self._encoder(place) == encoder]
            own = None if vector is None else vector[columns]
            calibration = calibration_of(query, own, pooled([each.background for each in theirs]))
            background += calibration.passages
            fused += fuse(*_merged(theirs), calibration)
        fused.sort(key=lambda one: -one.score)
        return Proposals(
            candidates, *_merged(list(found.values())), foremost(self.index, fused, query), background
        )

    def _embedded(self, query: Query, encoder: str) -> NDArray[np.float32]:
        columns, embedder = self.index.columns[encoder], self.embedders.get(encoder)
        if query.by_example:
            return np.zeros(columns.stop - columns.start, np.float32)
        if embedder is None:
            raise UsageError("a dense search needs an encoder", remedy="Ask with --mode lexical.")
        vector: NDArray[np.float32] = embedder.embed_queries([query.text])[0]
        return vector

    def _found(self, place: int, query: Query, vector: NDArray[np.float32] | None, candidates: int) -> Found:
        encoder = self._encoder(place)
        own = None if vector is None else vector[self.index.columns[encoder]]
        if own is not None and not own.any():
            return Found((), (), (), None)
        proposer = Proposer(self.index.members[place], self.embedders.get(encoder), self.offsets[place])
        return _in_united_ids(place, proposer.found(query, own, candidates))

    def _encoder(self, place: int) -> str:
        return self.index.members[place].fingerprint.encoder


def pooled(backgrounds: Sequence[Background | None]) -> Background | None:
    """Make one sample of several, in which each has a share like that of its index in all."""
    drawn = [one for one in backgrounds if one is not None]
    if len(drawn) < 2:
        return next(iter(drawn), None)
    together = max(sum(one.of for one in drawn), 1)
    chosen = [_spread(len(one.vectors), round(SIZE * one.of / together)) for one in drawn]
    vectors = np.concatenate([one.vectors[rows] for one, rows in zip(drawn, chosen, strict=True)])
    return Background(
        vectors,
        spread_of(vectors),
        tuple(one.languages[row] for one, rows in zip(drawn, chosen, strict=True) for row in rows),
        np.concatenate([one.bm25[rows] for one, rows in zip(drawn, chosen, strict=True)]),
        {passage_id: name for one in drawn for passage_id, name in one.language_of.items()},
        together,
    )


def _spread(count: int, wanted: int) -> list[int]:
    """Choose so many of the first numbers, evenly; all of them where there are no more, and one at least."""
    number = min(max(wanted, 1), count)
    return [step * count // number for step in range(number)]


def _in_united_ids(place: int, found: Found) -> Found:
    def united(candidates: Sequence[Candidate]) -> list[Candidate]:
        return [Candidate(united_id(place, one.passage_id), one.score) for one in candidates]

    background = found.background
    if background is not None:
        languages = {united_id(place, own): name for own, name in background.language_of.items()}
        background = replace(background, language_of=languages)
    return Found(united(found.dense), united(found.lexical), united(found.sparse), background)


def _merged(found: Sequence[Found]) -> tuple[list[Candidate], list[Candidate], list[Candidate]]:
    """Put what each channel proposes in several indexes in one order, best first."""
    channels = (
        [each.dense for each in found],
        [each.lexical for each in found],
        [each.sparse for each in found],
    )
    dense, lexical, sparse = (
        sorted((one for each in channel for one in each), key=lambda one: (-one.score, one.passage_id))
        for channel in channels
    )
    return dense, lexical, sparse
