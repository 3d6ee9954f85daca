"""The model of the ingest pipeline: what it says where the answer is known, and what it is fed with."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import simpy

from benchmarks.pipeline.cores import Cores
from benchmarks.pipeline.measuring import measure
from benchmarks.pipeline.model import Plan, repeated, simulate, without
from benchmarks.pipeline.paced_embedder import PacedEmbedder
from benchmarks.pipeline.projection import Capacity, projected, projections
from benchmarks.pipeline.recording import recorded
from benchmarks.pipeline.setups import CONTROLS, SETUPS, Setup, foretold
from benchmarks.pipeline.trace import EncoderSpeed, FileWork, Trace
from benchmarks.scale_sim import tables
from encoder.checkpoint import BUILTIN, resolve
from encoder.device import place
from encoder.embedder import TransformerEmbedder

FILE = FileWork("a.txt", 0.1, 0.0, 0.2, ((500, 2), (300, 1)), 0.03, 0.01)
NOTHING: dict[str, Any] = {"parse": 0.0, "cut": 0.0, "store": 0.0, "store_wait": 0.0}
SPEED = EncoderSpeed(0.0, 0.0, 0.001, 1.0)


def trace_of(*files: FileWork) -> Trace:
    return Trace(files, {"1": SPEED, "2": replace(SPEED, a_token=0.0005, threads=2.0)}, 0, 0, {}, 0, 0, 0, 0)


def seconds(files: list[FileWork], plan: Plan) -> float:
    return simulate(trace_of(*files), files, plan).seconds


def ends(cores: float, *jobs: tuple[float, float, bool]) -> list[float]:
    """When jobs of so many seconds, threads, interpreted or not, end that begin at once."""
    env = simpy.Environment()
    shared = Cores(env, cores)
    found: dict[int, float] = {}

    def wait(number: int, done: simpy.Event) -> Generator[simpy.Event, Any, None]:
        yield done
        found[number] = env.now

    for number, (work, threads, interpreted) in enumerate(jobs):
        env.process(wait(number, shared.work(work, threads=threads, interpreted=interpreted)))
    env.run()
    return [found[number] for number in range(len(jobs))]


@pytest.mark.parametrize(
    ("cores", "jobs", "expected"),
    [
        pytest.param(1, [(1, 1, False), (1, 1, False)], [2, 2], id="two threads on one core"),
        pytest.param(2, [(1, 1, False), (1, 1, False)], [1, 1], id="on two cores"),
        pytest.param(2, [(1, 1, True), (1, 1, True)], [2, 2], id="both interpreted"),
        pytest.param(2, [(1, 1, True), (1, 1, False)], [1, 1], id="one interpreted"),
        pytest.param(2, [(1, 2, False), (1, 1, False)], [1.5, 1.5], id="three threads"),
        pytest.param(1, [(1, 1, False), (3, 1, False)], [2, 4], id="the rest alone"),
        pytest.param(3, [(1, 2, False), (2, 2, False)], [4 / 3, 7 / 3], id="what is left over"),
    ],
)
def test_cores_are_shared_out_evenly(
    cores: float, jobs: list[tuple[float, float, bool]], expected: list[float]
) -> None:
    assert ends(cores, *jobs) == pytest.approx(expected)


def test_a_single_stage_takes_its_own_time() -> None:
    alone = replace(FILE, **NOTHING)
    assert seconds([alone] * 5, Plan(SPEED, 8_000)) == pytest.approx(5 * 0.8)
    assert seconds([replace(alone, store=0.5)] * 5, Plan(EncoderSpeed(0, 0, 0, 1), 800)) == pytest.approx(2.5)
    device = Plan(SPEED, 8_000, cores=1, waits=True)
    # A device needs no core; a batch is known to be full when the next document is cut.
    cut = [replace(alone, cut=0.8)] * 4
    assert seconds(cut, replace(device, batch_tokens=800)) == pytest.approx(4 * 0.8 + 2 * 0.8)


def test_stages_overlap_but_what_embeds_also_stores() -> None:
    slow_store = [replace(FILE, **NOTHING | {"store": 0.8})] * 10
    one_machine = seconds(slow_store, Plan(SPEED, 800, cores=4))
    apart = seconds(slow_store, Plan(SPEED, 800, cores=4, committers=1))
    assert one_machine == pytest.approx(10 * 1.6)
    assert apart == pytest.approx(11 * 0.8)
    two = seconds(slow_store, Plan(SPEED, 800, encoders=2, readers=2, committers=2))
    assert two == pytest.approx(5 * 0.8 + 0.8, rel=0.01)


def test_what_is_new_is_published_now_and_then_and_at_the_end() -> None:
    trace = replace(trace_of(replace(FILE, **NOTHING)), publish=0.1)
    plan = Plan(EncoderSpeed(0, 0, 0, 1), 800, publish_every=6)
    outcome = simulate(trace, trace.files * 5, plan)
    assert outcome.busy["publish"] == pytest.approx(15 * 0.1)
    assert outcome.seconds == pytest.approx(1.5)
    assert "publish" not in simulate(trace, trace.files, replace(plan, publish_every=None)).busy


def test_a_full_queue_holds_the_reader_back() -> None:
    outcome = simulate(
        trace_of(FILE),
        repeated([replace(FILE, **NOTHING)]),
        Plan(SPEED, 800, until=100.0),
    )
    assert outcome.tokens_per_second(100.0) == pytest.approx(1_000, rel=0.02)
    assert outcome.passages == 3 * outcome.tokens / 800


def test_a_network_and_a_commit_of_many_documents() -> None:
    plan = Plan(EncoderSpeed(0, 0, 0, 1), 800, committers=1, passage_bytes=1_000, network=3_000)
    files = [replace(FILE, **NOTHING)] * 6
    assert seconds(files, plan) == pytest.approx(6.0)
    waiting = [replace(file, store_wait=1.0) for file in files]
    fast = replace(plan, network=float("inf"))
    assert seconds(waiting, fast) == pytest.approx(6.0)
    assert seconds(waiting, replace(fast, documents_a_commit=3)) == pytest.approx(2.0)


@pytest.mark.parametrize("stage", CONTROLS)
def test_a_model_without_a_stage_that_matters_misses(stage: str) -> None:
    heavy = {"parse": "parse", "cut": "cut", "store": "store"}[stage]
    trace = trace_of(*[replace(FILE, **NOTHING | {heavy: 2.0})] * 8)
    plan = Plan(SPEED, 800, cores=2)
    whole = simulate(trace, trace.files, plan).seconds
    lacking = without(trace, stage)
    assert simulate(lacking, lacking.files, plan).seconds < 0.6 * whole


def test_what_saturates_is_named() -> None:
    windows = ((500, 2),) * 64
    trace = trace_of(*[replace(FILE, parse=0.2, cut=0.4, store=0.1, store_wait=0.1, windows=windows)] * 4)
    capacity = Capacity.of(trace)
    assert capacity.cutter == pytest.approx(80_000)
    assert capacity.committer == pytest.approx(160_000)
    found = projections(trace, (1, 8), documents=600)
    by_name = {(one.gpus, one.name): one for one in found}
    assert by_name[8, "one committer"].full.startswith("store")
    assert by_name[8, "half the readers"].full.startswith(("cut", "parse"))
    assert by_name[8, "enough of all"].full.startswith("encode")
    assert by_name[8, "enough of all"].share > 0.9
    assert by_name[8, "one committer"].tokens_per_second == pytest.approx(capacity.committer, rel=0.05)


def test_a_real_ingest_is_traced_and_foretold(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "a.txt").write_text("The baker opens his shop at five. " * 150, encoding="utf-8")
    (tree / "b.md").write_text("# Trains\n\n" + "A train leaves at nine. " * 60, encoding="utf-8")
    embedder = TransformerEmbedder(resolve(BUILTIN), place("cpu"))
    trace, tokens = measure(tree, embedder, (1,))
    assert Trace.of(asdict(trace)) == trace
    assert [file.path for file in trace.files] == ["a.txt", "b.md"]
    assert all(file.parse > 0 and file.cut > 0 and file.store > 0 for file in trace.files)
    paced = PacedEmbedder(embedder, tokens, tokens_per_second=1e6, batch_tokens=600)
    recording = recorded(tree, tmp_path / "paced", paced)
    assert sum(len(batch) for batch in recording.batches) == sum(len(file.windows) for file in trace.files)
    validations = [
        foretold(replace(setup, threads=1), trace, (recording.seconds,), 0.0)
        for setup in (SETUPS[0], Setup("paced", pace=1e6, batch_tokens=600))
    ]
    assert all(one.simulated > 0 for one in validations)
    shown = tables(trace, validations, [projected(trace, "one", Plan(SPEED, 800), documents=50)])
    assert [len(table.rows) for table in shown[1:]] == [2, 1 + len(CONTROLS) + 1, 1]
