"""Sequences go through copies of a network on every device, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from encoder.networks.batching import Batch, batches
from encoder.networks.layout import Layout
from encoder.networks.loading import Network
from index_data.errors import EncoderUnavailable

Reduced = TypeVar("Reduced")


@dataclass(frozen=True, slots=True)
class TokenSequence:
    """What the network reads in one go, each token with the number of the vector that it adds to."""

    ids: NDArray[np.int64]
    """(T,), special tokens included."""
    owners: NDArray[np.int64]
    """(T,), numbers of vectors; -1 adds to none."""


Reduce = Callable[[Tensor, Sequence[TokenSequence]], Reduced]
"""What is kept of a batch: called with token vectors, (T, D) on their device, and the sequences."""


class Runner:
    """Copies of one network, each on its device."""

    def __init__(self, networks: Sequence[tuple[torch.device, Network]], max_batch_tokens: int) -> None:
        """Run batches of at most `max_batch_tokens` on `networks`; fewer, once memory has run out."""
        self._idle: SimpleQueue[tuple[torch.device, Network]] = SimpleQueue()
        for network in networks:
            self._idle.put(network)
        self._copies = len(networks)
        self._max_batch_tokens = max_batch_tokens

    def run(self, sequences: Sequence[TokenSequence], reduce: Reduce[Reduced]) -> Iterator[Reduced]:
        """Yield what `reduce` keeps of each batch; the order of batches is nobody's.

        Raises:
            EncoderUnavailable: a single sequence does not fit the memory of its device.
        """
        planned = list(batches([len(sequence.ids) for sequence in sequences], self._max_batch_tokens))

        def compute(batch: Batch) -> list[Reduced]:
            device, network = self._idle.get()
            try:
                return self._compute(device, network, [sequences[number] for number in batch.order], reduce)
            finally:
                self._idle.put((device, network))

        if self._copies == 1 or len(planned) == 1:
            for batch in planned:
                yield from compute(batch)
            return
        with ThreadPoolExecutor(self._copies) as threads:
            for kept in threads.map(compute, planned):
                yield from kept

    def _compute(
        self, device: torch.device, network: Network, chosen: Sequence[TokenSequence], reduce: Reduce[Reduced]
    ) -> list[Reduced]:
        try:
            return [_pass(device, network, chosen, reduce)]
        except RuntimeError as error:
            if "out of memory" not in str(error) and "can't allocate memory" not in str(error):
                raise
        # Only here has the failed pass let go of what it held.
        tokens = sum(len(sequence.ids) for sequence in chosen)
        if len(chosen) == 1:
            raise EncoderUnavailable(
                f"{tokens} tokens at once do not fit the memory of {device}",
                remedy="Choose fewer --window-tokens, or another --device.",
            )
        if device.type == "cuda":
            torch.cuda.empty_cache()
        self._max_batch_tokens = min(self._max_batch_tokens, max(tokens // 2, 1))
        middle = len(chosen) // 2
        return [
            kept
            for half in (chosen[:middle], chosen[middle:])
            for kept in self._compute(device, network, half, reduce)
        ]


@torch.inference_mode()
def _pass(
    device: torch.device, network: Network, chosen: Sequence[TokenSequence], reduce: Reduce[Reduced]
) -> Reduced:
    [batch] = batches([len(sequence.ids) for sequence in chosen], max_tokens=2**62)
    ordered = [chosen[number] for number in batch.order]
    layout = Layout.of(batch.runs, device)
    ids = torch.from_numpy(np.concatenate([sequence.ids for sequence in ordered])).to(device)
    hidden = network(functional.pad(ids, (0, layout.rows - layout.tokens)), layout)  # (R, D)
    return reduce(hidden[: layout.tokens], ordered)
