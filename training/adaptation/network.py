"""A causal checkpoint of Gemma 3 or Qwen 3: opened with attention both ways, loaded, merged with another."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor
from transformers import Gemma3ForCausalLM, Qwen3ForCausalLM
from transformers.utils import logging

from encoder.checkpoint import Checkpoint, resolve
from encoder.device import Placement
from encoder.networks.loading import load_network
from index_data.errors import EncoderUnavailable

Network = Gemma3ForCausalLM | Qwen3ForCausalLM
"""`model` gives token vectors, `lm_head` the score of each piece of the vocabulary."""
Weights = dict[str, Tensor]

_KINDS: dict[str, type[Network]] = {"gemma3_text": Gemma3ForCausalLM, "qwen3": Qwen3ForCausalLM}
_BOTH_WAYS = {
    "gemma3_text": {"use_bidirectional_attention": True},
    # The first is read by the encoder, the second by transformers.
    "qwen3": {"use_bidirectional_attention": True, "is_causal": False},
}
_HEAD = "lm_head.weight"


def open_base(folder: Path, *, both_ways: bool = True) -> Checkpoint:
    """Describe the checkpoint in `folder`, its configuration as the adapted one will have it.

    The stored numbers stay as they are: with the flag of Gemma, half of the window lies on each side.

    Raises:
        EncoderUnavailable: the folder is incomplete, of another kind, or asks for what the encoder refuses.
    """
    checkpoint = resolve(str(folder.resolve()))
    kind = checkpoint.config["model_type"]
    if kind not in _KINDS:
        raise EncoderUnavailable(
            f"the model in {folder} is of the kind {kind}", remedy=f"Choose one of {' or '.join(_KINDS)}."
        )
    stated = _BOTH_WAYS[kind] if both_ways else {}
    checkpoint = replace(checkpoint, config=checkpoint.config | stated)
    # What would be refused when all is trained is refused now.
    cpu = torch.device("cpu")
    load_network(checkpoint, Placement((cpu,), torch.bfloat16, "to look at", max_batch_tokens=1), cpu)
    return checkpoint


def load(checkpoint: Checkpoint) -> Network:
    """Load the weights as float32, to be trained, with the head that predicts tokens.

    Raises:
        EncoderUnavailable: weights are missing.
    """
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    kind: Any = _KINDS[checkpoint.config["model_type"]]
    config = kind.config_class.from_dict({**checkpoint.config, "use_cache": False})
    if _HEAD not in _names(checkpoint):
        config.tie_word_embeddings = True
    network: Network
    network, told = kind.from_pretrained(
        checkpoint.folder,
        config=config,
        dtype=torch.float32,
        local_files_only=True,
        use_safetensors=True,
        output_loading_info=True,
    )
    if told["missing_keys"]:
        raise EncoderUnavailable(
            f"the weights in {checkpoint.folder} lack {', '.join(sorted(told['missing_keys']))}",
            remedy="Fetch or copy the folder again.",
        )
    # Neither network has a dropout that is on by default, and texts that are read twice must read the same.
    network.train(mode=False)
    return network


def stored_dtype(checkpoint: Checkpoint) -> torch.dtype:
    """Return the number format in which a checkpoint keeps its vocabulary."""
    for path in checkpoint.weights:
        with safe_open(path, framework="pt") as file:
            for name in file.keys():  # noqa: SIM118
                if name.endswith("embed_tokens.weight"):
                    dtype: torch.dtype = file.get_tensor(name).dtype
                    return dtype
    raise EncoderUnavailable(
        f"the weights in {checkpoint.folder} hold no vocabulary", remedy="Fetch or copy the folder again."
    )


def merged(base: Mapping[str, Tensor], adapted: Mapping[str, Tensor], share: float) -> Weights:
    """Go from the base's weights to the adapted ones by `share`: 0 is the base, 1 the adapted."""
    return {name: torch.lerp(value, adapted[name].to(value), share) for name, value in base.items()}


def _names(checkpoint: Checkpoint) -> set[str]:
    names: set[str] = set()
    for path in checkpoint.weights:
        with safe_open(path, framework="pt") as file:
            names.update(file.keys())
    return names
