"""Cost curves: laws that are known, and acts on a small real index."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from benchmarks.cost_curves import ON_ONE_INDEX
from benchmarks.costs.acts import ACTS, Cost, Task, memory_mib, timed
from benchmarks.costs.collection import Collection, write_vectors
from benchmarks.costs.curves import Sample, laws, tables
from benchmarks.costs.power_law import fitted, local_exponents
from index_data.checking import check
from index_data.index import Index

SENTENCES = {
    "en": ["The baker opens his shop at five.", "Rain fell all night.", "A train leaves at nine."],
    "ja": ["パン屋は朝五時に店を開ける。", "一晩中雨が降っていた。", "列車は九時に出発する。"],
}


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    real = np.random.default_rng(1).standard_normal((40, 32)).astype(np.float32)
    write_vectors(real / np.linalg.norm(real, axis=1, keepdims=True), 200, tmp_path / "vectors")
    return Collection(SENTENCES, tmp_path / "vectors", 32, 120)


def test_a_known_law_is_found_with_its_error() -> None:
    sizes = [1_000, 10_000, 100_000] * 3
    exact = fitted(sizes, [2 * size**0.5 for size in sizes])
    assert exact.exponent == pytest.approx(0.5)
    assert exact.factor == pytest.approx(2)
    assert exact.within == pytest.approx(0, abs=1e-6)
    assert exact.at(10**6) == pytest.approx(2_000)
    dice = np.random.default_rng(0)
    noisy = fitted(sizes, [2 * size**0.5 * float(np.exp(dice.normal(0, 0.2))) for size in sizes])
    assert 0.01 < noisy.within < 0.2
    assert abs(noisy.exponent - 0.5) < noisy.within
    with pytest.raises(ValueError, match="three"):
        fitted([1, 2], [1, 2])


def test_a_bend_shows_between_sizes() -> None:
    bent = local_exponents({10: [1.0, 1.0], 100: [10.0], 1_000: [10.0, 10.0, 99.0]})
    assert bent == {(10, 100): pytest.approx(1), (100, 1_000): pytest.approx(0)}


def test_every_act_is_done_to_a_real_index(collection: Collection, tmp_path: Path) -> None:
    index = tmp_path / "index"
    task = Task(index, collection, 200, 0)
    for act in ("store", "publish"):
        assert ACTS[act](task).seconds > 0
    with Index.open(index) as opened:
        summary = opened.summary()
        assert (summary.documents, summary.passages) == (10, 200)
        assert set(summary.languages) == {"en", "ja"}
        assert [segment.passages for segment in summary.segments] == [200]
    for act in ON_ONE_INDEX:
        cost = ACTS[act](task)
        assert cost.seconds > 0
        assert cost.peak_mib >= cost.grown_mib >= 0
    assert check(index, full=True) == []
    assert check(tmp_path / "copy-0", full=True) == []
    with Index.open(index) as opened:
        # One of its own, and one of a hundred, which is at least one.
        assert opened.summary().documents == 8


def test_the_same_collection_each_time(collection: Collection) -> None:
    again: Collection = pickle.loads(pickle.dumps(collection))
    for one, other in zip(collection.documents(50), again.documents(50), strict=True):
        assert one[:2] == other[:2]
        np.testing.assert_array_equal(one[2], other[2])
    assert [len(passages) for _, passages, _ in collection.documents(50)] == [20, 20, 10]


def test_memory_that_an_act_takes_is_seen() -> None:
    before = memory_mib("VmRSS")
    kept: list[bytes] = []
    cost = timed(lambda: kept.append(b"\1" * (64 << 20)))
    assert cost.grown_mib >= 60
    assert cost.peak_mib >= before + 60
    assert timed(lambda: None).grown_mib < 10


def test_tables_show_medians_and_exponents() -> None:
    samples = [
        Sample(act, size, Cost(size / 1_000 * scale, size / 2_000, 100 + size / 100, size / 100))
        for act, scale in (("ingest", 10.0), ("store", 1.0), ("check", 0.1))
        for size in (1_000, 10_000, 100_000)
        for _ in range(2)
    ]
    assert laws(samples)["store"]["seconds"]["exponent"] == pytest.approx(1)
    shown = {table.title: table for table in tables(samples)}
    assert shown["Seconds"].rows[0] == ("store", "1.0000", "10.0000", "100.0000")
    assert shown["Seconds, whole ingest"].rows[0][0] == "ingest, whole"
    assert shown["Exponents of time"].rows[1][:2] == ("check", "1.00")
    assert shown["Exponents of time"].columns[3:] == ("1,000 to 10,000", "10,000 to 100,000")
