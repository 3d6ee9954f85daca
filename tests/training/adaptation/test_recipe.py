"""The whole recipe, and the folder that it writes."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from sentence_transformers import SentenceTransformer

from encoder.checkpoint import resolve
from encoder.device import NumberFormat, place
from encoder.embedder import TransformerEmbedder
from encoder.interface import Window
from index_data.errors import UsageError
from tests.training.adaptation.conftest import in_bfloat16
from training.adapt import main
from training.adaptation.contrast import pooled
from training.adaptation.network import load, open_base
from training.adaptation.recipe import Adaptation, Recipe, Stage
from training.adaptation.sequences import Reader
from training.adaptation.stage import Length

TEXTS = ("the", "снег лёг на 河川", "the river froze in winter " * 6, "Instruct: the query")
PROMPT = "Query: the "
SHORT = Stage(Length(steps=3), 1e-3, 4)
EXACT = place("cpu", NumberFormat.FLOAT32)


@pytest.fixture
def recipe(text: Path, pairs: Path) -> Recipe:
    return Recipe((text,), (pairs,), SHORT, SHORT, warm_up=1, prompt=PROMPT, max_tokens=100)


def ours(folder: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    embedder = TransformerEmbedder(resolve(str(folder)), EXACT)
    windows = [Window(text, ((0, len(text)),)) for text in TEXTS]
    return embedder.embed_passages(windows), embedder.embed_queries(TEXTS)


def smallest_cosine(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    return float((first * second).sum(1).min())


def test_dragoman_and_sentence_transformers_read_the_folder_alike(
    base: Path, recipe: Recipe, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    Adaptation(base, recipe, tmp_path / "work", EXACT).write(out)
    passages, queries = ours(out)
    theirs = SentenceTransformer(str(out), device="cpu")
    assert smallest_cosine(passages, theirs.encode_document(list(TEXTS))) >= 0.9999
    assert smallest_cosine(queries, theirs.encode_query(list(TEXTS))) >= 0.9999
    # One by one nothing is filled up, and no mask is made that would hide a causal network.
    alone = np.stack([theirs.encode_document(text) for text in TEXTS])
    assert smallest_cosine(passages, alone) >= 0.9999
    assert smallest_cosine(passages, queries) < 0.999


def test_what_was_trained_is_what_is_read(base: Path, recipe: Recipe, tmp_path: Path) -> None:
    out = tmp_path / "out"
    Adaptation(base, recipe, tmp_path / "work", EXACT).write(out)
    written = open_base(out)
    reader = Reader(written, 100)
    with torch.inference_mode():
        vectors = pooled(load(written), reader.beginnings(TEXTS)).numpy()
    assert smallest_cosine(ours(out)[0], vectors) >= 0.9999
    causal = open_base(base, both_ways=False)
    with torch.inference_mode():
        untrained = pooled(load(causal), reader.beginnings(TEXTS)).numpy()
    assert smallest_cosine(ours(out)[0], untrained) < 0.99


def test_the_stored_window_is_handed_on(gemma: Path, recipe: Recipe, tmp_path: Path) -> None:
    for number in range(2):
        Adaptation(gemma, recipe, tmp_path / f"work{number}", EXACT).write(tmp_path / f"out{number}")
        gemma = tmp_path / f"out{number}"
    assert json.loads((gemma / "config.json").read_text(encoding="utf-8"))["sliding_window"] == 8


def test_half_of_a_merge_is_the_base(gemma: Path, recipe: Recipe, tmp_path: Path) -> None:
    weights = {}
    for share in (0.0, 0.5, 1.0):
        out = tmp_path / f"out{share}"
        told = replace(recipe, pairs=(), merge=share)
        Adaptation(gemma, told, tmp_path / f"work{share}", EXACT).write(out)
        weights[share] = load_file(out / "model.safetensors")
    moved = 0.0
    for name, value in load_file(gemma / "model.safetensors").items():
        short = name.removeprefix("model.")
        assert torch.equal(weights[0.0][short], value)
        assert torch.allclose(weights[0.5][short], (value + weights[1.0][short]) / 2, atol=1e-6)
        moved = max(moved, float((weights[1.0][short] - value).abs().max()))
    assert moved > 1e-3


def test_a_finished_stage_is_not_done_again(gemma: Path, recipe: Recipe, tmp_path: Path) -> None:
    adaptation = Adaptation(gemma, recipe, tmp_path / "work", EXACT)
    adaptation.write(tmp_path / "first")
    log = tmp_path / "work/prediction/losses.jsonl"
    before = log.read_bytes()
    Adaptation(gemma, recipe, tmp_path / "work", EXACT).write(tmp_path / "second")
    assert log.read_bytes() == before
    first, second = (load_file(tmp_path / name / "model.safetensors") for name in ("first", "second"))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_work_of_another_recipe_is_not_gone_on_with(gemma: Path, recipe: Recipe, tmp_path: Path) -> None:
    Adaptation(gemma, recipe, tmp_path / "work", EXACT)
    with pytest.raises(UsageError, match="other options"):
        Adaptation(gemma, replace(recipe, seed=43), tmp_path / "work", EXACT)


def test_a_folder_that_exists_is_left_alone(gemma: Path, recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="exists"):
        Adaptation(gemma, recipe, tmp_path / "work", EXACT).write(tmp_path)


def test_weights_keep_the_format_of_the_base(gemma: Path, recipe: Recipe, tmp_path: Path) -> None:
    half = in_bfloat16(gemma, tmp_path / "half")
    Adaptation(half, recipe, tmp_path / "work", EXACT).write(tmp_path / "out")
    weights = load_file(tmp_path / "out/model.safetensors")
    assert {value.dtype for value in weights.values()} == {torch.bfloat16}


def test_the_command_writes_an_encoder(
    gemma: Path, text: Path, pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    options = ["--out", str(out), "--text", str(text), "--pairs", str(pairs), "--device", "cpu"]
    options += ["--prediction-steps", "1", "--contrast-steps", "1", "--instruction", "Find it."]
    monkeypatch.setattr(sys, "argv", ["adapt", str(gemma), *options])
    main()
    assert resolve(str(out)).query_prompt == "Instruct: Find it.\nQuery:"
    with pytest.raises(SystemExit, match="exists"):
        main()
