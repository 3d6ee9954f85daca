"""Texts become what the network reads in one go, each token with the number of the vector that it adds to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from encoder.checkpoint import Checkpoint, Pooling
from encoder.interface import Window
from encoder.runner import TokenSequence
from encoder.token_sequences import TokenSequencer

_NO_IDS = np.empty(0, dtype=np.int64)


class SequenceMaker:
    """Knows a checkpoint's prompts, special tokens and pooling, and where its positions end."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._pooling = checkpoint.pooling
        self._pools_prompt = checkpoint.pools_prompt
        self._prompts = {True: checkpoint.query_prompt, False: checkpoint.passage_prompt}
        vocabulary: int = checkpoint.config["vocab_size"]
        self.sequencer = TokenSequencer(checkpoint.folder / "tokenizer.json", vocabulary=vocabulary)
        specials = len(self.sequencer.prefix) + len(self.sequencer.suffix)
        [(prompt, _)] = self.sequencer.encode([checkpoint.passage_prompt])
        self._max_sequence = checkpoint.max_tokens - specials
        self.max_window_tokens = self._max_sequence - len(prompt)
        """The most tokens of text that one window can hold beside prompt and special tokens."""

    def of_passages(self, windows: Sequence[Window], first: int) -> list[TokenSequence]:
        """Read `windows`, whose passages are numbered from `first`; tokens outside of them add to none."""
        prompt = self._prompts[False]
        sequences: list[TokenSequence] = []
        encoded = self.sequencer.encode([prompt + window.text for window in windows])
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

    def of_queries(self, queries: Sequence[str]) -> list[TokenSequence]:
        """Read `queries`, which are numbered from 0."""
        prompt = self._prompts[True]
        sequences: list[TokenSequence] = []
        for number, (ids, spans) in enumerate(self.sequencer.encode([prompt + query for query in queries])):
            owners = np.where(spans[:, 1] > len(prompt), number, -1)
            owned = self._with_prompt(owners, spans, prompt)
            sequences += self._whole(ids, owned) if (owned >= 0).any() else self._empty(number)
        return sequences

    def of_states(
        self, texts: Sequence[str], *, query: bool
    ) -> tuple[list[TokenSequence], list[NDArray[np.int32]]]:
        """Read `texts`, and say where the tokens of each stand: int32 (T, 2).

        Tokens are numbered from 0; behind a text's last, one number stands for all else that is pooled.
        """
        prompt = self._prompts[query]
        sequences: list[TokenSequence] = []
        places: list[NDArray[np.int32]] = []
        count = 0
        for ids, spans in self.sequencer.encode([prompt + text for text in texts]):
            own = spans[:, 1] > len(prompt)  # (T,)
            beside = count + int(own.sum())
            owners = np.where(own, np.cumsum(own) - 1 + count, beside if self._pools_prompt else -1)
            ends = [beside if owner >= 0 else -1 for owner in (*owners[:1], *owners[-1:])] or [beside] * 2
            sequences += self.cut(ids, owners, (ends[0], ends[1]))
            places.append(np.maximum(spans[own] - len(prompt), 0))
            count = beside + 1
        return sequences, places

    def cut(
        self, ids: NDArray[np.int64], owners: NDArray[np.int64], ends: tuple[int, int]
    ) -> Iterator[TokenSequence]:
        """Cut a text, int64 (T,) twice, where positions end; special tokens of each part add to `ends`."""
        prefix, suffix = self.sequencer.prefix, self.sequencer.suffix
        for start in range(0, max(len(ids), 1), self._max_sequence):
            part = slice(start, start + self._max_sequence)
            whole = np.concatenate([prefix, ids[part], suffix]).astype(np.int64)
            owned = np.concatenate([[ends[0]] * len(prefix), owners[part], [ends[1]] * len(suffix)])
            if len(whole):
                yield TokenSequence(whole, owned.astype(np.int64))

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
        specials = bool(self.sequencer.prefix or self.sequencer.suffix)
        ids = _NO_IDS if specials else np.zeros(1, dtype=np.int64)
        return self._pooled(self.cut(ids, np.full(len(ids), owner), (owner, owner)))

    def _whole(self, ids: NDArray[np.int64], owners: NDArray[np.int64]) -> Iterator[TokenSequence]:
        """Make sequences of a text; special tokens add to what the token beside them adds to."""
        ends = (int(owners[0]), int(owners[-1])) if len(owners) else (-1, -1)
        return self._pooled(self.cut(ids, owners, ends))

    def _pooled(self, sequences: Iterator[TokenSequence]) -> Iterator[TokenSequence]:
        """Let only the tokens whose vectors are pooled add to what their text adds to."""
        if self._pooling is Pooling.MEAN:
            yield from sequences
            return
        place = 0 if self._pooling is Pooling.CLS else -1
        for sequence in sequences:
            only = np.full_like(sequence.owners, -1)
            only[place] = sequence.owners.max()
            yield TokenSequence(sequence.ids, only)
