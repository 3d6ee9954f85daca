"""The pipeline with 1, 8 and 64 devices: where it saturates, and what moves that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

from benchmarks.pipeline.model import Outcome, Plan, repeated, simulate
from benchmarks.pipeline.trace import EncoderSpeed, Trace
from benchmarks.plan.figures import LARGE, figures
from benchmarks.plan.formulas import sent_bytes

KNOWN = {letter: figure.value for letter, figure in figures().items()}
DEVICE_TOKENS = KNOWN["g"]
"""Tokens a second of BidirLM-1B on one H200: derived, not measured."""
DEVICE_BATCH = 65_536
"""Tokens of a call: two batches of the device."""
DOCUMENTS = 20_000
"""Simulated, about; those of the second half of the time count."""
CALLS = 40
"""Of each device, at least."""
GIGABIT = 125e6
"""Bytes a second."""
PROCESS_CORES = 16
"""Of the machine on which everything is one process."""
GPUS = (1, 8, 64)
AMPLE = 1.15
"""Times what capacities ask for: enough that queues do not run empty."""
BATCHED = 32
"""Documents of a transaction, where they are batched."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """Tokens a second that one worker of each stage gets through, never waiting."""

    parser: float
    cutter: float
    committer: float
    batched_committer: float
    """With the wait for the disk shared by `BATCHED` documents."""
    device: float = DEVICE_TOKENS

    @classmethod
    def of(cls, trace: Trace) -> Capacity:
        """Add up what the files took."""
        tokens = sum(file.tokens for file in trace.files)
        parse = sum(file.parse + file.handover for file in trace.files)
        glue = trace.glue * sum(file.passages for file in trace.files)
        computed = sum(file.store for file in trace.files) + glue
        wait = sum(file.store_wait for file in trace.files)
        return cls(
            parser=tokens / parse,
            cutter=tokens / sum(file.cut for file in trace.files),
            committer=tokens / (computed + wait),
            batched_committer=tokens / (computed + wait / BATCHED),
        )

    @property
    def reader(self) -> float:
        """Of a parser and a cutter side by side: the slower of them."""
        return min(self.parser, self.cutter)


@dataclass(frozen=True, slots=True)
class Projected:
    """What one arrangement gets through."""

    name: str
    gpus: int
    readers: int
    committers: int
    tokens_per_second: float
    passages_per_second: float
    full: str
    """The stage that never rests, and which share of the time."""

    @property
    def share(self) -> float:
        """Of what the devices could do."""
        return self.tokens_per_second / (self.gpus * DEVICE_TOKENS)


def projections(trace: Trace, gpus: Sequence[int] = GPUS, documents: int = DOCUMENTS) -> list[Projected]:
    """Simulate one process, and clusters in which now one stage and now another is too small."""
    plan = Plan(
        EncoderSpeed(0.0, 0.0, 1 / DEVICE_TOKENS, 0.0),
        DEVICE_BATCH,
        waits=True,
        passage_bytes=sent_bytes(KNOWN, LARGE),
    )
    found = [projected(trace, "one process, as it is", replace(plan, cores=PROCESS_CORES), documents)]
    apart = replace(plan, publish_every=None, network=10 * GIGABIT, committers=1)
    for count in gpus:
        found += [projected(trace, name, one, documents) for name, one in _arrangements(trace, apart, count)]
    return found


def _arrangements(trace: Trace, plan: Plan, gpus: int) -> Iterator[tuple[str, Plan]]:
    """From everything but the devices too small, to enough of all."""
    capacity = Capacity.of(trace)
    readers = ceil(AMPLE * gpus * DEVICE_TOKENS / capacity.reader)
    committers = ceil(AMPLE * gpus * DEVICE_TOKENS / capacity.committer)
    fewer = ceil(AMPLE * gpus * DEVICE_TOKENS / capacity.batched_committer)
    enough = replace(plan, encoders=gpus, readers=readers, committers=committers)
    yield "one committer", replace(enough, committers=1)
    yield (
        f"one committer, {BATCHED} documents a commit",
        replace(enough, committers=1, documents_a_commit=BATCHED),
    )
    yield "half the readers", replace(enough, readers=max(readers // 2, 1))
    yield "half the committers", replace(enough, committers=max(committers // 2, 1))
    yield "enough of all", enough
    yield (
        f"enough of all, {BATCHED} documents a commit",
        replace(enough, committers=fewer, documents_a_commit=BATCHED),
    )
    yield "enough of all, 1 Gbit/s", replace(enough, network=GIGABIT)


def projected(trace: Trace, name: str, plan: Plan, documents: int = DOCUMENTS) -> Projected:
    """Simulate one arrangement."""
    tokens = sum(file.tokens for file in trace.files) / len(trace.files)
    seconds = max(documents * tokens / plan.encoders, CALLS * DEVICE_BATCH) / DEVICE_TOKENS
    outcome = simulate(trace, repeated(trace.files), replace(plan, until=seconds))
    speed = outcome.tokens_per_second(seconds)
    a_token = outcome.passages / max(outcome.tokens, 1)
    return Projected(
        name, plan.encoders, plan.readers, plan.committers, speed, speed * a_token, _full(outcome, plan)
    )


def _full(outcome: Outcome, plan: Plan) -> str:
    workers = {
        "parse": plan.readers,
        "cut": plan.readers,
        "encode": plan.encoders,
        "network": 1,
        "store": plan.committers or plan.encoders,
    }
    shares = {stage: outcome.busy.get(stage, 0.0) / count for stage, count in workers.items()}
    most = max(shares, key=lambda stage: shares[stage])
    return f"{most} {min(shares[most] / (outcome.seconds / 2), 1.0):.0%}"
