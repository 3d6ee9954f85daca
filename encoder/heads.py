"""Dense layers behind pooling, in float32."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from index_data.errors import EncoderUnavailable

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "Identity": lambda pooled: pooled,
    "Tanh": torch.tanh,
    "ReLU": torch.relu,
    "GELU": functional.gelu,
}


class Head:
    """One dense layer as sentence-transformers publishes it."""

    def __init__(self, folder: Path) -> None:
        """Read the layer in `folder`.

        Raises:
            EncoderUnavailable: it has another activation or other weights than are known.
        """
        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            weights = load_file(folder / "model.safetensors")
            self._activation = _ACTIVATIONS[str(config["activation_function"]).rpartition(".")[2]]
            self._weight = weights.pop("linear.weight").float()  # (O, D)
            self._bias = weights.pop("linear.bias").float() if config.get("bias", True) else None
        except (OSError, ValueError, KeyError) as error:
            raise EncoderUnavailable(
                f"the dense layer in {folder} cannot be used: {error!r}",
                remedy="Fetch or copy the folder again.",
            ) from error
        self.dimension = len(self._weight)

    def __call__(self, pooled: Tensor) -> Tensor:
        """float32 (N, O) from float32 (N, D), on the CPU."""
        return self._activation(functional.linear(pooled, self._weight, self._bias))
