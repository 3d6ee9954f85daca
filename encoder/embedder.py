"""Texts to unit vectors, by a network that runs here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch.nn import functional

from encoder.batching import batches
from encoder.bert import BertEncoder
from encoder.checkpoint import Checkpoint
from encoder.device import Placement
from encoder.interface import Window
from encoder.token_sequences import TokenSequencer
from index_data.errors import EncoderUnavailable

_NO_IDS = np.empty(0, dtype=np.int64)
_UNUSED_WEIGHTS = ("pooler.", "embeddings.position_ids")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of one text that fits the network, each token with the number of the vector it adds to."""

    ids: NDArray[np.int64]
    """(T,), special tokens included."""
    owners: NDArray[np.int64]
    """(T,), numbers of vectors."""


class TransformerEmbedder:
    """An `Embedder` over a checkpoint's weights."""

    def __init__(self, checkpoint: Checkpoint, placement: Placement) -> None:
        self.model = checkpoint.model
        self.fingerprint = checkpoint.digest()
        self.dimension: int = checkpoint.config["hidden_size"]
        self.placement = placement
        self._prompts = {True: checkpoint.query_prompt, False: checkpoint.passage_prompt}
        self._sequencer = TokenSequencer(checkpoint.folder / "tokenizer.json")
        self._network = _load_network(checkpoint, placement)
        specials = len(self._sequencer.prefix) + len(self._sequencer.suffix)
        self.max_window_tokens: int = checkpoint.config["max_position_embeddings"] - specials

    def token_spans(self, text: str) -> NDArray[np.int32]:
        """Where each token of `text` stands: int32 (T, 2), characters, end-exclusive, no special tokens."""
        return self._sequencer.spans(text)

    def embed_passages(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        """Vectors of all passages of `windows` in order: float32 (N, D), unit length."""
        prompt = self._prompts[False]
        pieces: list[_Piece] = []
        passages = 0
        for (ids, spans), window in zip(
            self._sequencer.encode([prompt + window.text for window in windows]), windows, strict=True
        ):
            starts = np.array([start for start, _ in window.spans]) + len(prompt)
            inside = np.searchsorted(starts, spans[:, 1] - 1, side="right") - 1  # (T,)
            owners = np.maximum(inside, 0) + passages
            pieces += self._pieces(ids, owners)
            without_token = set(range(passages, passages + len(starts))) - set(owners.tolist())
            pieces += [piece for number in without_token for piece in self._pieces(_NO_IDS, _NO_IDS, number)]
            passages += len(starts)
        return self._pool(pieces, passages)

    def embed_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of `queries`: float32 (Q, D), unit length."""
        encoded = self._sequencer.encode([self._prompts[True] + query for query in queries])
        pieces = [
            piece
            for number, (ids, _) in enumerate(encoded)
            for piece in self._pieces(ids, np.full(len(ids), number), number)
        ]
        return self._pool(pieces, len(queries))

    def token_vectors(self, texts: Sequence[str], *, query: bool = False) -> list[NDArray[np.float32]]:
        """For each text the unit vectors of its tokens, in the order of `token_spans`: float32 (T, D)."""
        prompt = self._prompts[query]
        pieces: list[_Piece] = []
        own_tokens: list[NDArray[np.int64]] = []
        tokens = 0
        for ids, spans in self._sequencer.encode([prompt + text for text in texts]):
            owners = np.arange(tokens, tokens + len(ids))
            pieces += self._pieces(ids, owners, tokens + len(ids))
            own_tokens.append(owners[spans[:, 1] > len(prompt)])
            tokens += len(ids) + 1
        vectors = self._pool(pieces, tokens)
        return [vectors[own] for own in own_tokens]

    def _pieces(
        self, ids: NDArray[np.int64], owners: NDArray[np.int64], owner_of_specials: int | None = None
    ) -> Iterator[_Piece]:
        """Cut a text where the network's positions end; special tokens add to the vector beside them."""
        prefix, suffix = self._sequencer.prefix, self._sequencer.suffix
        for start in range(0, max(len(ids), 1), self.max_window_tokens):
            part = slice(start, start + self.max_window_tokens)
            first, last = (
                (owners[part][0], owners[part][-1]) if owner_of_specials is None else (owner_of_specials,) * 2
            )
            yield _Piece(
                np.concatenate([prefix, ids[part], suffix]).astype(np.int64),
                np.concatenate([[first] * len(prefix), owners[part], [last] * len(suffix)]).astype(np.int64),
            )

    @torch.inference_mode()
    def _pool(self, pieces: Sequence[_Piece], vectors: int) -> NDArray[np.float32]:
        """Mean of the token vectors that each vector owns, scaled to length 1: float32 (vectors, D)."""
        device = self.placement.device
        sums = torch.zeros(vectors, self.dimension, device=device)
        for batch in batches([len(piece.ids) for piece in pieces], self.placement.max_batch_tokens):
            chosen = [pieces[number] for number in batch.order]
            ids = torch.from_numpy(np.concatenate([piece.ids for piece in chosen])).to(device)
            owners = torch.from_numpy(np.concatenate([piece.owners for piece in chosen])).to(device)
            hidden = self._network(ids, batch.runs)  # (T, D)
            sums.index_add_(0, owners, hidden.float())
        # The length of the sum does not matter: the mean and the sum point the same way.
        unit: NDArray[np.float32] = functional.normalize(sums, dim=1).cpu().numpy()
        return unit


def _load_network(checkpoint: Checkpoint, placement: Placement) -> BertEncoder:
    """Hand the network its weights.

    Raises:
        EncoderUnavailable: a weight is missing, left over, or of another shape.
    """
    weights = load_file(checkpoint.folder / "model.safetensors")
    used = {
        name.removeprefix("bert."): tensor.to(placement.device, placement.dtype)
        for name, tensor in weights.items()
        if not name.removeprefix("bert.").startswith(_UNUSED_WEIGHTS)
    }
    try:
        return BertEncoder(checkpoint.config, used)
    except ValueError as error:
        raise EncoderUnavailable(
            f"the weights in {checkpoint.folder} are not those of its configuration: {error}",
            remedy="Fetch or copy the folder again.",
        ) from error
