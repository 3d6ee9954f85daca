"""Weights that were published as a pickle become safetensors, once, when they are fetched.

A pickle can hold code. PyTorch's restricted reader refuses to run any, and what it reads is kept in a form
that cannot hold any.
"""

from __future__ import annotations

from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors.torch import save_file

from index_data.errors import EncoderUnavailable


def convert(pickled: Path, safetensors: Path) -> None:
    """Write the tensors of `pickled` to `safetensors`, unchanged.

    Raises:
        EncoderUnavailable: the file holds something else than named tensors.
    """
    try:
        weights = torch.load(pickled, map_location="cpu", weights_only=True, mmap=True)
        tensors = {
            str(name): tensor.detach().clone(memory_format=torch.contiguous_format)
            for name, tensor in weights.items()
        }
    except (UnpicklingError, RuntimeError, AttributeError, EOFError) as error:
        raise EncoderUnavailable(
            f"{pickled.name} does not hold weights alone, and is not read",
            remedy="Name a --revision that publishes model.safetensors.",
        ) from error
    save_file(tensors, safetensors, metadata={"format": "pt"})
