"""Stages that are killed and go on."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import torch
from torch.nn import Parameter

from encoder.checkpoint import Checkpoint
from training.adaptation.masked import MaskedPrediction
from training.adaptation.network import load
from training.adaptation.rows import Texts
from training.adaptation.sequences import Reader, mask_token
from training.adaptation.stage import Length, Saving, Step, train, warm_stable_decay, warm_then_falling

STEPS = Length(steps=8)


class Killed(Exception):
    """Stands for the end of the process."""


def run(
    checkpoint: Checkpoint, text: Path, folder: Path, *, killed_at: int | None = None, late: int = 0
) -> dict[str, Parameter]:
    """Train a fresh network, whose steps are told a number that is `late` by so much."""
    network = load(checkpoint)
    mask_id, _ = mask_token(checkpoint)
    prediction = MaskedPrediction(
        network, Texts([text]), Reader(checkpoint, 32), mask_id, 0.3, 4, 512, seed=1
    )

    def step(number: int) -> float:
        if number == killed_at:
            raise Killed
        return prediction(number - late)

    parameters = dict(network.named_parameters())
    train(parameters, step, STEPS, (1e-3, warm_stable_decay), Saving(folder, minutes=0))
    return parameters


def equal(first: dict[str, Parameter], second: dict[str, Parameter]) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


def test_a_killed_stage_ends_where_an_unbroken_one_does(
    checkpoint: Checkpoint, text: Path, tmp_path: Path
) -> None:
    unbroken = run(checkpoint, text, tmp_path / "unbroken")
    with pytest.raises(Killed):
        run(checkpoint, text, tmp_path / "killed", killed_at=5)
    assert equal(run(checkpoint, text, tmp_path / "killed"), unbroken)
    log = (tmp_path / "killed/losses.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["step"] for line in log] == list(range(1, 9))


def test_it_would_not_if_it_drew_other_numbers(checkpoint: Checkpoint, text: Path, tmp_path: Path) -> None:
    unbroken = run(checkpoint, text, tmp_path / "unbroken")
    with pytest.raises(Killed):
        run(checkpoint, text, tmp_path / "killed", killed_at=5)
    assert not equal(run(checkpoint, text, tmp_path / "killed", late=5), unbroken)


def test_it_would_not_without_the_state_of_the_optimizer(
    checkpoint: Checkpoint, text: Path, tmp_path: Path
) -> None:
    unbroken = run(checkpoint, text, tmp_path / "unbroken")
    with pytest.raises(Killed):
        run(checkpoint, text, tmp_path / "killed", killed_at=5)
    path = tmp_path / "killed/checkpoint.pt"
    state = torch.load(path, weights_only=True)
    torch.save(state | {"optimizer": state["optimizer"] | {"state": {}}}, path)
    assert not equal(run(checkpoint, text, tmp_path / "killed"), unbroken)


def descent(weight: Parameter) -> Step:
    def step(number: int) -> float:
        loss = (weight - 3).square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item()

    return step


def test_a_stage_takes_its_steps_and_lowers_the_loss(tmp_path: Path) -> None:
    weight = Parameter(torch.zeros(2))
    length = Length(steps=200)
    assert train({"w": weight}, descent(weight), length, (0.1, warm_then_falling(5)), Saving(tmp_path)) == 200
    log = [json.loads(line) for line in (tmp_path / "losses.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(log) == 200
    assert log[-1]["loss"] < 0.1 * log[0]["loss"]


def test_a_stage_lasts_its_minutes(tmp_path: Path) -> None:
    weight = Parameter(torch.zeros(2))
    started = time.monotonic()
    length = Length(minutes=0.005)
    assert train({"w": weight}, descent(weight), length, (0.1, warm_stable_decay), Saving(tmp_path)) > 0
    assert time.monotonic() - started >= 0.3


def test_gradients_are_clipped(tmp_path: Path) -> None:
    weight = Parameter(torch.zeros(1))

    def step(number: int) -> float:
        weight.grad = torch.tensor([100.0 if number == 0 else 1.0])
        return 0.0

    train({"w": weight}, step, Length(steps=2), (1e-3, lambda step, share: 1.0), Saving(tmp_path))
    # Of like gradients Adam makes steps of the full rate; a larger first one would make the second shorter.
    assert weight.item() == pytest.approx(-2e-3, rel=1e-2)


def test_the_rates_rise_stay_and_fall() -> None:
    stable = [warm_stable_decay(0, share) for share in (0.0, 0.005, 0.02, 0.8, 0.9, 1.0)]
    assert stable == pytest.approx([0.01, 0.5, 1.0, 1.0, 0.5, 0.01])
    falling = warm_then_falling(100)
    assert [falling(49, 0.0), falling(99, 0.0), falling(500, 0.5), falling(999, 1.0)] == pytest.approx(
        [0.5, 1.0, 0.5, 0.01]
    )
