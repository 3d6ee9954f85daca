"""Low-rank adapters (LoRA, Hu et al. 2021, arXiv 2106.09685) on every linear layer, by the library peft."""

from typing import Any

import torch

from index_data.errors import UsageError
from training.adaptation.network import Network


def attach(network: Network, rank: int, seed: int) -> Any:
    """Freeze the weights of `network` and put trainable adapters beside them; return what `fold` wants.

    The network stays the object to call; as long as nothing is trained, its outputs are the same.

    Raises:
        UsageError: peft is not installed.
    """
    try:
        from peft import LoraConfig, LoraModel
    except ImportError as error:
        raise UsageError("--lora needs peft", remedy="Run pip install -e '.[training]' first.") from error
    torch.manual_seed(seed)
    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear")
    return LoraModel(network, config, "default")


def fold(adapted: Any) -> None:
    """Add the adapters of `attach` to the weights beside them, and take them away."""
    adapted.merge_and_unload()
