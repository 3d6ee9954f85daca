"""BGE-M3 (arXiv 2402.03216): from one pass a text's vector, weights of its pieces, and its tokens' vectors.

Letters in shapes: T tokens of a batch or of a text, E = T + 1 with its end, N passages, D dimension.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from encoder.checkpoint import Checkpoint
from encoder.device import Placement
from encoder.embedder import Sums, TransformerEmbedder, sums_by_owner
from encoder.interface import Window
from encoder.reranker import max_sim
from encoder.runner import TokenSequence
from index_data.errors import EncoderUnavailable
from index_data.records import SparseVector

_SPARSE, _MULTI = "sparse_linear.pt", "colbert_linear.pt"
_WEIGHTLESS = ("<s>", "</s>", "<pad>", "<unk>")
"""Pieces that say nothing of a text's words."""


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A sequence, and how much each of its tokens matters."""

    owner: int
    ids: NDArray[np.int64]
    """(T,), special tokens included."""
    weights: NDArray[np.float32]
    """(T,), zero or more."""


class M3Embedder(TransformerEmbedder):
    """A `SparseEmbedder` and `TokenEmbedder` over BGE-M3's weights, equal to the reference's arithmetic."""

    def __init__(self, checkpoint: Checkpoint, placement: Placement) -> None:
        """Load `checkpoint` to where `placement` says.

        Raises:
            EncoderUnavailable: the weights do not fit the configuration, or cannot be read.
        """
        super().__init__(checkpoint, placement)
        self._weigh = _Head(checkpoint.folder / _SPARSE, self._width, 1)
        self._project = _Head(checkpoint.folder / _MULTI, self._width, self._width)
        self._weightless = [self._sequences.sequencer.piece_id(piece) for piece in _WEIGHTLESS]

    @staticmethod
    def fits(checkpoint: Checkpoint) -> bool:
        """Whether a folder holds more than the weights of a dense encoder."""
        return all((checkpoint.folder / head).is_file() for head in (_SPARSE, _MULTI))

    def embed_passages_with_sparse(
        self, windows: Sequence[Window]
    ) -> tuple[NDArray[np.float32], list[SparseVector]]:
        """Both kinds of vectors of all passages of `windows`, from one pass: float32 (N, D), and N sparse."""
        weighed: list[_Weighed] = []

        def reduce(hidden: Tensor, sequences: Sequence[TokenSequence]) -> Sums:
            weighed.extend(self._weights(hidden, sequences))
            return sums_by_owner(hidden, sequences)

        vectors = self._embed_passages(windows, reduce)
        return vectors, self._sparse(weighed, len(vectors))

    def sparse_queries(self, queries: Sequence[str]) -> list[SparseVector]:
        """How much each vocabulary piece matters in each of `queries`."""
        batches = self._runner.run(self._sequences.of_queries(queries), self._weights)
        return self._sparse(chain.from_iterable(batches), len(queries))

    def token_vectors(
        self,
        texts: Sequence[str],
        *,
        query: bool = False,  # noqa: ARG002  # questions and passages are read alike
    ) -> list[NDArray[np.float32]]:
        """For each text the unit vectors of its tokens, in the order of `token_spans`: float32 (T, D)."""
        return [np.concatenate([part[:-1] for part in parts]) for parts in self._multi_vectors(texts)]

    def multi_vectors(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        """Compute what MaxSim compares: the same, and the vector of the text's end: float32 (E, D)."""
        return [np.concatenate(parts) for parts in self._multi_vectors(texts)]

    def _multi_vectors(self, texts: Sequence[str]) -> list[list[NDArray[np.float32]]]:
        """Vectors of the parts of each text that the network reads in one go."""
        parts = [
            (number, part.ids)
            for number, (ids, _) in enumerate(self._sequences.sequencer.encode(texts))
            for part in self._sequences.cut(ids, np.full(len(ids), number), (number, number))
        ]
        sequences = [TokenSequence(ids, np.full(len(ids), place)) for place, (_, ids) in enumerate(parts)]
        computed = dict(chain.from_iterable(self._runner.run(sequences, self._projected)))
        gathered: list[list[NDArray[np.float32]]] = [[] for _ in texts]
        for place, (number, _) in enumerate(parts):
            gathered[number].append(computed[place])
        return gathered

    def _projected(
        self, hidden: Tensor, sequences: Sequence[TokenSequence]
    ) -> list[tuple[int, NDArray[np.float32]]]:
        """Each sequence's owner with the vectors of all its tokens but the first: float32 (T - 1, D)."""
        vectors = functional.normalize(self._project(hidden), dim=1).cpu()  # (T, D)
        split = torch.split(vectors, [len(sequence.ids) for sequence in sequences])
        return [
            (int(sequence.owners[0]), own[1:].numpy()) for sequence, own in zip(sequences, split, strict=True)
        ]

    def _weights(self, hidden: Tensor, sequences: Sequence[TokenSequence]) -> list[_Weighed]:
        weights = torch.relu(self._weigh(hidden)[:, 0]).cpu()  # (T,)
        split = torch.split(weights, [len(sequence.ids) for sequence in sequences])
        return [
            _Weighed(int(sequence.owners.max()), sequence.ids, own.numpy())
            for sequence, own in zip(sequences, split, strict=True)
        ]

    def _sparse(self, weighed: Iterable[_Weighed], count: int) -> list[SparseVector]:
        """Gather what each of `count` owners' sequences weigh."""
        owned: list[list[_Weighed]] = [[] for _ in range(count)]
        for sequence in weighed:
            owned[sequence.owner].append(sequence)
        return [
            sparse_vector(
                np.concatenate([sequence.ids for sequence in sequences]),
                np.concatenate([sequence.weights for sequence in sequences]),
                [piece for piece in self._weightless if piece is not None],
            )
            for sequences in owned
        ]


@dataclass(frozen=True, slots=True)
class M3Reranker:
    """A `Reranker` by MaxSim over the vectors that BGE-M3 was trained to be compared by."""

    embedder: M3Embedder

    def scores(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """How well each passage answers `query`: float32 (N,), 0 to 1, more is better."""
        asked, *answers = self.embedder.multi_vectors([query, *passages])
        return np.clip(np.array([max_sim(asked, vectors) for vectors in answers], dtype=np.float32), 0, 1)


def sparse_vector(
    ids: NDArray[np.int64], weights: NDArray[np.float32], weightless: Sequence[int]
) -> SparseVector:
    """Keep the largest of each piece's weights, float32 (T,), above zero; `ids` are int64 (T,)."""
    kept = (weights > 0) & ~np.isin(ids, weightless)
    pieces, places = np.unique(ids[kept], return_inverse=True)
    largest = np.zeros(len(pieces), dtype=np.float32)
    np.maximum.at(largest, places, weights[kept])
    return SparseVector(pieces.astype(np.int32), largest)


class _Head:
    """A linear layer behind the network, in float32."""

    def __init__(self, file: Path, inputs: int, outputs: int) -> None:
        """Read its weights.

        Raises:
            EncoderUnavailable: they are not there, or are not what they should be.
        """
        try:
            tensors = torch.load(file, map_location="cpu", weights_only=True)
            self._weight = tensors["weight"].float().reshape(outputs, inputs)
            self._bias = tensors["bias"].float().reshape(outputs)
        except (OSError, RuntimeError, LookupError, TypeError, pickle.UnpicklingError) as error:
            raise EncoderUnavailable(
                f"{file} cannot be used: {error}", remedy="Fetch or copy the folder again."
            ) from error

    def __call__(self, hidden: Tensor) -> Tensor:
        """float32 (T, outputs) from (T, inputs)."""
        weight, bias = self._weight.to(hidden.device), self._bias.to(hidden.device)
        return functional.linear(hidden.float(), weight, bias)
