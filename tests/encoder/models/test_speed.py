from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from encoder.device import NumberFormat
from encoder.models import speed
from encoder.models.registry import Kind, KnownModel, Shape, known_model, known_models
from encoder.models.speed import tokens_per_second

TINY = Shape(
    layers=4, hidden=64, intermediate=128, heads=4, kv_heads=2, head_dim=16, vocabulary=100, gated=True,
    sliding_window=32, full_layers=1,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "SECONDS", 0.05)


@pytest.mark.parametrize(
    "model",
    [model for model in known_models().values() if model.kind is Kind.EMBEDDER],
    ids=lambda model: model.name,
)
def test_every_known_network_can_be_measured_without_weights(model: KnownModel, tmp_path: Path) -> None:
    kv_heads = 4 if model.shape.kv_heads == model.shape.heads else 2
    small = replace(model, name="small", repository="x/y", shape=replace(TINY, kv_heads=kv_heads))
    alike = replace(small.shape, positions=model.shape.positions, static=min(model.shape.static, 8))
    small = replace(small, shape=alike)
    measured = tokens_per_second(small, NumberFormat.FLOAT32, tmp_path, "cpu")
    assert measured is not None
    assert measured > 0


def test_twice_the_layers_take_about_twice_as_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "_per_second", lambda _act, _placement: 1.0)
    model = replace(known_model("bidirlm-270m"), shape=TINY)
    deeper = replace(model, shape=replace(TINY, layers=8))
    first, second = (
        tokens_per_second(each, NumberFormat.FLOAT32, tmp_path, "cpu") for each in (model, deeper)
    )
    assert first == 2 * 512 * 2 / 4
    assert second == 2 * 512 * 2 / 8


def test_the_weights_that_are_carried_are_measured_themselves(tmp_path: Path) -> None:
    measured = tokens_per_second(known_model("builtin"), NumberFormat.FLOAT32, tmp_path, "cpu")
    assert measured is not None
    assert measured > 100
