"""A proof passes on what is right, and names what is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from benchmarks.encoding.proof import Proof, errors, tables, window_of
from benchmarks.encoding.token_vectors import FLOORS, Closeness, closeness, furthest
from benchmarks.parity import NETWORKS, prove_shape
from encoder.device import NumberFormat

EXACT = Closeness(1.0, 1.0)
FAR = Closeness(0.9, 0.5)


@pytest.fixture(scope="module", params=["small Gemma 3", "small Qwen 3"])
def proof(request: pytest.FixtureRequest) -> Proof:
    return prove_shape(NETWORKS[request.param], layers=6, lengths=(10, 700))


def test_closeness_sees_a_single_token() -> None:
    vectors = torch.randn(50, 8, generator=torch.Generator().manual_seed(1))
    assert closeness(vectors, vectors).reaches(Closeness(1 - 1e-9, 1 - 1e-9))
    turned = vectors.clone()
    turned[7] *= -1
    assert closeness(vectors, turned).least_token == pytest.approx(-1)
    assert closeness(vectors, 3 * vectors).pooled == pytest.approx(1)


def test_a_floor_holds_for_both_cosines() -> None:
    floor = FLOORS[NumberFormat.FLOAT32]
    assert EXACT.reaches(floor)
    assert not Closeness(1.0, 0.999).reaches(floor)
    assert not Closeness(0.999, 1.0).reaches(floor)
    assert furthest([EXACT, FAR]) == FAR


def test_our_networks_are_right_and_wrong_ones_are_seen(proof: Proof) -> None:
    assert list(proof.faults()) == []
    assert {"float32", "bfloat16", "int8", "transformers bfloat16"} == set(proof.against)
    assert all(not pairs[1].reaches(FLOORS[NumberFormat.FLOAT32]) for pairs in proof.controls.values())
    assert all(pair.pooled > 0.999 for pair in proof.company["bfloat16"].values())
    assert "700 tokens" in tables({"one": proof})[0].markdown()


def test_faults_are_named(proof: Proof) -> None:
    error = next(iter(proof.controls))
    for changed, name in (
        (replace(proof, against={"float32": [EXACT, FAR]}), "float32, 700 tokens"),
        (replace(proof, company={"bfloat16": {"packed": FAR}}), "bfloat16, packed"),
        (replace(proof, controls={error: [FAR, EXACT]}), f"{error} is not seen at 700 tokens"),
    ):
        [fault] = changed.faults()
        assert fault.startswith(name)


def test_errors_depend_on_whether_there_is_a_window() -> None:
    sliding = {"model_type": "bidirlm", "sliding_window": 512, "layer_types": ["sliding_attention"]}
    assert window_of(sliding) == 512
    assert [change["sliding_window"] for change in errors(sliding).values()] == [256, 1_024, 510]
    assert list(errors({"model_type": "qwen3", "sliding_window": None})) == ["causal"]
