"""Texts to unit vectors, by a network that runs here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from encoder.checkpoint import Checkpoint, Pooling
from encoder.device import Placement
from encoder.heads import Head, heads_of
from encoder.interface import TokenStates, Window
from encoder.networks.foreign import understood
from encoder.networks.loading import is_native, load_network
from encoder.piece_table import PieceTable
from encoder.runner import Reduce, Runner, TokenSequence
from encoder.sequences import SequenceMaker
from encoder.token_cache import TokenCache

_BATCHES_AT_ONCE = 2
"""Batches of each device that are handed over in one call, of lengths that go together."""
_GROUP_CHARACTERS = 16
"""Characters, for each token of a batch, that are tokenised at once: some four batches of most languages."""

Sums = tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]
"""Owners, int64 (N,), sums of their token vectors, float32 (N, D), and how many they were, float32 (N, 1)."""


def sums_by_owner(hidden: Tensor, sequences: Sequence[TokenSequence]) -> Sums:
    """Sum token vectors, (T, D), by owner: int64 (N,), float32 (N, D), and tokens counted, float32 (N, 1)."""
    owners, places, counted = np.unique(
        np.concatenate([sequence.owners for sequence in sequences]), return_inverse=True, return_counts=True
    )
    sums = torch.zeros(len(owners), hidden.shape[1], device=hidden.device)
    sums.index_add_(0, torch.from_numpy(places).to(hidden.device), hidden.float())
    real = owners >= 0
    return owners[real], sums.cpu().numpy()[real], counted[real, None].astype(np.float32)


class TransformerEmbedder:
    """An `Embedder` over a checkpoint's weights."""

    def __init__(self, checkpoint: Checkpoint, placement: Placement) -> None:
        """Load `checkpoint` to where `placement` says.

        Raises:
            EncoderUnavailable: the weights do not fit the configuration, or their kind is not known.
        """
        if not is_native(checkpoint):
            checkpoint = understood(checkpoint)
        self.model = checkpoint.model
        self.placement = placement
        self.batch_tokens = _BATCHES_AT_ONCE * placement.max_batch_tokens * len(placement.devices)
        with ThreadPoolExecutor(1) as thread:
            digest = thread.submit(
                checkpoint.digest
            )  # reads the weights too, and takes as long as loading them
            self.pools_tokens = checkpoint.pooling is Pooling.MEAN
            self._checkpoint = checkpoint
            self._sequences = SequenceMaker(checkpoint)
            self._passage_states: TokenCache[TokenStates] = TokenCache(lambda read: read.states.nbytes)
            self.max_window_tokens: int = self._sequences.max_window_tokens
            self._heads = heads_of(checkpoint)
            self._token_heads = [head.for_tokens() for head in self._heads]
            self._width = checkpoint.width
            self.dimension = self._heads[-1].dimension if self._heads else self._width
            self._runner = Runner(
                [(device, load_network(checkpoint, placement, device)) for device in placement.devices],
                placement.max_batch_tokens,
            )
        self.fingerprint = digest.result()

    def token_spans(self, text: str) -> NDArray[np.int32]:
        """Where each token of `text` stands: int32 (T, 2), characters, end-exclusive, no special tokens."""
        return self._sequences.sequencer.spans(text)

    def embed_passages(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        """Vectors of all passages of `windows` in order: float32 (N, D), unit length."""
        return self._embed_passages(windows, sums_by_owner)

    def _embed_passages(self, windows: Sequence[Window], reduce: Reduce[Sums]) -> NDArray[np.float32]:
        if not self.pools_tokens:
            windows = [
                Window(window.text[start:end], ((0, end - start),))
                for window in windows
                for start, end in window.spans
            ]
        passages = sum(len(window.spans) for window in windows)
        return _through(self._heads, self._means(self._tokenised_ahead(windows), passages, reduce))

    def embed_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of `queries`: float32 (Q, D), unit length."""
        return _through(self._heads, self._means([self._sequences.of_queries(queries)], len(queries)))

    def token_vectors(self, texts: Sequence[str], *, query: bool = False) -> list[NDArray[np.float32]]:
        """For each text the unit vectors of its tokens, in the order of `token_spans`: float32 (T, D).

        Those of passages are kept for a while; they are not to be written to.
        """
        read = self.token_states(texts, query=query)
        ends = np.cumsum([len(one.states) for one in read], dtype=np.int64).tolist()
        states = (
            np.concatenate([one.states for one in read]) if read else np.empty((0, self._width), np.float32)
        )
        vectors = _through(self._token_heads, torch.from_numpy(states))
        return [vectors[start:end] for start, end in pairwise([0, *ends])]

    @cached_property
    def pieces(self) -> PieceTable | None:
        """What pieces mean anywhere, where the weights say so."""
        has_table = "static_size" in self._checkpoint.config
        return PieceTable(self._checkpoint, self._sequences.sequencer) if has_table else None

    def token_states(self, texts: Sequence[str], *, query: bool = False) -> list[TokenStates]:
        """Read passages or queries, each by itself, and in parts where positions end."""
        if query:
            return self._token_states(texts, query=True)
        return self._passage_states.values(texts, self._each_alone)

    def _each_alone(self, texts: Sequence[str]) -> list[TokenStates]:
        """Read passages in batches of one: the last bits of a state depend on what is read with it."""
        return [states for text in texts for states in self._token_states([text], query=False)]

    def _token_states(self, texts: Sequence[str], *, query: bool) -> list[TokenStates]:
        sequences, spans = self._sequences.of_states(texts, query=query)
        ends = np.cumsum([len(places) + 1 for places in spans], dtype=np.int64).tolist()
        owners = np.concatenate([sequence.owners for sequence in sequences] or [np.empty(0, np.int64)])
        counts = np.bincount(owners[owners >= 0], minlength=ends[-1] if ends else 0).tolist()
        means = self._means([sequences], len(counts)).numpy()
        return [
            TokenStates(
                places, means[start:last].copy(), means[last] * counts[last], len(places) + counts[last]
            )
            for places, start, last in zip(spans, [0, *ends], (end - 1 for end in ends), strict=False)
        ]

    def pooled_vectors(self, means: NDArray[np.float32]) -> NDArray[np.float32]:
        """Vectors of what has these means of states, float32 (N, W): float32 (N, D), unit length."""
        return _through(self._heads, torch.from_numpy(means))

    def direction(self, query: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Find g, float32 (W,), for which `mean @ g` is the cosine of `query`, (D,), and of `mean`, (W,)."""
        if not self.pools_tokens or not all(head.keeps_sums for head in self._heads):
            return None
        passed = [torch.from_numpy(mean)[None]]
        for head in self._heads:
            passed.append(head(passed[-1]))
        direction = torch.from_numpy(query) / passed.pop()[0].norm().clamp_min(1e-12)
        for head, pooled in zip(reversed(self._heads), reversed(passed), strict=True):
            direction = head.pull_back(direction, pooled[0])
        found: NDArray[np.float32] = direction.numpy()
        return found

    def _tokenised_ahead(self, windows: Sequence[Window]) -> Iterator[list[TokenSequence]]:
        """Turn groups of windows into sequences, each on a thread while the network is busy with the last."""
        groups = list(_groups(windows, self.placement.max_batch_tokens * _GROUP_CHARACTERS))
        if len(groups) <= 1:
            yield from (self._sequences.of_passages(group, 0) for group in groups)
            return
        firsts = np.cumsum([0, *(sum(len(window.spans) for window in group) for group in groups)]).tolist()
        with ThreadPoolExecutor(1) as thread:
            coming = thread.submit(self._sequences.of_passages, groups[0], 0)
            for group, first in zip(groups[1:], firsts[1:-1], strict=True):
                ready, coming = coming, thread.submit(self._sequences.of_passages, group, first)
                yield ready.result()
            yield coming.result()

    def _means(
        self, groups: Iterable[list[TokenSequence]], count: int, reduce: Reduce[Sums] = sums_by_owner
    ) -> Tensor:
        """Mean of the token vectors of each owner: float32 (count, D)."""
        sums = np.zeros((count, self._width), dtype=np.float32)
        tokens = np.zeros((count, 1), dtype=np.float32)
        for sequences in groups:
            for owners, added, counted in self._runner.run(sequences, reduce):
                sums[owners] += added
                tokens[owners] += counted
        return torch.from_numpy(sums / np.maximum(tokens, 1))


def _through(heads: Sequence[Head], pooled: Tensor) -> NDArray[np.float32]:
    """Return unit vectors of what the heads make of float32 (N, D)."""
    for head in heads:
        pooled = head(pooled)
    unit: NDArray[np.float32] = functional.normalize(pooled, dim=1).numpy()
    return unit


def _groups(windows: Sequence[Window], characters: int) -> Iterator[Sequence[Window]]:
    """Split windows into neighbours of about so many characters."""
    start = gathered = 0
    for number, window in enumerate(windows):
        gathered += len(window.text)
        if gathered >= characters:
            yield windows[start : number + 1]
            start, gathered = number + 1, 0
    if start < len(windows):
        yield windows[start:]
