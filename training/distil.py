"""The distillation: the student's vector of a text in any language is drawn to the teacher's of its English.

Two terms: the cosine to the target, and the cross-entropy between how the teacher and how the student compare
the target with the other texts of this batch and of the last ones, which stay true since the teacher never
changes.
"""

import json
import logging
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import normalize

from training.batches import Batch, Batches
from training.body import pack
from training.encoders import BodyEncoder, load_teacher
from training.student import Student, load_student

LOG = logging.getLogger("training.distil")
TEMPERATURE = 0.05
COSINE_WEIGHT = 10.0
BANK = 4096
WARM_UP = 0.02
LOG_STEPS = 20
CHECKPOINT_MINUTES = 10.0
BODY_RATE = 1e-4
PIECE_RATE = 5e-3


@dataclass(slots=True)
class Clock:
    """Wall time spent and how much there is; the schedule follows it, so that training ends on time."""

    minutes: float
    spent: float = 0.0
    """Minutes of earlier runs."""
    started: float = 0.0

    def elapsed(self) -> float:
        """Return minutes so far."""
        return self.spent + (time.monotonic() - self.started) / 60

    def rate(self) -> float:
        """Return the factor of the learning rates: a linear rise, then a linear fall to zero."""
        share = min(self.elapsed() / self.minutes, 1.0)
        return max(min(share / WARM_UP, (1 - share) / (1 - WARM_UP)), 0.01)


class Bank:
    """The teacher's vectors of the last texts."""

    def __init__(self) -> None:
        """Start empty."""
        self.vectors = torch.empty(0, 384)

    def extended(self, targets: Tensor) -> Tensor:
        """Return the targets followed by the bank, (U + bank, D), and remember the targets."""
        everything = torch.cat([targets, self.vectors])
        self.vectors = everything[:BANK]
        return everything


def losses(student: Tensor, targets: Tensor, others: Tensor, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Return the loss, and its cosines and cross-entropies for each input: scalar, (B,), (B,).

    `student` (B, D) and `targets` (U, D) are unit vectors; `others` (U + bank, D) begins with the targets.
    """
    at = torch.from_numpy(batch.targets)
    same = torch.from_numpy(batch.is_same).float()
    cosine = (student * targets[at]).sum(1)
    wanted = torch.softmax(targets @ others.T / TEMPERATURE, dim=1)[at]  # (B, U + bank)
    got = torch.log_softmax(student @ others.T / TEMPERATURE, dim=1)
    entropy = -(wanted * got).sum(1)
    return (COSINE_WEIGHT * same * (1 - cosine) + entropy).mean(), cosine.detach(), entropy.detach()


class Record:
    """Running means between two lines of the log."""

    def __init__(self, stream: TextIO) -> None:
        """Write to an open file of JSON lines."""
        self._stream = stream
        self._values: dict[str, list[float]] = defaultdict(list)
        self.pieces = 0
        self.examples = 0

    def add(self, batch: Batch, cosine: Tensor, entropy: Tensor) -> None:
        """Take the values of one step."""
        english = torch.from_numpy(batch.is_english)
        other = ~english & torch.from_numpy(batch.is_same)
        for name, rows in (("en", english), ("other", other)):
            if rows.any():
                self._values[f"cosine {batch.kind} {name}"].append(float(cosine[rows].mean()))
        self._values[f"entropy {batch.kind}"].append(float(entropy.mean()))
        self.pieces += sum(map(len, batch.student))
        self.examples += len(batch.student)

    def write(self, step: int, minutes: float) -> None:
        """Write the means since the last line."""
        means = {name: round(float(np.mean(values)), 4) for name, values in sorted(self._values.items())}
        line = {
            "step": step,
            "minutes": round(minutes, 2),
            "pieces": self.pieces,
            "examples": self.examples,
            **means,
        }
        self._stream.write(json.dumps(line) + "\n")
        self._stream.flush()
        speed = self.pieces / (minutes * 60)
        LOG.info("step %d, %.1f min, %.0f pieces/s, %s", step, minutes, speed, means)
        self._values.clear()


def train_step(
    student: Student, teacher: BodyEncoder, bank: Bank, batch: Batch, rate: float
) -> tuple[Tensor, Tensor]:
    """Take one step; return cosines and cross-entropies, each (B,) float32."""
    targets = torch.from_numpy(teacher.embed_ids(batch.teacher))
    packed = pack(batch.student)
    vectors = normalize(student.embed(packed), dim=1)[torch.from_numpy(np.argsort(packed.order))]
    loss, cosine, entropy = losses(vectors, targets, bank.extended(targets), batch)
    loss.backward()  # type: ignore[no-untyped-call]
    student.step(BODY_RATE * rate, PIECE_RATE * rate)
    return cosine, entropy


def save(folder: Path, student: Student, clock: Clock, step: int, counts: tuple[int, int]) -> None:
    """Write a checkpoint to go on from, and the weights as they are."""
    state = {"student": student.state(), "minutes": clock.elapsed(), "step": step, "counts": counts}
    partial = folder / "checkpoint.partial"
    torch.save(state, partial)
    partial.replace(folder / "checkpoint.pt")
    weights = {name: value.contiguous() for name, value in student.weights().items()}
    save_file(weights, folder / "model.partial")
    (folder / "model.partial").replace(folder / "model.safetensors")


def distil(work: Path, minutes: float, threads: int, seed: int) -> None:
    """Train for so many minutes of wall time, going on from a checkpoint if there is one."""
    folder = work / "distil"
    if (folder / "done").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(threads)
    student = load_student(work / "transplant" / "model.safetensors", BODY_RATE)
    clock, step, counts = Clock(minutes), 0, (0, 0)
    if (folder / "checkpoint.pt").exists():
        state = torch.load(folder / "checkpoint.pt")
        student.restore(state["student"])
        clock.spent, step, counts = state["minutes"], state["step"], state["counts"]
    batches = Batches(work, seed + step)
    teacher = load_teacher(torch.bfloat16)
    with (folder / "losses.jsonl").open("a", encoding="utf-8") as stream:
        record = Record(stream)
        record.pieces, record.examples = counts
        clock.started = time.monotonic()
        step = loop(folder, student, teacher, batches, clock, record, step)
    save(folder, student, clock, step, (record.pieces, record.examples))
    (folder / "done").touch()


def loop(
    folder: Path,
    student: Student,
    teacher: BodyEncoder,
    batches: Batches,
    clock: Clock,
    record: Record,
    step: int,
) -> int:
    """Train until the time is up; return the number of the last step."""
    bank = Bank()
    saved = clock.elapsed()
    while clock.elapsed() < clock.minutes:
        batch = batches.draw()
        record.add(batch, *train_step(student, teacher, bank, batch, clock.rate()))
        step += 1
        if step % LOG_STEPS == 0:
            record.write(step, clock.elapsed())
        if clock.elapsed() - saved > CHECKPOINT_MINUTES:
            save(folder, student, clock, step, (record.pieces, record.examples))
            saved = clock.elapsed()
    return step
