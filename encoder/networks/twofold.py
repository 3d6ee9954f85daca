"""The built-in encoder's network: what BERT makes of a token where it stands, beside what it means anywhere.

Letters in shapes: R rows of a batch, D size of the contextual half, S size of the static half.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from encoder.networks.bert import BertEncoder
from encoder.networks.layout import Layout
from encoder.networks.weights import Weights


class TwofoldEncoder:
    """Token ids to token vectors."""

    PREFIXES = BertEncoder.PREFIXES
    UNUSED = BertEncoder.UNUSED

    def __init__(self, config: dict[str, Any], weights: Weights) -> None:
        """Take the `weights` of a checkpoint, named and shaped as its `config` says.

        Raises:
            ValueError: a weight is missing, left over or of another shape, or `config` asks for what is not
                computed here.
        """
        self._pieces = weights.take("static_embeddings.weight", config["vocab_size"], config["static_size"])
        self._contextual = BertEncoder(config | {"model_type": "bert"}, weights)

    def __call__(self, ids: Tensor, layout: Layout) -> Tensor:
        """Token vectors of sequences laid end to end: int64 (R,) in, (R, D + S) out."""
        return torch.cat([self._contextual(ids, layout), functional.embedding(ids, self._pieces)], dim=1)
