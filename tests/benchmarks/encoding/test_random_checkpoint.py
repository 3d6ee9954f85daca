"""Random checkpoints: the same vectors from Dragoman and from sentence-transformers."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from benchmarks.encoding.random_checkpoint import write_checkpoint
from encoder.checkpoint import resolve
from encoder.device import NumberFormat, place
from encoder.embedder import TransformerEmbedder
from encoder.interface import Window
from encoder.models.registry import Shape
from encoder.token_sequences import TokenSequencer

GEMMA = Shape(
    layers=6,
    hidden=32,
    intermediate=48,
    heads=2,
    kv_heads=1,
    head_dim=16,
    vocabulary=900,
    gated=True,
    sliding_window=8,
)
QWEN = replace(GEMMA, layers=2, sliding_window=0)
TEXTS = ["the river froze in winter", "снег лёг на 河川 " * 9]


def vectors(folder: Path) -> NDArray[np.float32]:
    embedder = TransformerEmbedder(resolve(str(folder)), place("cpu", NumberFormat.FLOAT32))
    return embedder.embed_passages([Window(text, ((0, len(text)),)) for text in TEXTS])


@pytest.mark.parametrize("shape", [GEMMA, QWEN])
def test_the_seed_decides(tmp_path: Path, shape: Shape) -> None:
    first, again, other = (
        vectors(write_checkpoint(tmp_path / name, shape, layers=shape.layers, seed=seed))
        for name, seed in (("first", 1), ("again", 1), ("other", 2))
    )
    assert (first == again).all()
    assert np.abs((first * other).sum(axis=1)).max() < 0.9


def test_sentence_transformers_agrees(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path, GEMMA, layers=6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.float32})
        expected = model.encode(TEXTS, normalize_embeddings=True)
    assert (vectors(folder) * expected).sum(axis=1).min() > 0.99999


def test_ids_have_rows(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path, GEMMA, layers=1)
    table = load_file(folder / "model.safetensors")["embed_tokens.weight"]
    sequencer = TokenSequencer(folder / "tokenizer.json")
    assert (sequencer.prefix, sequencer.suffix) == ([], [])
    assert max(ids.max() for ids, _ in sequencer.encode(TEXTS)) < len(table)
    assert table.dtype is torch.bfloat16
