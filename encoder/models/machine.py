"""The machines that `models plan` speaks of: this one, and GPUs that are known by name."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from pathlib import Path

import torch

from encoder.device import NumberFormat, place
from encoder.networks.linear import Int8Linear
from encoder.resources import usable_memory
from index_data.errors import EncoderUnavailable

_GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Machine:
    """Where an encoder may run."""

    name: str
    memory: int
    """Bytes that the weights and a batch share; of the smallest device where there are several."""
    bfloat16: bool
    """Computes bfloat16 natively."""
    int8: bool = False
    """Computes in int8."""

    @property
    def formats(self) -> tuple[NumberFormat, ...]:
        """Number formats that it computes well, the one that is chosen by itself first."""
        native = (NumberFormat.BFLOAT16,) if self.bfloat16 else ()
        return (*native, NumberFormat.FLOAT32, *((NumberFormat.INT8,) if self.int8 else ()))


def known_gpus() -> dict[str, Machine]:
    """All GPUs that are known by name."""
    entries = tomllib.loads(Path(__file__).with_name("accelerators.toml").read_text(encoding="utf-8"))
    return {
        name: Machine(name, round(entry["memory_gib"] * _GIB), bfloat16=entry.get("bfloat16", True))
        for name, entry in entries.items()
    }


def known_gpu(name: str) -> Machine:
    """Look up one GPU.

    Raises:
        EncoderUnavailable: none is known by that name.
    """
    gpus = known_gpus()
    if name.lower() not in gpus:
        nearest = difflib.get_close_matches(name.lower(), gpus, n=1, cutoff=0.0)[0]
        raise EncoderUnavailable(
            f"no GPU is known as {name}", remedy=f"Did you mean {nearest}? Known are {', '.join(gpus)}."
        )
    return gpus[name.lower()]


def this_machine(device: str = "auto") -> Machine:
    """Describe this machine, as far as encoders run on `device`.

    Raises:
        EncoderUnavailable: the device asked for is not there.
    """
    placement = place(device)
    native = placement.dtype is torch.bfloat16
    match placement.devices[0].type:
        case "cuda":
            said = [torch.cuda.get_device_properties(device) for device in placement.devices]
            name = ", ".join(device.name for device in said)
            return Machine(name, min(device.total_memory for device in said), bfloat16=native)
        case "mps":
            return Machine("mps", torch.mps.recommended_max_memory(), bfloat16=native)
        case _:
            name = f"cpu, {torch.get_num_threads()} threads"
            return Machine(name, usable_memory(), bfloat16=native, int8=Int8Linear.is_possible())
