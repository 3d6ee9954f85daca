from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from encoder.models.registry import Kind, KnownModel, known_model, known_models
from index_data.errors import EncoderUnavailable

MODELS = list(known_models().values())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_shape_holds_as_many_parameters_as_are_published(model: KnownModel) -> None:
    shape = model.shape
    counted = shape.layers * shape.layer_parameters + shape.table_parameters + shape.head_parameters
    assert counted == pytest.approx(model.parameters, rel=0.005)  # norms and biases are left out


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_an_entry_is_whole(model: KnownModel) -> None:
    assert model.pooling in {"mean", "cls", "last"}
    assert model.causal == (model.pooling == "last")
    assert model.usual_window == (264 if model.carried else 512) <= model.window
    assert model.licence
    assert model.languages
    assert model.carried == (model.name == "builtin") == (not model.revision)
    assert len(model.revision) in {0, 40}
    assert bool(model.shape.sliding_window) == bool(model.shape.full_layers)


def test_prompts_stand_as_published() -> None:
    models = known_models()
    assert {
        (model.query_prompt[-7:], model.passage_prompt) for model in MODELS if "bidirlm" in model.name
    } == {("\nQuery:", "")}
    assert models["bidirlm-1b"].query_prompt.startswith(
        "Instruct: Given a query, retrieve documents that answer the query.\n"
    )
    assert models["stella-400m"].query_prompt.endswith(".\nQuery: ")
    assert models["multilingual-e5-base"].query_prompt == "query: "
    assert models["multilingual-e5-base"].passage_prompt == "passage: "
    assert models["embeddinggemma-300m"].query_prompt == "task: search result | query: "
    assert models["embeddinggemma-300m"].passage_prompt == "title: none | text: "
    assert models["bge-m3"].query_prompt == models["builtin"].query_prompt == ""


def test_the_built_in_entry_is_that_of_its_folder() -> None:
    folder = Path(__file__).parents[3] / "encoder" / "builtin"
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    model = known_model("builtin")
    assert (model.architecture, model.dimension, model.window) == (
        config["model_type"],
        config["hidden_size"] + config["static_size"],
        config["max_position_embeddings"],
    )
    shape = model.shape
    assert (shape.layers, shape.hidden, shape.intermediate, shape.vocabulary, shape.static) == (
        config["num_hidden_layers"],
        config["hidden_size"],
        config["intermediate_size"],
        config["vocab_size"],
        config["static_size"],
    )


def test_the_docs_have_every_model() -> None:
    page = (Path(__file__).parents[3] / "docs" / "models.md").read_text(encoding="utf-8")
    for model in MODELS:
        name, place = re.escape(model.name), model.repository or "in the package"
        assert re.search(rf"\| `{name}` \| {place} \|.* {model.window:,} \|", page), model.name


def test_two_are_no_embedders() -> None:
    assert [model.name for model in MODELS if model.kind is Kind.RERANKER] == [
        "bge-reranker-v2-m3",
        "qwen3-reranker-0.6b",
    ]


@pytest.mark.parametrize(("typed", "meant"), [("bidirlm1b", "bidirlm-1b"), ("BGE-M3", "bge-m3")])
def test_an_unknown_name_is_told_the_nearest(typed: str, meant: str) -> None:
    with pytest.raises(EncoderUnavailable, match=f"no model is known as {typed}") as told:
        known_model(typed)
    assert f"Did you mean {meant}?" in told.value.remedy


def test_looking_up_loads_no_torch() -> None:
    program = (
        "import sys, encoder.models.fetch; from encoder.models.registry import known_models;"
        "known_models(); print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout
    assert {"torch", "numpy", "huggingface_hub", "tokenizers"} & set(loaded.split()) == set()
