"""The ingest pipeline in simulated time: the same queues, batches and order as in `ingest/ingester.py`."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from simpy import Environment, Event, Resource, Store

from benchmarks.pipeline.cores import Cores, OwnCores
from benchmarks.pipeline.trace import EncoderSpeed, FileWork, Trace
from ingest.parser import FILES_PER_CHILD
from ingest.pipeline import FILES_AHEAD, STEPS_AHEAD

Steps = Generator[Event, Any, None]
Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is simulated."""

    encoder: EncoderSpeed
    batch_tokens: int
    cores: float | None = None
    """Shared by all; None where each stage has its own."""
    waits: bool = False
    """The encoder needs no core of these: it is a device, or a server."""
    encoders: int = 1
    readers: int = 1
    """Each parses in one process and cuts in another."""
    committers: int = 0
    """Each stores what encoders send over the network; 0: the encoder stores by itself, as on one machine."""
    documents_a_commit: int = 1
    """So many wait for the disk at once."""
    publish_every: int | None = 20_000
    """Passages; None where another engine makes the index of the vectors."""
    network: float = float("inf")
    """Bytes a second to the committers."""
    passage_bytes: float = 0.0
    """On the network."""
    until: float | None = None
    """Seconds to simulate; None: until all files are stored."""


@dataclass(slots=True)
class Outcome:
    """What came of a simulation."""

    seconds: float = 0.0
    tokens: int = 0
    passages: int = 0
    busy: dict[str, float] = field(default_factory=dict)
    """Seconds that all of a stage were at work, waiting left out, in the time of `later_tokens`."""
    later_tokens: int = 0
    """Of these, stored in the second half of the time if it was broken off, else all."""

    def tokens_per_second(self, until: float) -> float:
        """How fast it was in the second half of so many seconds."""
        return self.later_tokens / (until / 2)


@dataclass(slots=True)
class _Document:
    work: FileWork
    left: int
    """Windows that are still to be embedded."""


@dataclass(slots=True)
class _Batch:
    windows: int = 0
    tokens: int = 0
    completed: list[_Document] = field(default_factory=list)
    begun: int = 0
    """Passages of the document that goes on in the next batch."""


def simulate(trace: Trace, files: Iterable[FileWork], plan: Plan) -> Outcome:
    """Send `files` through the pipeline."""
    return _Pipeline(trace, files, plan).run()


def without(trace: Trace, stage: str) -> Trace:
    """Return what `trace` would be if a stage took no time, for controls.

    Raises:
        KeyError: there is no such stage.
    """
    none: dict[str, Fields] = {
        "parse": {"parse": 0.0, "handover": 0.0},
        "cut": {"cut": 0.0},
        "store": {"store": 0.0, "store_wait": 0.0},
    }
    beside: Fields = {"child": 0.0, "kinds": {}} if stage == "parse" else {}
    return replace(trace, files=tuple(replace(file, **none[stage]) for file in trace.files), **beside)


class _Pipeline:
    def __init__(self, trace: Trace, files: Iterable[FileWork], plan: Plan) -> None:
        self._env = Environment()
        self._trace = trace
        self._files = iter(files)
        self._plan = plan
        self._cores = OwnCores(self._env) if plan.cores is None else Cores(self._env, plan.cores)
        self._ready = Store(self._env, capacity=STEPS_AHEAD)
        self._embedded = Store(self._env, capacity=STEPS_AHEAD)
        self._network = Resource(self._env)
        self._reading, self._encoding = plan.readers, plan.encoders
        self._unpublished = 0
        self._outcome = Outcome()

    def run(self) -> Outcome:
        ends = [self._env.process(self._encode()) for _ in range(self._plan.encoders)]
        ends += [self._env.process(self._commit()) for _ in range(self._plan.committers)]
        for _ in range(self._plan.readers):
            asked = Store(self._env)
            self._env.process(self._parse(asked))
            self._env.process(self._read(asked))
        self._env.run(until=self._plan.until or self._env.all_of(ends))
        self._outcome.seconds = self._env.now
        return self._outcome

    def _counts(self) -> bool:
        """Tell whether queues have filled: of a simulation that is broken off, the first half is left out."""
        return self._plan.until is None or self._env.now > self._plan.until / 2

    def _add(self, stage: str, seconds: float) -> None:
        if self._counts():
            self._outcome.busy[stage] = self._outcome.busy.get(stage, 0.0) + seconds

    def _work(self, stage: str, seconds: float, **manner: Any) -> Event:
        self._add(stage, seconds)
        return self._cores.work(seconds, **manner)

    def _parse(self, asked: Store) -> Steps:
        """One child after the other, and the thread here that takes its answers."""
        kinds: set[str] = set()
        parsed = 0
        while True:
            file, done = yield asked.get()
            start = 0.0 if parsed % FILES_PER_CHILD else self._trace.child
            if start:
                kinds.clear()
            if file.suffix not in kinds:
                start += self._trace.kinds.get(file.suffix, 0.0)
            kinds.add(file.suffix)
            parsed += 1
            yield self._work("parse", start + file.parse)
            yield self._work("parse", file.handover, interpreted=True)
            done.succeed()

    def _read(self, asked: Store) -> Steps:
        """Ask for files a little ahead, cut them, and fill batches."""
        yield self._env.timeout(self._trace.begin)
        waiting: deque[tuple[FileWork, Event]] = deque()
        batch = _Batch()
        for file in self._files:
            waiting.append((file, self._env.event()))
            asked.put(waiting[-1])
            if len(waiting) > FILES_AHEAD:
                batch = yield from self._cut(*waiting.popleft(), batch)
        while waiting:
            batch = yield from self._cut(*waiting.popleft(), batch)
        if batch.windows:
            yield self._ready.put(batch)
        self._reading -= 1
        if not self._reading:
            for _ in range(self._plan.encoders):
                yield self._ready.put(None)

    def _cut(self, file: FileWork, parsed: Event, batch: _Batch) -> Generator[Event, Any, _Batch]:
        yield parsed
        yield self._work("cut", file.cut, interpreted=True)
        document = _Document(file, len(file.windows))
        begun = 0
        for tokens, passages in file.windows:
            if batch.windows and batch.tokens + tokens > self._plan.batch_tokens:
                batch.begun = begun
                yield self._ready.put(batch)
                batch, begun = _Batch(), 0
            batch.windows += 1
            batch.tokens += tokens
            begun += passages
        batch.completed.append(document)
        return batch

    def _encode(self) -> Steps:
        """Embed batch after batch; on one machine, store what is complete."""
        speed, plan = self._plan.encoder, self._plan
        while (batch := (yield self._ready.get())) is not None:
            seconds = speed.seconds(batch.windows, batch.tokens)
            if plan.waits:
                self._add("encode", seconds)
                yield self._env.timeout(seconds)
            else:
                yield self._work("encode", seconds, threads=speed.threads)
            if plan.committers:
                yield from self._send(batch)
            else:
                yield from self._store(batch)
        if not plan.committers:
            yield from self._publish()
        self._encoding -= 1
        if not self._encoding:
            for _ in range(plan.committers):
                yield self._embedded.put(None)

    def _send(self, batch: _Batch) -> Steps:
        passages = sum(document.work.passages for document in batch.completed)
        with self._network.request() as turn:
            yield turn
            seconds = passages * self._plan.passage_bytes / self._plan.network
            self._add("network", seconds)
            yield self._env.timeout(seconds)
        yield self._embedded.put(batch)

    def _commit(self) -> Steps:
        while (batch := (yield self._embedded.get())) is not None:
            yield from self._store(batch)

    def _store(self, batch: _Batch) -> Steps:
        trace, plan = self._trace, self._plan
        for document in batch.completed:
            file = document.work
            yield self._work("store", file.store + trace.glue * file.passages, interpreted=True)
            wait = file.store_wait / plan.documents_a_commit
            self._add("store", wait)
            yield self._env.timeout(wait)
            self._note(file)
            self._unpublished += file.passages
            if plan.publish_every and self._unpublished >= plan.publish_every:
                yield from self._publish()
        if batch.begun and not plan.committers:
            yield self._work("store", trace.keep * batch.begun, interpreted=True)
            yield self._env.timeout(trace.keep_wait)

    def _publish(self) -> Steps:
        passages, self._unpublished = self._unpublished, 0
        if self._plan.publish_every:
            yield self._work("publish", passages * self._trace.publish)

    def _note(self, file: FileWork) -> None:
        self._outcome.tokens += file.tokens
        self._outcome.passages += file.passages
        if self._counts():
            self._outcome.later_tokens += file.tokens


def repeated(files: Sequence[FileWork]) -> Iterable[FileWork]:
    """Yield the same files over and over."""
    while True:
        yield from files
