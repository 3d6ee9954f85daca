"""Where an encoder runs and in which format, and what is said of it."""

from __future__ import annotations

import pytest
import torch

from encoder import device
from encoder.device import NumberFormat, place
from index_data.errors import EncoderUnavailable


@pytest.mark.parametrize(("native", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_a_cpu_computes_in_what_it_has(
    native: bool, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "cpu_has_bfloat16", lambda: native)
    placement = place("cpu")
    assert placement.dtype is dtype
    assert placement.reason.startswith(f"cpu, {str(dtype).removeprefix('torch.')}, ")


@pytest.mark.parametrize(
    ("asked", "dtype", "int8"),
    [
        (NumberFormat.FLOAT32, torch.float32, False),
        (NumberFormat.BFLOAT16, torch.bfloat16, False),
        (NumberFormat.INT8, None, True),
    ],
)
def test_what_is_asked_for_is_done_and_said(
    asked: NumberFormat, dtype: torch.dtype | None, int8: bool
) -> None:
    placement = place("cpu", asked)
    assert placement.int8 == int8
    assert dtype is None or placement.dtype is dtype
    assert f"{asked}, as asked for" in placement.reason


@pytest.mark.parametrize("name", ["xpu", "cuda:7", "gpu", ""])
def test_a_device_that_is_not_there_is_refused(name: str) -> None:
    if not torch.cuda.is_available():
        with pytest.raises(EncoderUnavailable, match=f"no device {name} here"):
            place(name)


def test_several_gpus_are_used_and_one_where_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    assert [str(each) for each in place("auto").devices] == ["cuda:0", "cuda:1"]
    assert [str(each) for each in place("cuda:1").devices] == ["cuda:1"]
    with pytest.raises(EncoderUnavailable, match="cannot compute in int8"):
        place("cuda", NumberFormat.INT8)
