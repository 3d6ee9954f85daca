"""Engines in processes of their own, and what is made of their times."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.encoder_speed import (
    AS_IT_COMES,
    BEST_INT8,
    REFERENCE,
    Speed,
    Texts,
    aims,
    compare,
    fastest_batch,
)
from benchmarks.encoding.engines import Engine, EngineProcess, Run
from benchmarks.encoding.random_checkpoint import write_checkpoint
from encoder.checkpoint import resolve
from encoder.device import NumberFormat, place
from encoder.embedder import TransformerEmbedder
from encoder.models.registry import Shape

SHAPE = Shape(
    layers=2,
    hidden=32,
    intermediate=48,
    heads=2,
    kv_heads=1,
    head_dim=16,
    vocabulary=900,
    gated=True,
    sliding_window=8,
)
TEXTS = ["the river froze in winter", "snow"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("tiny"), SHAPE, layers=2)


def speed(tokens_per_second: float) -> Speed:
    return Speed(1, tokens_per_second, 0.01, 1.0, 1.0)


def test_an_engine_answers_from_its_own_process(folder: Path) -> None:
    here = TransformerEmbedder(resolve(str(folder)), place("cpu", NumberFormat.FLOAT32)).embed_queries(TEXTS)
    with EngineProcess(Engine("ours", "dragoman:float32"), folder, threads=1) as process:
        runs, vectors = process.embed(TEXTS, 0, times=3)
        assert fastest_batch(process, TEXTS, threads=1) == 0
    assert len(runs) == 3
    assert all(run.cpu > 0 and run.wall > 0 for run in runs)
    assert (vectors * here).sum(axis=1).min() > 0.99999


def test_an_engine_that_cannot_load_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ChildProcessError, match="ours"):
        EngineProcess(Engine("ours", "dragoman:float32"), tmp_path / "nothing", threads=1)


def test_the_reference_is_as_near_to_itself_as_can_be(folder: Path) -> None:
    engines = [Engine(REFERENCE, "dragoman:float32"), Engine("other", "dragoman:bfloat16")]
    speeds = compare(engines, folder, Texts(TEXTS, 7, {}, "snow"), threads=1, rounds=1)
    assert speeds[REFERENCE].least_cosine == pytest.approx(1, abs=1e-6)
    assert 0.99 < speeds["other"].least_cosine < speeds[REFERENCE].least_cosine
    assert np.isfinite([one.tokens_per_second for one in speeds.values()]).all()


def test_one_core_counts_cpu_time_and_more_the_clock() -> None:
    run = Run(wall=2.0, cpu=3.0)
    assert (run.seconds(1), run.seconds(2)) == (3.0, 2.0)


def test_aims_are_held_against_the_best_rival() -> None:
    speeds = {
        "Dragoman bfloat16": speed(400),
        "Dragoman int8": speed(600),
        REFERENCE: speed(200),
        AS_IT_COMES: speed(100),
    }
    without = list(aims(speeds, threads=2, share=0.5))
    assert [measured for _, _, measured in without] == ["4.00", "6.00", "2.00", "3.00"]
    rivals = speeds | {"OpenVINO int8": speed(500), "ONNX Runtime int8": speed(1000), "OpenVINO": speed(2000)}
    with_rivals = {name: measured for name, _, measured in aims(rivals, threads=1, share=0.5)}
    assert with_rivals[f"Dragoman int8, times {BEST_INT8}"] == "0.60"
    assert with_rivals["Dragoman int8, tokens/s, all layers"] == "300"
