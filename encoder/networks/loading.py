"""A checkpoint's weights become a network: token ids to token vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from safetensors.torch import load_file
from torch import Tensor

from encoder.checkpoint import Checkpoint
from encoder.device import Placement
from encoder.networks.bert import BertEncoder
from encoder.networks.cuda_graphs import GraphedNetwork
from encoder.networks.foreign import ForeignNetwork
from encoder.networks.gemma import GemmaEncoder
from encoder.networks.gte import GteEncoder
from encoder.networks.layout import Layout
from encoder.networks.qwen import QwenEncoder
from encoder.networks.twofold import TwofoldEncoder
from encoder.networks.weights import Weights, rescaled
from index_data.errors import EncoderUnavailable

Network = Callable[[Tensor, Layout], Tensor]
"""Token ids to token vectors: int64 (R,) in, (R, D) out; rows behind the last token mean nothing."""

NetworkKind = type[BertEncoder | GemmaEncoder | GteEncoder | QwenEncoder | TwofoldEncoder]

NETWORKS: dict[str, NetworkKind] = {
    "bert": BertEncoder,
    "twofold": TwofoldEncoder,
    "xlm-roberta": BertEncoder,
    "roberta": BertEncoder,
    "camembert": BertEncoder,
    "new": GteEncoder,
    "gte": GteEncoder,
    "gemma3_text": GemmaEncoder,
    "qwen3": QwenEncoder,
}
"""What is computed here, by the kind that a checkpoint says it is (`model_type`)."""


def is_native(checkpoint: Checkpoint) -> bool:
    """Whether the network of `checkpoint` is computed here; if not, transformers may know it."""
    kind = checkpoint.config["model_type"]
    return kind in NETWORKS or kind.startswith("bidirlm")


def network_kind(checkpoint: Checkpoint, names: Iterable[str]) -> NetworkKind:
    """Look up which network computes a native `checkpoint`, whose weights have these `names`."""
    kind = checkpoint.config["model_type"]
    if kind.startswith("bidirlm"):
        # BidirLM has one name for the bidirectional forms of two networks; only one of them has four norms.
        gemma = any(name.endswith("pre_feedforward_layernorm.weight") for name in names)
        kind = "gemma3_text" if gemma else "qwen3"
    return NETWORKS[kind]


def load_network(checkpoint: Checkpoint, placement: Placement, device: torch.device) -> Network:
    """Hand the network of `checkpoint` its weights, on one of the devices of `placement`.

    Raises:
        EncoderUnavailable: a weight is missing, left over or of another shape, or the kind is not known.
    """
    if not is_native(checkpoint):
        if placement.int8:
            raise EncoderUnavailable(
                f"the encoder in {checkpoint.folder} is left to transformers, which has no int8 for it",
                remedy="Use --dtype auto.",
            )
        return ForeignNetwork(checkpoint, device, placement.dtype)
    tensors = {name: tensor for file in checkpoint.weights for name, tensor in load_file(file).items()}
    network = network_kind(checkpoint, tensors)
    try:
        weights = Weights(
            rescaled(tensors),
            device,
            placement.dtype,
            int8=placement.int8,
            prefixes=network.PREFIXES,
            unused=network.UNUSED,
        )
        loaded = network(checkpoint.config, weights)
    except (ValueError, KeyError) as error:
        raise EncoderUnavailable(
            f"the weights in {checkpoint.folder} are not those of its configuration: {error}",
            remedy="Fetch or copy the folder again.",
        ) from error
    records = device.type == "cuda" and placement.dtype is not torch.float32
    return GraphedNetwork(loaded) if records else loaded
