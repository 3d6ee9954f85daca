"""What is done to vectors behind pooling, in float32: dense layers, or parts made equally long."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from encoder.checkpoint import Checkpoint
from index_data.errors import EncoderUnavailable

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "Identity": lambda pooled: pooled,
    "Tanh": torch.tanh,
    "ReLU": torch.relu,
    "GELU": functional.gelu,
}
_REMEDY = "Fetch or copy the folder again."


class Dense:
    """One dense layer as sentence-transformers publishes it."""

    def __init__(self, folder: Path) -> None:
        """Read the layer in `folder`.

        Raises:
            EncoderUnavailable: it has another activation or other weights than are known.
        """
        config = _config(folder)
        try:
            weights = load_file(folder / "model.safetensors")
            self._activation = _ACTIVATIONS[str(config["activation_function"]).rpartition(".")[2]]
            self._weight = weights.pop("linear.weight").float()  # (O, D)
            self._bias = weights.pop("linear.bias").float() if config.get("bias", True) else None
            self.dimension, self.inputs = self._weight.shape
        except (OSError, ValueError, KeyError) as error:
            raise EncoderUnavailable(_unusable(folder, repr(error)), remedy=_REMEDY) from error

    def for_tokens(self) -> Dense:
        """Return the step for vectors of single tokens: this one."""
        return self

    @property
    def keeps_sums(self) -> bool:
        """Whether what it makes of a sum is the sum of what it makes of the parts."""
        return self._activation is _ACTIVATIONS["Identity"] and self._bias is None

    def pull_back(self, direction: Tensor, pooled: Tensor) -> Tensor:  # noqa: ARG002  # the same anywhere
        """float32 (D,): what a change of its input does along `direction`, (O,)."""
        return direction @ self._weight

    def __call__(self, pooled: Tensor) -> Tensor:
        """float32 (N, O) from float32 (N, D), on the CPU."""
        return self._activation(functional.linear(pooled, self._weight, self._bias))


class UnitParts:
    """Parts of a vector, each made to length 1, so that all weigh the same; a part of zeros stays zero."""

    def __init__(self, folder: Path) -> None:
        """Read the sizes of the parts in `folder`, and their shares of a comparison of tokens.

        Raises:
            EncoderUnavailable: sizes are not whole numbers above zero, or shares no weights for them.
        """
        config = _config(folder)
        sizes = config.get("sizes")
        if not isinstance(sizes, list) or not all(type(size) is int and size > 0 for size in sizes):
            reason = f"there are no parts of sizes {sizes}"
            raise EncoderUnavailable(_unusable(folder, reason), remedy=_REMEDY)
        shares = config.get("token_shares", [1.0] * len(sizes))
        if not isinstance(shares, list) or len(shares) != len(sizes) or not all(map(_is_weight, shares)):
            reason = f"there are no shares {shares} of {len(sizes)} parts"
            raise EncoderUnavailable(_unusable(folder, reason), remedy=_REMEDY)
        self._sizes: list[int] = sizes
        self._token_shares: list[float] = shares
        self._scales = [1.0] * len(sizes)
        self.dimension = self.inputs = sum(sizes)

    def for_tokens(self) -> UnitParts:
        """Return the step for vectors of single tokens: cosines of parts count by their shares."""
        step = copy(self)
        step._scales = [math.sqrt(share) for share in self._token_shares]
        return step

    @property
    def keeps_sums(self) -> bool:
        """Whether what it makes of a sum is the sum of its parts, each divided by the sum's lengths."""
        return True

    def pull_back(self, direction: Tensor, pooled: Tensor) -> Tensor:
        """float32 (D,): what a change of `pooled`, (D,), does along `direction`, (D,), lengths kept."""
        parts = zip(
            *(torch.split(one, self._sizes) for one in (direction, pooled)), self._scales, strict=True
        )
        return torch.cat([aim * (scale / part.norm().clamp_min(1e-12)) for aim, part, scale in parts])

    def __call__(self, pooled: Tensor) -> Tensor:
        """float32 (N, D) from float32 (N, D)."""
        parts = torch.split(pooled, self._sizes, 1)
        return torch.cat(
            [
                functional.normalize(part, dim=1) * scale
                for part, scale in zip(parts, self._scales, strict=True)
            ],
            1,
        )


def _is_weight(share: object) -> bool:
    return isinstance(share, int | float) and 0 <= share < math.inf


Head = Dense | UnitParts


def heads_of(checkpoint: Checkpoint) -> list[Head]:
    """Read what is done behind the pooling of `checkpoint`, in its order.

    Raises:
        EncoderUnavailable: something of it is not known, or does not take what comes before it.
    """
    heads: list[Head] = []
    width = checkpoint.width
    for folder in checkpoint.heads:
        heads.append(UnitParts(folder) if "sizes" in _config(folder) else Dense(folder))
        if heads[-1].inputs != width:
            reason = f"it takes vectors of {heads[-1].inputs} numbers, not of {width}"
            raise EncoderUnavailable(_unusable(folder, reason), remedy=_REMEDY)
        width = heads[-1].dimension
    return heads


def _config(folder: Path) -> dict[str, Any]:
    """Read the settings of a step.

    Raises:
        EncoderUnavailable: there are none.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EncoderUnavailable(_unusable(folder, str(error)), remedy=_REMEDY) from error
    if not isinstance(config, dict):
        raise EncoderUnavailable(_unusable(folder, "its config.json is no object"), remedy=_REMEDY)
    return config


def _unusable(folder: Path, reason: str) -> str:
    return f"the step in {folder} cannot be used: {reason}"
