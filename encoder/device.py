"""Choose the devices and the number format, and say why."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import torch

from encoder.networks.linear import Int8Linear
from encoder.resources import usable_cores
from index_data.errors import EncoderUnavailable


class NumberFormat(StrEnum):
    """What an encoder computes in; never float16, in which Gemma-shaped networks overflow."""

    AUTO = "auto"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    INT8 = "int8"
    """Linear layers in int8, all else in bfloat16 or float32; on a CPU."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an encoder runs, and in which number format."""

    devices: tuple[torch.device, ...]
    """All of the same kind; each gets a copy of the weights and a share of the batches."""
    dtype: torch.dtype
    reason: str
    """One line, for people."""
    max_batch_tokens: int
    """Tokens in one forward pass: enough to keep the device busy, no more."""
    int8: bool = False

    @property
    def device(self) -> torch.device:
        """The first of the devices."""
        return self.devices[0]


def place(device: str = "auto", number_format: NumberFormat = NumberFormat.AUTO) -> Placement:
    """Choose CUDA where there is one, else Apple's MPS, else the CPU; or take the `device` asked for.

    `auto` and `cuda` take all CUDA devices, `cuda:1` that one.

    Raises:
        EncoderUnavailable: the device asked for is not there, or cannot compute in the format asked for.
    """
    kind = _best_device() if device == "auto" else device
    if kind.startswith("cuda") and torch.cuda.is_available():
        every = [torch.device("cuda", number) for number in range(torch.cuda.device_count())]
        devices = tuple(every) if kind == "cuda" else (torch.device(kind),)
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return _placement(devices, number_format, native=native, max_batch_tokens=32_768)
    if kind == "mps" and torch.backends.mps.is_available():
        return _placement((torch.device(kind),), number_format, native=False, max_batch_tokens=8_192)
    if kind == "cpu":
        if "OMP_NUM_THREADS" not in os.environ:
            torch.set_num_threads(usable_cores())
        return _placement(
            (torch.device(kind),), number_format, native=cpu_has_bfloat16(), max_batch_tokens=4_096
        )
    raise EncoderUnavailable(f"there is no device {device} here", remedy="Use --device auto or --device cpu.")


def _best_device() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _placement(
    devices: tuple[torch.device, ...], asked: NumberFormat, *, native: bool, max_batch_tokens: int
) -> Placement:
    names = " and ".join(map(str, devices))
    dtype = torch.bfloat16 if native else torch.float32
    if asked is NumberFormat.INT8:
        if devices[0].type != "cpu" or not Int8Linear.is_possible():
            raise EncoderUnavailable(
                f"{names} cannot compute in int8 here", remedy="Use --dtype auto, or --device cpu."
            )
        reason = f"{names}, int8, as asked for, and {dtype} between the layers".replace("torch.", "")
        return Placement(devices, dtype, reason, max_batch_tokens, int8=True)
    if asked is not NumberFormat.AUTO:
        dtype = torch.float32 if asked is NumberFormat.FLOAT32 else torch.bfloat16
        return Placement(devices, dtype, f"{names}, {asked}, as asked for", max_batch_tokens)
    why = "bfloat16, which it computes natively" if native else "float32, since it has no native bfloat16"
    return Placement(devices, dtype, f"{names}, {why}", max_batch_tokens)


def cpu_has_bfloat16() -> bool:
    """Whether this CPU multiplies bfloat16 natively, so that it is faster than float32."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
