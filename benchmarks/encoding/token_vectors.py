"""Token vectors of one checkpoint, by our network and by that of transformers, and how near they are.

Letters in shapes: T tokens of a text, D hidden size. The code that a checkpoint brings along is not run here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from encoder.checkpoint import Checkpoint
from encoder.device import NumberFormat, place
from encoder.networks.batching import batches
from encoder.networks.layout import Layout
from encoder.networks.loading import load_network

Ids = NDArray[np.int64]
"""A text's tokens: (T,)."""


@dataclass(frozen=True, slots=True)
class Closeness:
    """How near the token vectors of a text are, computed in two ways."""

    pooled: float
    """Cosine of their means."""
    least_token: float
    """Cosine of the token whose vectors are furthest apart."""

    def __str__(self) -> str:
        return f"{self.pooled:.7f} / {self.least_token:.6f}"

    def reaches(self, floor: Closeness) -> bool:
        """Whether both cosines are at least those of `floor`."""
        return self.pooled >= floor.pooled and self.least_token >= floor.least_token


FLOORS = {
    NumberFormat.FLOAT32: Closeness(0.99999, 0.99999),
    NumberFormat.BFLOAT16: Closeness(0.999, 0.99),
}
"""What proves a network right in a number format; int8 is measured, not judged."""


def closeness(first: Tensor, second: Tensor) -> Closeness:
    """Compare two computations of one text: float32 (T, D) each."""
    first, second = first.double(), second.double()
    return Closeness(
        pooled=float(functional.cosine_similarity(first.mean(0), second.mean(0), dim=0)),
        least_token=float(functional.cosine_similarity(first, second, dim=1).min()),
    )


def furthest(pairs: Sequence[Closeness]) -> Closeness:
    """Take the least of each cosine."""
    return Closeness(min(pair.pooled for pair in pairs), min(pair.least_token for pair in pairs))


class OurNetwork:
    """The network as the product runs it: texts laid end to end, without padding between them."""

    def __init__(self, checkpoint: Checkpoint, number_format: NumberFormat) -> None:
        """Load `checkpoint` on the CPU.

        Raises:
            EncoderUnavailable: it cannot be computed here, or not in this format.
        """
        placement = place("cpu", number_format)
        self._device = placement.device
        self._network = load_network(checkpoint, placement, self._device)

    @torch.inference_mode()
    def token_vectors(self, texts: Sequence[Ids], *, filling: int = 0) -> list[Tensor]:
        """Read all of `texts` in one pass, with as many more rows of no meaning: float32 (T, D) of each."""
        [batch] = batches([len(text) for text in texts], max_tokens=2**62)
        layout = Layout.of(batch.runs, self._device)
        layout = replace(
            layout, rows=layout.rows + filling, positions=functional.pad(layout.positions, (0, filling))
        )
        ids = torch.from_numpy(np.concatenate([texts[number] for number in batch.order]))
        ids = functional.pad(ids, (0, layout.rows - layout.tokens))
        hidden = self._network(ids, layout)[: layout.tokens].float()
        parts = torch.split(hidden, [len(texts[number]) for number in batch.order])
        in_order = dict(zip(batch.order, parts, strict=True))
        return [in_order[number] for number in range(len(texts))]


class TransformersNetwork:
    """The stock network of transformers over the same weights, made to look both ways."""

    def __init__(self, checkpoint: Checkpoint, dtype: torch.dtype = torch.float32) -> None:
        """Load the weights of a bidirectional Gemma 3 or Qwen 3.

        Raises:
            ValueError: a weight is missing or left over.
        """
        from transformers import Gemma3TextConfig, Gemma3TextModel, Qwen3Config, Qwen3Model
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        tensors = {
            name.removeprefix("model."): tensor
            for file in checkpoint.weights
            for name, tensor in load_file(file).items()
            if not name.startswith("lm_head.")
        }
        config = checkpoint.config | {"use_cache": False}
        # Gemma's flag reads the stored window as one of both sides; Qwen knows no flag, and is told twice.
        network: Any
        stated: Any
        if any(name.endswith("pre_feedforward_layernorm.weight") for name in tensors):
            config |= {"model_type": "gemma3_text", "use_bidirectional_attention": True}
            network, stated, self._asked = Gemma3TextModel, Gemma3TextConfig(**config), {}
        else:
            config |= {"model_type": "qwen3", "is_causal": False}
            network, stated, self._asked = Qwen3Model, Qwen3Config(**config), {"is_causal": False}
        self._network, told = network.from_pretrained(
            None, config=stated, state_dict=tensors, dtype=dtype, output_loading_info=True
        )
        if told["missing_keys"] or told["unexpected_keys"]:
            raise ValueError(f"not the weights of {network.__name__}: {told}")
        self._network.train(mode=False)

    @torch.inference_mode()
    def token_vectors(self, texts: Sequence[Ids]) -> list[Tensor]:
        """Read all of `texts` in one batch, padded to the right: float32 (T, D) of each."""
        rows = [torch.from_numpy(text) for text in texts]
        ids = pad_sequence(rows, batch_first=True)
        mask = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
        hidden = self._network(input_ids=ids, attention_mask=mask, **self._asked).last_hidden_state.float()
        return [part[: len(text)] for part, text in zip(hidden, texts, strict=True)]
