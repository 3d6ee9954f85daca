"""Texts to unit vectors, by a network that runs here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from encoder.checkpoint import Checkpoint, Pooling
from encoder.device import Placement
from encoder.heads import Head
from encoder.interface import Window
from encoder.networks.foreign import understood
from encoder.networks.loading import is_native, load_network
from encoder.runner import Reduce, Runner, TokenSequence
from encoder.token_sequences import TokenSequencer

_NO_IDS = np.empty(0, dtype=np.int64)
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
        self.fingerprint = checkpoint.digest()
        self.placement = placement
        self.batch_tokens = _BATCHES_AT_ONCE * placement.max_batch_tokens * len(placement.devices)
        self._pooling = checkpoint.pooling
        self._pools_prompt = checkpoint.pools_prompt
        self._prompts = {True: checkpoint.query_prompt, False: checkpoint.passage_prompt}
        self._heads = [Head(folder) for folder in checkpoint.heads]
        self._width: int = checkpoint.config["hidden_size"]
        self.dimension = self._heads[-1].dimension if self._heads else self._width
        self._runner = Runner(
            [(device, load_network(checkpoint, placement, device)) for device in placement.devices],
            placement.max_batch_tokens,
        )
        self._sequencer = TokenSequencer(
            checkpoint.folder / "tokenizer.json", vocabulary=checkpoint.config["vocab_size"]
        )
        specials = len(self._sequencer.prefix) + len(self._sequencer.suffix)
        [(prompt, _)] = self._sequencer.encode([checkpoint.passage_prompt])
        self._max_sequence = checkpoint.max_tokens - specials
        self.max_window_tokens: int = self._max_sequence - len(prompt)

    def token_spans(self, text: str) -> NDArray[np.int32]:
        """Where each token of `text` stands: int32 (T, 2), characters, end-exclusive, no special tokens."""
        return self._sequencer.spans(text)

    def embed_passages(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        """Vectors of all passages of `windows` in order: float32 (N, D), unit length."""
        return self._embed_passages(windows, sums_by_owner)

    def _embed_passages(self, windows: Sequence[Window], reduce: Reduce[Sums]) -> NDArray[np.float32]:
        if self._pooling is not Pooling.MEAN:
            windows = [
                Window(window.text[start:end], ((0, end - start),))
                for window in windows
                for start, end in window.spans
            ]
        passages = sum(len(window.spans) for window in windows)
        return self._pool(self._tokenised_ahead(windows), passages, reduce)

    def embed_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of `queries`: float32 (Q, D), unit length."""
        return self._pool([self._query_sequences(queries)], len(queries))

    def token_vectors(self, texts: Sequence[str], *, query: bool = False) -> list[NDArray[np.float32]]:
        """For each text the unit vectors of its tokens, in the order of `token_spans`: float32 (T, D)."""
        prompt = self._prompts[query]
        sequences: list[TokenSequence] = []
        borders = [0]
        for ids, spans in self._sequencer.encode([prompt + text for text in texts]):
            own = spans[:, 1] > len(prompt)  # (T,)
            owners = np.where(own, np.cumsum(own) - 1 + borders[-1], -1)
            sequences += self._cut(ids, owners, (-1, -1))
            borders.append(borders[-1] + int(own.sum()))
        vectors = self._pool([sequences], borders[-1])
        return [vectors[start:end] for start, end in pairwise(borders)]

    def _tokenised_ahead(self, windows: Sequence[Window]) -> Iterator[list[TokenSequence]]:
        """Turn groups of windows into sequences, each on a thread while the network is busy with the last."""
        groups = list(_groups(windows, self.placement.max_batch_tokens * _GROUP_CHARACTERS))
        if len(groups) <= 1:
            yield from (self._passage_sequences(group, 0) for group in groups)
            return
        firsts = np.cumsum([0, *(sum(len(window.spans) for window in group) for group in groups)]).tolist()
        with ThreadPoolExecutor(1) as thread:
            coming = thread.submit(self._passage_sequences, groups[0], 0)
            for group, first in zip(groups[1:], firsts[1:-1], strict=True):
                ready, coming = coming, thread.submit(self._passage_sequences, group, first)
                yield ready.result()
            yield coming.result()

    def _passage_sequences(self, windows: Sequence[Window], first: int) -> list[TokenSequence]:
        """Sequences of `windows`, whose passages are numbered from `first`."""
        prompt = self._prompts[False]
        sequences: list[TokenSequence] = []
        encoded = self._sequencer.encode([prompt + window.text for window in windows])
        for (ids, spans), window in zip(encoded, windows, strict=True):
            borders = np.array(window.spans, dtype=np.int64).reshape(-1, 2) + len(prompt)  # (N, 2)
            lasts = spans[:, 1] - 1  # (T,)
            inside = np.searchsorted(borders[:, 0], lasts, side="right") - 1
            owners = np.where((inside >= 0) & (lasts < borders[inside, 1]), inside + first, -1)
            sequences += self._whole(ids, self._with_prompt(owners, spans, prompt))
            without_token = set(range(first, first + len(borders))) - set(owners.tolist())
            sequences += [piece for number in without_token for piece in self._empty(number)]
            first += len(borders)
        return sequences

    def _query_sequences(self, queries: Sequence[str]) -> list[TokenSequence]:
        prompt = self._prompts[True]
        sequences: list[TokenSequence] = []
        for number, (ids, spans) in enumerate(self._sequencer.encode([prompt + query for query in queries])):
            owners = np.where(spans[:, 1] > len(prompt), number, -1)
            owned = self._with_prompt(owners, spans, prompt)
            sequences += self._whole(ids, owned) if (owned >= 0).any() else self._empty(number)
        return sequences

    def _with_prompt(
        self, owners: NDArray[np.int64], spans: NDArray[np.int32], prompt: str
    ) -> NDArray[np.int64]:
        """Let the tokens of the prompt add to what the text's first token adds to, if they count at all."""
        of_prompt = spans[:, 1] <= len(prompt)
        if not self._pools_prompt or of_prompt.all():
            return owners
        return np.where(of_prompt, owners[~of_prompt][0], owners)

    def _empty(self, owner: int) -> Iterator[TokenSequence]:
        """Stand for a text without a token: special tokens alone, or the vocabulary's first."""
        specials = bool(self._sequencer.prefix or self._sequencer.suffix)
        ids = _NO_IDS if specials else np.zeros(1, dtype=np.int64)
        return self._pooled(self._cut(ids, np.full(len(ids), owner), (owner, owner)))

    def _whole(self, ids: NDArray[np.int64], owners: NDArray[np.int64]) -> Iterator[TokenSequence]:
        """Make sequences of a text; special tokens add to what the token beside them adds to."""
        ends = (int(owners[0]), int(owners[-1])) if len(owners) else (-1, -1)
        return self._pooled(self._cut(ids, owners, ends))

    def _cut(
        self, ids: NDArray[np.int64], owners: NDArray[np.int64], ends: tuple[int, int]
    ) -> Iterator[TokenSequence]:
        """Cut a text where the network's positions end; special tokens around each part add to `ends`."""
        prefix, suffix = self._sequencer.prefix, self._sequencer.suffix
        for start in range(0, max(len(ids), 1), self._max_sequence):
            part = slice(start, start + self._max_sequence)
            whole = np.concatenate([prefix, ids[part], suffix]).astype(np.int64)
            owned = np.concatenate([[ends[0]] * len(prefix), owners[part], [ends[1]] * len(suffix)])
            yield TokenSequence(whole, owned.astype(np.int64))

    def _pooled(self, sequences: Iterator[TokenSequence]) -> Iterator[TokenSequence]:
        """Let only the tokens whose vectors are pooled add to what their text adds to."""
        place = 0 if self._pooling is Pooling.CLS else -1
        for sequence in sequences:
            if self._pooling is not Pooling.MEAN:
                only = np.full_like(sequence.owners, -1)
                only[place] = sequence.owners.max()
                sequence = TokenSequence(sequence.ids, only)
            yield sequence

    def _pool(
        self, groups: Iterable[list[TokenSequence]], count: int, reduce: Reduce[Sums] = sums_by_owner
    ) -> NDArray[np.float32]:
        """Mean of the token vectors of each owner, through the heads, of length 1: float32 (count, D)."""
        sums = np.zeros((count, self._width), dtype=np.float32)
        tokens = np.zeros((count, 1), dtype=np.float32)
        for sequences in groups:
            for owners, added, counted in self._runner.run(sequences, reduce):
                sums[owners] += added
                tokens[owners] += counted
        pooled = torch.from_numpy(sums / np.maximum(tokens, 1))
        for head in self._heads:
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
