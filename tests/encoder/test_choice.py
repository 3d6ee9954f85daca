"""The encoder of a new index, where nobody names one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from encoder import device
from encoder.checkpoint import BUILTIN
from encoder.choice import PREFERRED, choose
from encoder.device import Placement


@pytest.fixture
def fetched(tmp_path: Path) -> Path:
    (tmp_path / PREFERRED).mkdir()
    return tmp_path


def test_without_its_weights_the_builtin_encoder_is_chosen(tmp_path: Path) -> None:
    choice = choose(tmp_path, "auto")
    assert choice.model == BUILTIN
    assert "fetched" in choice.reason


def test_without_a_gpu_the_builtin_encoder_is_chosen(fetched: Path) -> None:
    choice = choose(fetched, "cpu")
    assert choice.model == BUILTIN
    assert "CPU" in choice.reason


def test_with_weights_and_a_gpu_the_better_one_is_chosen(
    fetched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu = Placement((torch.device("cuda", 0),), torch.bfloat16, "a machine that has one", 32_768)
    monkeypatch.setattr(device, "place", lambda _device: gpu)
    assert choose(fetched, "auto").model == PREFERRED
