"""A checkpoint's network as it learns: the one that is computed here, with gradients.

It reads, pools and prompts as `TransformerEmbedder` does. Vectors of vocabulary pieces and dense layers
behind pooling stay as they are: pieces that the corpus lacks must still fit those that it has.
Letters in shapes: N passages, Q queries, D dimension, R rows of a batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from encoder.checkpoint import Checkpoint
from encoder.device import Placement
from encoder.heads import heads_of
from encoder.interface import Window
from encoder.m3 import M3Embedder
from encoder.networks.batching import batches
from encoder.networks.layout import Layout
from encoder.networks.loading import Network, is_native, network_kind
from encoder.networks.weights import Weights, rescaled
from encoder.runner import TokenSequence
from encoder.sequences import SequenceMaker
from index_data.errors import EncoderUnavailable

_TABLES = ("word_embeddings.weight", "embed_tokens.weight", "static_embeddings.weight")
_MOST_GRADIENT = 1.0
"""Length to which the gradient of a step is cut."""


def refuse_unteachable(checkpoint: Checkpoint, placement: Placement) -> None:
    """Let only what can learn here pass.

    Raises:
        EncoderUnavailable: it is computed by transformers, has several kinds of vectors, or is to be in int8.
    """
    lacking = ""
    if not is_native(checkpoint):
        lacking = f"is of the kind {checkpoint.config['model_type']!r}, which is not computed here"
    elif M3Embedder.fits(checkpoint):
        lacking = "also weighs words and compares tokens, which would not learn with it"
    elif placement.int8:
        lacking = "is to run in int8, in which nothing can be learnt"
    if lacking:
        raise EncoderUnavailable(
            f"{checkpoint.model} {lacking}",
            remedy="Leave out --dtype int8."
            if placement.int8
            else "Ingest with --model builtin or another of the BERT, Gemma 3 or Qwen 3 kind, and tune that.",
        )


class Learner:
    """Weights in float32 and an optimiser that changes them."""

    def __init__(self, checkpoint: Checkpoint, placement: Placement, rate: float) -> None:
        """Load `checkpoint` to the first device of `placement`, to learn at `rate`."""
        self._checkpoint = checkpoint
        self._device = placement.device
        stored = {name: tensor for file in checkpoint.weights for name, tensor in load_file(file).items()}
        self._stored = stored
        self._tensors = {name: tensor.float().to(self._device) for name, tensor in rescaled(stored).items()}
        self._learning = {
            name: tensor
            for name, tensor in self._tensors.items()
            if stored[name].is_floating_point() and not name.endswith(_TABLES)
        }
        self._first = {name: tensor.clone() for name, tensor in self._learning.items()}
        for tensor in self._learning.values():
            tensor.requires_grad_()
        self._network = network_kind(checkpoint, self._tensors)
        self._sequences = SequenceMaker(checkpoint)
        self._heads = heads_of(checkpoint)
        self._rate = rate
        self._optimiser = torch.optim.AdamW(self._learning.values(), lr=rate, weight_decay=0.01)

    def cropped(self, texts: Sequence[str], tokens: int) -> list[str]:
        """Return of each text what its first `tokens` tokens cover."""
        encoded = self._sequences.sequencer.encode(texts)
        return [
            text[: spans[tokens - 1, 1]] if len(spans) > tokens else text
            for text, (_, spans) in zip(texts, encoded, strict=True)
        ]

    def vectors(self, queries: Sequence[str], passages: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Embed with a graph behind it: unit vectors, float32 (Q, D) and (N, D)."""
        sequences = self._sequences.of_queries(queries)
        windows = [Window(text, ((0, len(text)),)) for text in passages]
        sequences += self._sequences.of_passages(windows, len(queries))
        pooled = self._pooled(sequences, len(queries) + len(passages))
        for head in self._heads:
            pooled = head(pooled.cpu())
        unit = functional.normalize(pooled, dim=1)
        return unit[: len(queries)], unit[len(queries) :]

    def _pooled(self, sequences: Sequence[TokenSequence], count: int) -> Tensor:
        """Mean of the token vectors of each owner: float32 (count, D)."""
        [batch] = batches([len(sequence.ids) for sequence in sequences], max_tokens=2**62)
        ordered = [sequences[number] for number in batch.order]
        layout = Layout.of(batch.runs, self._device)
        ids, owners = (
            torch.from_numpy(np.concatenate([getattr(sequence, part) for sequence in ordered])).to(
                self._device
            )
            for part in ("ids", "owners")
        )
        hidden = self._as_network()(functional.pad(ids, (0, layout.rows - layout.tokens)), layout)  # (R, D)
        own = owners >= 0
        sums = hidden.new_zeros(count, hidden.shape[1]).index_add(
            0, owners[own], hidden[: layout.tokens][own]
        )
        return sums / torch.bincount(owners[own], minlength=count)[:, None]

    def _as_network(self) -> Network:
        # Made anew for each step: it joins and converts the weights, and gradients flow back through that.
        weights = Weights(
            self._tensors,
            self._device,
            torch.float32,
            learning=True,
            prefixes=self._network.PREFIXES,
            unused=self._network.UNUSED,
        )
        return self._network(self._checkpoint.config, weights)

    def learn(self, loss: Tensor, share: float) -> None:
        """Take one step against the gradient of `loss`, float32 of (N, D), at a `share` of the rate."""
        self._optimiser.param_groups[0]["lr"] = self._rate * share
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._learning.values(), _MOST_GRADIENT)
        self._optimiser.step()

    def weights(self, share: float = 1.0) -> dict[str, Tensor]:
        """Return the weights as they are stored, `share` of the way from what they were to what they are.

        bfloat16 would round away what was learnt, and becomes float32: tensors of any shape, (D,) or (R, D).
        """
        with torch.no_grad():
            learnt = {
                name: torch.lerp(self._first[name], tensor, share).cpu()
                for name, tensor in self._learning.items()
            }
        half = {name for name in learnt if self._stored[name].dtype is torch.float16}
        return self._stored | {
            name: tensor.half() if name in half else tensor for name, tensor in learnt.items()
        }
