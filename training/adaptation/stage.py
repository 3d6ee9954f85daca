"""A stage of training: steps until its length is reached, going on from a checkpoint if there is one.

A step's number alone decides what is drawn in it, so step, optimizer and weights are all that a checkpoint
has to hold.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import torch
from torch.nn import Parameter
from torch.nn.utils import clip_grad_norm_

from training.progress import bar

Step = Callable[[int], float]
"""Adds the gradients of the step of a number to the weights, and returns its loss."""
Schedule = Callable[[int, float], float]
"""Factor of the learning rate, from the number of a step and the share of the stage that is over."""

CLIP = 1.0
WARM_UP, DECAY = 0.01, 0.2
"""Shares of a stage of masked prediction."""
_LEAST_RATE = 0.01


@dataclass(frozen=True, slots=True)
class Length:
    """How long a stage lasts: so many steps, or else so many minutes."""

    steps: int | None = None
    minutes: float = 0.0

    def share(self, step: int, minutes: float) -> float:
        """Return how much of it is over, 1 or more at the end."""
        if self.steps is not None:
            return step / self.steps if self.steps else 1.0
        return minutes / self.minutes if self.minutes else 1.0


@dataclass(frozen=True, slots=True)
class Saving:
    """Where a stage keeps what it needs to go on, and how often."""

    folder: Path
    minutes: float = 10.0

    @property
    def checkpoint(self) -> Path:
        """The file to go on from."""
        return self.folder / "checkpoint.pt"


def warm_stable_decay(step: int, share: float) -> float:
    """Rise, stay, and fall to zero over the last fifth."""
    del step
    return max(min(share / WARM_UP, 1.0, (1 - share) / DECAY), _LEAST_RATE)


def warm_then_falling(warm_up: int) -> Schedule:
    """Rise over so many steps, and fall to zero all the while."""
    return lambda step, share: max(min((step + 1) / max(warm_up, 1), 1.0) * (1 - share), _LEAST_RATE)


def train(
    parameters: Mapping[str, Parameter],
    step_of: Step,
    length: Length,
    rate: tuple[float, Schedule],
    saving: Saving,
) -> int:
    """Train `parameters` for a `length`; return the number of steps that were taken in all."""
    saving.folder.mkdir(parents=True, exist_ok=True)
    optimizer = torch.optim.AdamW(parameters.values(), lr=rate[0])
    step, spent = _restore(saving.checkpoint, parameters, optimizer)
    clock = _Clock(spent)
    saved = spent
    total, unit = (length.minutes, "min") if length.steps is None else (length.steps, "steps")
    with (
        bar(total, unit, saving.folder.name) as shown,
        _open_log(saving.folder / "losses.jsonl", step) as log,
    ):
        shown.update(spent if length.steps is None else step)
        while (share := length.share(step, before := clock.minutes())) < 1:
            for group in optimizer.param_groups:
                group["lr"] = rate[0] * rate[1](step, share)
            loss = step_of(step)
            clip_grad_norm_(parameters.values(), CLIP)
            optimizer.step()
            optimizer.zero_grad()
            step += 1
            minutes = clock.minutes()
            shown.update(minutes - before if length.steps is None else 1)
            log.write(json.dumps({"step": step, "minutes": round(minutes, 3), "loss": round(loss, 4)}) + "\n")
            if minutes - saved > saving.minutes:
                _save(saving.checkpoint, parameters, optimizer, (step, minutes))
                saved = minutes
    return step


def _open_log(path: Path, steps: int) -> TextIO:
    """Open the log, a line a step, for the steps after those that are to stay."""
    kept = path.read_text(encoding="utf-8").splitlines(keepends=True)[:steps] if path.exists() else []
    path.write_text("".join(kept), encoding="utf-8")
    return path.open("a", encoding="utf-8", buffering=1)


class _Clock:
    """Minutes spent, those of earlier runs included."""

    def __init__(self, spent: float) -> None:
        self._started = time.monotonic() - spent * 60

    def minutes(self) -> float:
        return (time.monotonic() - self._started) / 60


def _save(
    path: Path,
    parameters: Mapping[str, Parameter],
    optimizer: torch.optim.Optimizer,
    spent: tuple[int, float],
) -> None:
    state = {
        "spent": spent,
        "optimizer": optimizer.state_dict(),
        "parameters": {name: parameter.detach() for name, parameter in parameters.items()},
    }
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def _restore(
    path: Path, parameters: Mapping[str, Parameter], optimizer: torch.optim.Optimizer
) -> tuple[int, float]:
    """Take up a checkpoint; return the steps and the minutes spent, or zeros."""
    if not path.exists():
        return 0, 0.0
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    optimizer.load_state_dict(state["optimizer"])
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(state["parameters"][name])
    step, minutes = state["spent"]
    return step, minutes
