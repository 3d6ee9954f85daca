"""The contrastive stage: a query's vector is drawn to its passage's and away from the other passages'.

The loss needs all vectors of a batch at once, the gradients of the weights do not (GradCache, Gao et al.
2021, arXiv 2101.06983): vectors are computed without a graph, the loss gives each its gradient, and a second
pass, a few texts at a time, carries that to the weights.

Letters in shapes: B rows of a batch, P distinct passages, N texts, D dimension.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from training.adaptation.network import Network
from training.adaptation.rows import Pair, Pairs
from training.adaptation.sequences import Ids, Reader, micro_batches, padded


@dataclass(frozen=True, slots=True)
class Batch:
    """Queries, and the distinct passages that they are held against."""

    queries: tuple[str, ...]
    passages: tuple[str, ...]
    right: NDArray[np.int64]
    """(B,), the passage that answers each query."""
    banned: NDArray[np.bool_]
    """(B, P), other passages that are known to answer it too: neither right nor wrong."""


def batch_of(pairs: Sequence[Pair]) -> Batch:
    """Gather the passages and the hard negatives of all rows; each text counts once."""
    texts = [*(pair.passage for pair in pairs), *(text for pair in pairs for text in pair.negatives)]
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    right = np.array([numbers[pair.passage] for pair in pairs])
    queries = np.unique([pair.query for pair in pairs], return_inverse=True)[1]
    answers = np.zeros((queries.max() + 1, len(numbers)), dtype=np.bool_)
    answers[queries, right] = True
    banned = answers[queries]
    banned[np.arange(len(pairs)), right] = False
    return Batch(tuple(pair.query for pair in pairs), tuple(numbers), right, banned)


def info_nce(vectors: Tensor, batch: Batch, temperature: float) -> Tensor:
    """Return the mean cross-entropy of the right passages: unit vectors (B + P, D) in, float32 scalar out."""
    queries, passages = vectors[: len(batch.queries)], vectors[len(batch.queries) :]
    scores = queries @ passages.T / temperature  # (B, P)
    scores = scores.masked_fill(torch.from_numpy(batch.banned).to(scores.device), -torch.inf)
    return cross_entropy(scores, torch.from_numpy(batch.right).to(scores.device))


def add_gradients(
    embed: Callable[[list[int]], Tensor], groups: list[list[int]], loss: Callable[[Tensor], Tensor]
) -> float:
    """Add to the weights behind `embed` their gradients of `loss` over all texts; return the loss.

    `groups` holds the numbers of the texts that go through together; `embed` gives their vectors, (n, D).
    """
    order = torch.tensor([number for group in groups for number in group])
    places = torch.argsort(order)
    if len(groups) == 1:
        value = loss(embed(groups[0])[places])
        value.backward()  # type: ignore[no-untyped-call]
        return value.item()
    with torch.no_grad():
        vectors = torch.cat([embed(group) for group in groups])[places]  # (N, D)
    vectors.requires_grad_()
    value = loss(vectors)
    value.backward()  # type: ignore[no-untyped-call]
    gradients = vectors.grad
    assert gradients is not None
    for group in groups:
        (embed(group) * gradients[group]).sum().backward()  # type: ignore[no-untyped-call]
    return value.item()


def pooled(network: Network, sequences: Sequence[Ids]) -> Tensor:
    """Return the unit mean of each sequence's token vectors, special tokens and prompts counted: (N, D)."""
    ids, mask = padded(sequences, network.device)
    hidden = network.model(input_ids=ids, attention_mask=mask).last_hidden_state.float()  # (N, T, D)
    return normalize((hidden * mask[..., None]).sum(1), dim=1)


@dataclass(frozen=True, slots=True)
class Contrast:
    """The second stage's step."""

    network: Network
    sets: Sequence[Pairs]
    """Each batch comes from one of them."""
    reader: Reader
    prompt: str
    """Put before queries, as it is."""
    temperature: float
    batch: int
    """B."""
    micro_tokens: int
    """The most tokens that go through the network at once."""
    seed: int

    def __call__(self, step: int) -> float:
        """Add the gradients of step number `step`, which alone chooses the pairs; return the loss."""
        batch = batch_of(self._draw(step))
        texts = [*(self.prompt + query for query in batch.queries), *batch.passages]
        sequences = self.reader.beginnings(texts)
        return add_gradients(
            lambda group: pooled(self.network, [sequences[number] for number in group]),
            micro_batches([len(ids) for ids in sequences], self.micro_tokens),
            lambda vectors: info_nce(vectors, batch, self.temperature),
        )

    def _draw(self, step: int) -> list[Pair]:
        """Return the pairs of a step: every pair of every set comes once before any comes twice."""
        counts = [max(len(pairs) // self.batch, 1) for pairs in self.sets]
        epoch, turn = divmod(step, sum(counts))
        turns = np.repeat(np.arange(len(self.sets)), counts)
        np.random.default_rng([self.seed, epoch]).shuffle(turns)
        chosen = int(turns[turn])
        start = int((turns[:turn] == chosen).sum()) * self.batch
        pairs = self.sets[chosen]
        order = _order(len(pairs), self.seed, epoch, chosen)
        return [pairs[number] for number in order[start : start + self.batch].tolist()]


@lru_cache(maxsize=16)
def _order(count: int, *seeds: int) -> NDArray[np.int64]:
    return np.random.default_rng(seeds).permutation(count)
