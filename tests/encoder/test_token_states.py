"""A vector taken apart: states of tokens make it again, and shares of tokens make its cosines."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from encoder.checkpoint import BUILTIN, Checkpoint, Pooling, resolve
from encoder.device import Placement
from encoder.embedder import TransformerEmbedder
from encoder.interface import PoolingEmbedder, Window

FLOAT32 = Placement((torch.device("cpu"),), torch.float32, "for exact comparison", max_batch_tokens=300)
TEXTS = ["The baker opens his shop at five.", "面包师每天早上五点开店。", "x", "Bäcker 🥐 früh " * 120]
DENSE = {"bias": False, "activation_function": "torch.nn.modules.linear.Identity"}


def dense(folder: Path, **settings: object) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(DENSE | settings), encoding="utf-8")
    weights = {"linear.weight": torch.randn(48, 64, generator=torch.Generator().manual_seed(3))}
    bias = {"linear.bias": torch.full((48,), 0.5)} if settings.get("bias") else {}
    save_file(weights | bias, folder / "model.safetensors")
    return folder


@pytest.fixture(params=["builtin", "builtin, prompt aside", "prompt pooled", "prompt aside", "dense"])
def embedder(request: pytest.FixtureRequest, gemma_folder: Path, tmp_path: Path) -> TransformerEmbedder:
    """One encoder for each way in which a vector may be made of a mean."""
    gemma = replace(resolve(str(gemma_folder)), passage_prompt="passage: ", query_prompt="query: ")
    checkpoints: dict[str, Callable[[], Checkpoint]] = {
        "builtin": lambda: resolve(BUILTIN),
        "builtin, prompt aside": lambda: replace(
            resolve(BUILTIN), passage_prompt="passage: ", query_prompt="query: ", pools_prompt=False
        ),
        "prompt pooled": lambda: replace(gemma, pools_prompt=True),
        "prompt aside": lambda: replace(gemma, pools_prompt=False),
        "dense": lambda: replace(gemma, heads=(dense(tmp_path / "2_Dense"),)),
    }
    return TransformerEmbedder(checkpoints[request.param](), FLOAT32)


def test_states_make_the_vectors_again(embedder: TransformerEmbedder) -> None:
    assert isinstance(embedder, PoolingEmbedder)
    assert embedder.pools_tokens
    passages = embedder.embed_passages([Window(text, ((0, len(text)),)) for text in TEXTS])
    queries = embedder.embed_queries(TEXTS)
    for query, expected in ((False, passages), (True, queries)):
        states = embedder.token_states(TEXTS, query=query)
        means = np.array([one.mean for one in states])
        assert np.abs(embedder.pooled_vectors(means) - expected).max() < 1e-5
        assert all(len(one.states) == len(one.spans) for one in states)
        assert states[0].spans.tolist() == embedder.token_spans(TEXTS[0]).tolist()


def test_the_shares_of_tokens_sum_to_the_cosine(embedder: TransformerEmbedder) -> None:
    queries = embedder.embed_queries(["when does the bakery open", "冰"])
    vectors = embedder.embed_passages([Window(text, ((0, len(text)),)) for text in TEXTS])
    for states, vector in zip(embedder.token_states(TEXTS), vectors, strict=True):
        for query in queries:
            direction = embedder.direction(query, states.mean)
            assert direction is not None
            shares = states.states @ direction / states.pooled
            rest = states.beside @ direction / states.pooled
            assert float(shares.sum() + rest) == pytest.approx(float(query @ vector), abs=1e-4)


@pytest.mark.parametrize(
    "settings", [{"bias": True}, {"activation_function": "torch.nn.modules.activation.Tanh"}]
)
def test_there_are_no_shares_of_what_is_no_sum(
    gemma_folder: Path, tmp_path: Path, settings: dict[str, object]
) -> None:
    checkpoint = replace(resolve(str(gemma_folder)), heads=(dense(tmp_path / "2_Dense", **settings),))
    embedder = TransformerEmbedder(checkpoint, FLOAT32)
    [states], [query] = embedder.token_states(["snow"]), embedder.embed_queries(["ice"])
    assert embedder.direction(query, states.mean) is None


def test_an_encoder_that_pools_otherwise_says_so(gemma_folder: Path) -> None:
    checkpoint = replace(resolve(str(gemma_folder)), pooling=Pooling.LAST)
    embedder = TransformerEmbedder(checkpoint, FLOAT32)
    assert not embedder.pools_tokens
    assert embedder.direction(np.ones(64, np.float32), np.ones(64, np.float32)) is None


def test_a_state_does_not_depend_on_what_is_read_with_it() -> None:
    """In bfloat16 a batch shows in the last bits; an engine that stays would answer by what it was asked."""
    placement = Placement((torch.device("cpu"),), torch.bfloat16, "where it shows", max_batch_tokens=2_000)
    first, second = (TransformerEmbedder(resolve(BUILTIN), placement) for _ in range(2))
    texts = [f"{number} bakers open their shops at five. " * (3 + number) for number in range(7)]
    together = first.token_states(texts)
    for text, states in reversed(list(zip(texts, together, strict=True))):
        [alone] = second.token_states([text])
        np.testing.assert_array_equal(alone.states, states.states)
