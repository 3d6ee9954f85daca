"""What is done behind pooling: parts weigh the same, and a step that does not fit is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from encoder.checkpoint import BUILTIN, Checkpoint, resolve
from encoder.heads import heads_of
from index_data.errors import EncoderUnavailable


@pytest.fixture
def checkpoint() -> Checkpoint:
    return replace(resolve(BUILTIN), config={"model_type": "twofold", "hidden_size": 3, "static_size": 2})


def step(folder: Path, content: object) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def dense(folder: Path, weight: torch.Tensor) -> Path:
    save_file(
        {"linear.weight": weight},
        step(folder, {"activation_function": "torch.nn.modules.linear.Identity", "bias": False})
        / "model.safetensors",
    )
    return folder


def test_parts_have_length_1_and_nothing_stays_nothing(checkpoint: Checkpoint, tmp_path: Path) -> None:
    [head] = heads_of(replace(checkpoint, heads=(step(tmp_path / "parts", {"sizes": [3, 2]}),)))
    vectors = head(torch.tensor([[2.0, 0, 0, 3, 4], [0, 0, 0, 0, -5], [0, 0, 0, 0, 0]]))
    assert head.dimension == 5
    expected = torch.tensor([[1.0, 0, 0, 0.6, 0.8], [0, 0, 0, 0, -1], [0, 0, 0, 0, 0]])
    torch.testing.assert_close(vectors, expected)


def test_parts_of_tokens_have_shares(checkpoint: Checkpoint, tmp_path: Path) -> None:
    folder = step(tmp_path / "parts", {"sizes": [3, 2], "token_shares": [0.64, 0.36]})
    [head] = heads_of(replace(checkpoint, heads=(folder,)))
    pooled = torch.tensor([[2.0, 0, 0, 3, 4]])
    torch.testing.assert_close(head.for_tokens()(pooled), torch.tensor([[0.8, 0, 0, 0.36, 0.48]]))
    torch.testing.assert_close(head(pooled), torch.tensor([[1.0, 0, 0, 0.6, 0.8]]))


def test_steps_follow_each_other(checkpoint: Checkpoint, tmp_path: Path) -> None:
    folders = (
        dense(tmp_path / "dense", torch.eye(5)[:4]),
        step(tmp_path / "parts", {"sizes": [2, 2]}),
    )
    first, second = heads_of(replace(checkpoint, heads=folders))
    vectors = second(first(torch.tensor([[0.0, 2, 3, 4, 9]])))
    torch.testing.assert_close(vectors, torch.tensor([[0.0, 1, 0.6, 0.8]]))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ({"sizes": [3, 3]}, "vectors of 6 numbers, not of 5"),
        ({"sizes": [6, -1]}, r"no parts of sizes \[6, -1\]"),
        ({"sizes": [5.0]}, r"no parts of sizes \[5\.0\]"),
        ({"sizes": "5"}, "no parts of sizes 5"),
        ({"sizes": [3, 2], "token_shares": [1]}, r"no shares \[1\] of 2 parts"),
        ({"sizes": [3, 2], "token_shares": [1, -0.5]}, r"no shares \[1, -0\.5\] of 2 parts"),
        ({"sizes": [3, 2], "token_shares": [1, float("nan")]}, r"no shares \[1, nan\] of 2 parts"),
        ({}, "cannot be used"),
        ([5], "no object"),
    ],
)
def test_a_step_that_does_not_fit_is_refused(
    checkpoint: Checkpoint, tmp_path: Path, content: object, complaint: str
) -> None:
    with pytest.raises(EncoderUnavailable, match=complaint) as refusal:
        heads_of(replace(checkpoint, heads=(step(tmp_path / "step", content),)))
    assert str(tmp_path / "step") in refusal.value.message


def test_a_step_without_its_file_is_refused(checkpoint: Checkpoint, tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailable, match=r"config\.json"):
        heads_of(replace(checkpoint, heads=(tmp_path,)))


def test_a_dense_layer_for_other_vectors_is_refused(checkpoint: Checkpoint, tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailable, match="vectors of 4 numbers, not of 5"):
        heads_of(replace(checkpoint, heads=(dense(tmp_path / "dense", torch.eye(4)),)))
