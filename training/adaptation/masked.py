"""Masked next-token prediction (LLM2Vec, arXiv 2404.05961): what stood at i is told from the output at i - 1.

A causal model was trained to tell the next token from each output, so the shift keeps what it has learned.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from training.adaptation.network import Network
from training.adaptation.rows import Texts
from training.adaptation.sequences import Ids, Reader, micro_batches, padded


@dataclass(frozen=True, slots=True)
class Riddle:
    """A sequence with some of its tokens hidden."""

    ids: Ids
    """(T,), the mask in place of what is hidden."""
    outputs: Ids
    """(M,), the places whose outputs must tell what is hidden: each the one before it."""
    answers: Ids
    """(M,), what is hidden."""


def hide(ids: Ids, ends: tuple[int, int], ratio: float, mask_id: int, random: np.random.Generator) -> Riddle:
    """Hide each token of a sequence, int64 (T,), with a chance of `ratio`: always by the mask.

    Special tokens, `ends` of them before and after the text, stay, and so does what has none before it.
    """
    chances = random.random(len(ids))
    chances[: max(ends[0], 1)] = 1
    chances[len(ids) - ends[1] :] = 1
    places = np.flatnonzero(chances < ratio)
    hidden = ids.copy()
    hidden[places] = mask_id
    return Riddle(hidden, places - 1, ids[places])


@dataclass(frozen=True, slots=True)
class MaskedPrediction:
    """The first stage's step."""

    network: Network
    texts: Texts
    reader: Reader
    mask_id: int
    ratio: float
    batch: int
    """Lines of the files in a step."""
    micro_tokens: int
    """The most tokens that go through the network at once."""
    seed: int

    def __call__(self, step: int) -> float:
        """Add the gradients of step number `step`, which alone chooses texts and masks; return the loss."""
        random = np.random.default_rng([self.seed, step])
        sequences = self.reader.parts(self.texts.draw(self.batch, random), random)
        riddles = [
            hide(ids, self.reader.ends, self.ratio, self.mask_id, random) for ids in sequences if len(ids)
        ]
        riddles = [riddle for riddle in riddles if len(riddle.answers)]
        asked = sum(len(riddle.answers) for riddle in riddles)
        total = 0.0
        for group in micro_batches([len(riddle.ids) for riddle in riddles], self.micro_tokens):
            loss = prediction_loss(self.network, [riddles[number] for number in group]) / asked
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
        return total


def prediction_loss(network: Network, riddles: Sequence[Riddle]) -> Tensor:
    """Return the sum over all that is hidden of its negative log-likelihood, float32."""
    device = network.device
    ids, mask = padded([riddle.ids for riddle in riddles], device)
    hidden = network.model(input_ids=ids, attention_mask=mask).last_hidden_state  # (B, T, D)
    rows = np.repeat(np.arange(len(riddles)), [len(riddle.answers) for riddle in riddles])
    places = np.concatenate([riddle.outputs for riddle in riddles])
    told = hidden[torch.from_numpy(rows).to(device), torch.from_numpy(places).to(device)]  # (M, D)
    answers = torch.from_numpy(np.concatenate([riddle.answers for riddle in riddles])).to(device)
    return cross_entropy(network.lm_head(told).float(), answers, reduction="sum")
