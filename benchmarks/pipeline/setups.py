"""Real ingests that the model has to foretell: several encoders, batches and trees."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import torch

from benchmarks.machine_clock import MachineClock
from benchmarks.pipeline.measuring import Tokens
from benchmarks.pipeline.model import Plan, simulate, without
from benchmarks.pipeline.paced_embedder import PacedEmbedder
from benchmarks.pipeline.recording import recorded
from benchmarks.pipeline.trace import EncoderSpeed, Trace
from benchmarks.report import say
from encoder.embedder import TransformerEmbedder

CONTROLS = ("parse", "cut", "store")
"""Stages that are left out, one in each control."""


@dataclass(frozen=True, slots=True)
class Setup:
    """One way to ingest."""

    name: str
    suffixes: tuple[str, ...] = ()
    """Of the files; none: all files."""
    threads: int = 2
    batch_tokens: int = 8_192
    pace: float | None = None
    """Tokens a second of an encoder that computes nothing here; None: the built-in encoder."""


SETUPS = (
    Setup("built-in, 2 threads"),
    Setup("built-in, 1 thread", threads=1),
    Setup("built-in, batches of 1,024 tokens", batch_tokens=1_024),
    Setup("built-in, PDF files", suffixes=(".pdf",)),
    Setup("built-in, text and Markdown", suffixes=(".txt", ".md")),
    Setup("a device at 20,000 tokens/s", pace=20_000),
    Setup("a device at 100,000 tokens/s", pace=100_000),
    Setup("a device at 375,000 tokens/s, batches of 65,536", pace=375_000, batch_tokens=65_536),
    Setup("the same, PDF files", suffixes=(".pdf",), pace=375_000, batch_tokens=65_536),
)


@dataclass(frozen=True, slots=True)
class Validation:
    """What an ingest took, and what was foretold."""

    setup: str
    measured: tuple[float, ...]
    """Seconds, each time."""
    others: float
    """Cores that other processes kept busy meanwhile."""
    simulated: float
    controls: dict[str, float]
    """Seconds foretold by models that lack something."""

    @property
    def seconds(self) -> float:
        """The median."""
        return median(self.measured)

    def error(self, foretold: float) -> float:
        """By which share of the measured time it is too long."""
        return foretold / self.seconds - 1


def validated(
    setup: Setup, tree: Path, trace: Trace, tokens: Tokens, embedder: TransformerEmbedder, repeats: int
) -> Validation:
    """Ingest for real, so many times, and in the model."""
    say(setup.name)
    torch.set_num_threads(setup.threads)
    files = trace.only(setup.suffixes)
    encoder = (
        PacedEmbedder(embedder, tokens, tokens_per_second=setup.pace, batch_tokens=setup.batch_tokens)
        if setup.pace
        else embedder
    )
    clock = MachineClock()
    with TemporaryDirectory() as name:
        part = copied(tree, [file.path for file in files], Path(name, "tree"))
        measured = tuple(
            recorded(part, Path(name, f"index-{number}"), encoder, setup.batch_tokens).seconds
            for number in range(repeats)
        )
    others = clock.others()
    return foretold(setup, trace, measured, others)


def foretold(setup: Setup, trace: Trace, measured: tuple[float, ...], others: float) -> Validation:
    """Simulate what was measured on what other processes left of the cores."""
    plan = plan_of(setup, trace, max((os.cpu_count() or 1) - others, 0.1))
    simulated = simulate(trace, trace.only(setup.suffixes), plan).seconds
    controls = {}
    for stage in CONTROLS:
        lacking = without(trace, stage)
        controls[f"no {stage}"] = simulate(lacking, lacking.only(setup.suffixes), plan).seconds
    free = plan_of(setup, trace, None)
    controls["cores without end"] = simulate(trace, trace.only(setup.suffixes), free).seconds
    return Validation(setup.name, measured, others, simulated, controls)


def plan_of(setup: Setup, trace: Trace, cores: float | None) -> Plan:
    """Say what is simulated of a setup."""
    speed = EncoderSpeed(0.0, 0.0, 1 / setup.pace, 0.0) if setup.pace else trace.encoders[str(setup.threads)]
    return Plan(speed, setup.batch_tokens, cores=cores, waits=setup.pace is not None)


def copied(tree: Path, paths: list[str], folder: Path) -> Path:
    """Make a folder with copies of some files of `tree`."""
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes((tree / path).read_bytes())
    return folder
