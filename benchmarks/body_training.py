"""The training of both bodies: stages sized by wall time, each with an account of what it took."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from benchmarks.report import say
from benchmarks.sibling import HeadFit, Sibling
from benchmarks.transplanted import Transplant
from training.batches import Batch, Batches
from training.body import means, pack
from training.distil import Bank, Clock, in_order, losses
from training.encoders import BodyEncoder

PREDICTING, FITTING = 1 / 3, 0.05
"""Shares of the sibling's time; the rest is for what both arms do."""

Body = Transplant | Sibling
Step = Callable[[Batch, float], float]
"""Learns from a batch at a share of the rates, and returns the loss."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage of an arm's training did."""

    name: str
    steps: int
    inputs: int
    pieces: int
    seconds: float
    cpu_seconds: float
    loss: float
    """Mean of the last tenth of the steps."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What both arms learn from."""

    batches: Batches
    teacher: BodyEncoder
    seed: int

    def targets(self, batch: Batch) -> Tensor:
        """Return the teacher's unit vectors of a batch's English texts: (U, D) float32."""
        packed = pack(batch.teacher)
        return in_order(means(self.teacher.states(packed), packed), packed)


def train(name: str, step: Step, batches: Batches, minutes: float) -> Stage:
    """Take steps for so many minutes of wall time, and at least one."""
    found: list[float] = []
    inputs = pieces = 0
    clock, cpu = Clock(minutes, started=time.monotonic()), time.process_time()
    while not found or clock.elapsed() < minutes:
        batch = batches.draw()
        found.append(step(batch, clock.rate()))
        inputs += len(batch.student)
        pieces += sum(map(len, batch.student))
    loss = float(np.mean(found[-max(len(found) // 10, 1) :]))
    stage = Stage(
        name, len(found), inputs, pieces, clock.elapsed() * 60, time.process_time() - cpu, round(loss, 4)
    )
    say(f"{name}: {stage.steps} steps, {pieces / stage.seconds:,.0f} pieces/s, loss {loss:.3f}")
    return stage


def contrast(body: Body, lesson: Lesson) -> Step:
    """Draw vectors to the teacher's, as the distillation does."""
    bank = Bank()

    def step(batch: Batch, rate: float) -> float:
        targets = lesson.targets(batch)
        loss, _, _ = losses(body.vectors(batch.student), targets, bank.extended(targets), batch)
        loss.backward()  # type: ignore[no-untyped-call]
        body.step(rate)
        return loss.item()

    return step


def prediction(sibling: Sibling, seed: int) -> Step:
    """Tell hidden pieces."""
    random = np.random.default_rng(seed)

    def step(batch: Batch, rate: float) -> float:
        loss = sibling.prediction_loss(batch.student, random)
        loss.backward()  # type: ignore[no-untyped-call]
        sibling.step(rate)
        return loss.item()

    return step


def train_transplant(body: Transplant, lesson: Lesson, minutes: float) -> list[Stage]:
    """Train the transplant for so many minutes."""
    lesson.batches.reseed(lesson.seed)
    return [train("contrast", contrast(body, lesson), lesson.batches, minutes)]


def train_sibling(body: Sibling, lesson: Lesson, minutes: float) -> list[Stage]:
    """Train the sibling for so many minutes in all; its last stage has the transplant's first batches."""
    lesson.batches.reseed(lesson.seed + 1)
    fit = HeadFit(body)

    def gather(batch: Batch, rate: float) -> float:
        del rate
        same = np.flatnonzero(batch.is_same)
        return fit.add([batch.student[at] for at in same], lesson.targets(batch)[batch.targets[same]])

    stages = [
        train("MNTP", prediction(body, lesson.seed), lesson.batches, minutes * PREDICTING),
        train("dense layer", gather, lesson.batches, minutes * FITTING),
    ]
    fit.apply()
    lesson.batches.reseed(lesson.seed)
    left = minutes - sum(stage.seconds for stage in stages) / 60
    return [*stages, train("contrast", contrast(body, lesson), lesson.batches, left)]
