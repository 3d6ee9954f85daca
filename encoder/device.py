"""Choose the device and the number format, and say why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from index_data.errors import EncoderUnavailable


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an encoder runs, and in which number format."""

    device: torch.device
    dtype: torch.dtype
    reason: str
    """One line, for people."""
    max_batch_tokens: int
    """Tokens in one forward pass: enough to keep the device busy, no more."""


def place(device: str = "auto") -> Placement:
    """Choose CUDA where there is one, else Apple's MPS, else the CPU; or take the `device` asked for.

    Never float16: Gemma-shaped networks overflow in it.

    Raises:
        EncoderUnavailable: the device asked for is not there.
    """
    kind = _best_device() if device == "auto" else device
    if kind.startswith("cuda") and torch.cuda.is_available():
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return Placement(torch.device(kind), *_number_format(kind, native=native), max_batch_tokens=32_768)
    if kind == "mps" and torch.backends.mps.is_available():
        return Placement(torch.device(kind), *_number_format(kind, native=False), max_batch_tokens=8_192)
    if kind == "cpu":
        return Placement(
            torch.device(kind), *_number_format(kind, native=_cpu_has_bf16()), max_batch_tokens=4_096
        )
    raise EncoderUnavailable(f"there is no device {device} here", remedy="Use --device auto or --device cpu.")


def _best_device() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _number_format(kind: str, *, native: bool) -> tuple[torch.dtype, str]:
    if native:
        return torch.bfloat16, f"{kind}, bfloat16, which it computes natively"
    return torch.float32, f"{kind}, float32, since it has no native bfloat16"


def _cpu_has_bf16() -> bool:
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
