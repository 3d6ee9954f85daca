"""Low-rank adapters."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from encoder.device import NumberFormat, place
from training.adaptation.adapters import attach, fold
from training.adaptation.network import Network, load, open_base
from training.adaptation.recipe import Adaptation, Recipe, Stage
from training.adaptation.stage import Length

pytest.importorskip("peft")

IDS = torch.arange(4, 24)[None]


def outputs(network: Network) -> Tensor:
    with torch.inference_mode():
        hidden: Tensor = network.model(input_ids=IDS, attention_mask=torch.ones_like(IDS)).last_hidden_state
    return hidden


def test_fresh_adapters_leave_the_outputs_as_they_are(base: Path) -> None:
    network = load(open_base(base))
    before = outputs(network)
    attach(network, 4, seed=1)
    assert torch.equal(outputs(network), before)


def test_only_adapters_are_trained_and_what_they_learn_is_folded_in(base: Path) -> None:
    network = load(open_base(base))
    names = set(network.state_dict())
    before = outputs(network)
    adapters = attach(network, 4, seed=1)
    trained = {name: value for name, value in network.named_parameters() if value.requires_grad}
    assert trained
    assert all("lora_" in name for name in trained)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for value in trained.values():
            value.add_(torch.randn(value.shape, generator=generator) * 0.1)
    learned = outputs(network)
    fold(adapters)
    assert set(network.state_dict()) == names
    assert torch.allclose(outputs(network), learned, atol=1e-4)
    assert not torch.allclose(learned, before, atol=1e-2)


def test_the_recipe_leaves_the_vocabulary_of_a_base_with_adapters(
    base: Path, text: Path, pairs: Path, tmp_path: Path
) -> None:
    stage = Stage(Length(steps=2), 1e-2, 4)
    recipe = Recipe((text,), (pairs,), stage, stage, warm_up=1, merge=1.0, lora_rank=2)
    Adaptation(base, recipe, tmp_path / "work", place("cpu", NumberFormat.FLOAT32)).write(tmp_path / "out")
    before, after = (load(open_base(folder)).model.state_dict() for folder in (base, tmp_path / "out"))
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert {name.rsplit(".", 2)[1] for name in changed} == {
        *("q_proj", "k_proj", "v_proj", "o_proj"),
        *("gate_proj", "up_proj", "down_proj"),
    }
