"""The distillation: the student's vector of a text in any language is drawn to the teacher's of its English.

Three terms: the cosine to the target; the cross-entropy between how the teacher and how the student compare
the target with the other texts of this batch and of the last ones, which stay true since the teacher never
changes (its nearest wrong texts weigh most, so they are the hard negatives); and, piece by piece, the cosine
to the teacher's vectors of the pieces that mean the same. Several rounds, each from the weights of the last,
each with a rate that rises and falls anew.
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

from training.alignment import Alignment
from training.batches import Batch, Batches
from training.body import Packed, means, pack
from training.encoders import BodyEncoder, load_teacher
from training.progress import bar
from training.student import Student, load_student

LOG = logging.getLogger("training.distil")
TEMPERATURE = 0.05
COSINE_WEIGHT = 10.0
PIECE_WEIGHT = 5.0
BANK = 16_384
WARM_UP = 0.02
LOG_STEPS = 20
CHECKPOINT_MINUTES = 10.0
BODY_RATE = 2e-4
PIECE_RATE = 4e-3


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

    def add(self, batch: Batch, cosine: Tensor, entropy: Tensor, pieces: Tensor) -> None:
        """Take the values of one step."""
        english = torch.from_numpy(batch.is_english)
        other = ~english & torch.from_numpy(batch.is_same)
        for name, rows in (("en", english), ("other", other)):
            if rows.any():
                self._values[f"cosine {batch.kind} {name}"].append(float(cosine[rows].mean()))
        self._values[f"entropy {batch.kind}"].append(float(entropy.mean()))
        self._values[f"pieces {batch.kind}"].append(float(pieces))
        self.pieces += sum(map(len, batch.student))
        self.examples += len(batch.student)

    def write(self, number: int, step: int, minutes: float) -> None:
        """Write the means since the last line of a round."""
        means = {name: round(float(np.mean(values)), 4) for name, values in sorted(self._values.items())}
        line = {
            "round": number,
            "step": step,
            "minutes": round(minutes, 2),
            "pieces": self.pieces,
            "examples": self.examples,
            **means,
        }
        self._stream.write(json.dumps(line) + "\n")
        self._stream.flush()
        speed = self.pieces / (minutes * 60)
        LOG.info("round %d, step %d, %.1f min, %.0f pieces/s, %s", number, step, minutes, speed, means)
        self._values.clear()


@dataclass(frozen=True, slots=True)
class Teacher:
    """What the student is drawn to."""

    encoder: BodyEncoder
    alignment: Alignment
    bank: Bank

    def read(self, batch: Batch) -> tuple[Packed, Tensor, Tensor]:
        """Return the packed texts, the last layer over them, (pieces, D), and their unit vectors, (U, D)."""
        packed = pack(batch.teacher)
        last = self.encoder.states(packed)
        return packed, last, in_order(means(last, packed), packed)


def in_order(vectors: Tensor, packed: Packed) -> Tensor:
    """Return the unit vectors of packed sequences in the order in which they were given: (B, D)."""
    return normalize(vectors, dim=1)[torch.from_numpy(np.argsort(packed.order))]


def train_step(
    student: Student, teacher: Teacher, batch: Batch, rate: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Take one step; return cosines and cross-entropies, (B,) float32, and the pieces' loss."""
    texts, meant, targets = teacher.read(batch)
    packed = pack(batch.student)
    last = student.states(packed)
    vectors = in_order(means(last, packed), packed)
    loss, cosine, entropy = losses(vectors, targets, teacher.bank.extended(targets), batch)
    pieces = teacher.alignment.targets(batch, packed, texts, meant).loss(last)
    (loss + PIECE_WEIGHT * pieces).backward()  # type: ignore[no-untyped-call]
    student.step(BODY_RATE * rate, PIECE_RATE * rate)
    return cosine, entropy, pieces.detach()


@dataclass(slots=True)
class Round:
    """One round of training under way."""

    number: int
    folder: Path
    student: Student
    teacher: Teacher
    batches: Batches
    clock: Clock
    record: Record
    step: int = 0

    def save(self) -> None:
        """Write a checkpoint to go on from, and the weights as they are."""
        state = {
            "round": self.number,
            "student": self.student.state(),
            "minutes": self.clock.elapsed(),
            "step": self.step,
            "counts": (self.record.pieces, self.record.examples),
        }
        partial = self.folder / "checkpoint.partial"
        torch.save(state, partial)
        partial.replace(self.folder / "checkpoint.pt")
        weights = {name: value.contiguous() for name, value in self.student.weights().items()}
        save_file(weights, self.folder / "model.partial")
        (self.folder / "model.partial").replace(self.folder / "model.safetensors")

    def resume(self) -> None:
        """Go on from the checkpoint, if it is one of this round."""
        path = self.folder / "checkpoint.pt"
        if path.exists() and (state := torch.load(path)).get("round") == self.number:
            self.student.restore(state["student"])
            self.clock.spent, self.step = state["minutes"], state["step"]
            self.record.pieces, self.record.examples = state["counts"]

    def run(self) -> None:
        """Train until the time is up."""
        self.clock.started = time.monotonic()
        saved = shown = self.clock.elapsed()
        with bar(self.clock.minutes, "minutes", f"distil {self.number}") as progress:
            progress.update(shown)
            while self.clock.elapsed() < self.clock.minutes:
                batch = self.batches.draw()
                self.record.add(batch, *train_step(self.student, self.teacher, batch, self.clock.rate()))
                self.step += 1
                now = self.clock.elapsed()
                progress.update(now - shown)
                shown = now
                if self.step % LOG_STEPS == 0:
                    self.record.write(self.number, self.step, now)
                if now - saved > CHECKPOINT_MINUTES:
                    self.save()
                    saved = now
        self.save()


def finished_rounds(folder: Path) -> int:
    """Return how many rounds are done."""
    path = folder / "done.json"
    return int(json.loads(path.read_text())["rounds"]) if path.exists() else 0


def distil(work: Path, rounds: int, minutes: float, threads: int, seed: int) -> None:
    """Train so many rounds of so many minutes of wall time; rounds that are done are not done again."""
    folder = work / "distil"
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(threads)
    for number in range(finished_rounds(folder) + 1, rounds + 1):
        start = folder if number > 1 else work / "transplant"
        with (folder / "losses.jsonl").open("a", encoding="utf-8") as stream:
            current = Round(
                number,
                folder,
                load_student(start / "model.safetensors", BODY_RATE),
                Teacher(load_teacher(torch.bfloat16), Alignment.of_stage(work / "static"), Bank()),
                Batches(work, seed + number),
                Clock(minutes),
                Record(stream),
            )
            current.resume()
            if current.step:
                current.batches.reseed(seed + number + 1000 * current.step)
            current.run()
        (folder / "done.json").write_text(json.dumps({"rounds": number}))
