"""Causal checkpoints small enough to make on the spot, and something to train them on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import Gemma3ForCausalLM, Gemma3TextConfig, Qwen3Config, Qwen3ForCausalLM

from encoder.checkpoint import Checkpoint
from tests.encoder.conftest import gemma_tokenizer
from training.adaptation.network import open_base

GEMMA: dict[str, Any] = {
    "vocab_size": 310,
    "hidden_size": 48,
    "intermediate_size": 96,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 24,
    "query_pre_attn_scalar": 24,
    "sliding_window": 8,
    "layer_types": ["sliding_attention", "sliding_attention", "full_attention"],
    "max_position_embeddings": 512,
}
QWEN: dict[str, Any] = {
    name: GEMMA[name]
    for name in GEMMA
    if name not in {"query_pre_attn_scalar", "sliding_window", "layer_types"}
} | {"tie_word_embeddings": True, "pad_token_id": 0}
WORDS = ["the", "river", "froze", "in", "winter", "снег", "лёг", "на", "河川", "query", "instruct"]


def write_causal(folder: Path, kind: str, **saving: Any) -> Path:
    """Write a causal model with its head, as models of its kind are published."""
    torch.manual_seed(7)
    network = (
        Gemma3ForCausalLM(Gemma3TextConfig(**GEMMA))
        if kind == "gemma3_text"
        else Qwen3ForCausalLM(Qwen3Config(**QWEN))
    )
    for name, weight in network.named_parameters():
        torch.nn.init.normal_(weight, mean=float(kind == "qwen3" and "norm" in name), std=0.15)
    network.save_pretrained(folder, **saving)
    gemma_tokenizer().save(str(folder / "tokenizer.json"))
    told = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "<pad>", "bos_token": "<bos>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


def in_bfloat16(folder: Path, target: Path) -> Path:
    """Copy a causal model, its weights halved in size."""
    shutil.copytree(folder, target)
    weights = load_file(folder / "model.safetensors")
    halved = {name: value.to(torch.bfloat16) for name, value in weights.items()}
    save_file(halved, target / "model.safetensors", metadata={"format": "pt"})
    return target


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Let sums come in one order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session", params=["gemma3_text", "qwen3"])
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write one causal model of each kind."""
    return write_causal(tmp_path_factory.mktemp("causal") / request.param, request.param)


@pytest.fixture(scope="session")
def gemma(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_causal(tmp_path_factory.mktemp("causal") / "gemma", "gemma3_text")


@pytest.fixture
def checkpoint(base: Path) -> Checkpoint:
    return open_base(base)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """Write texts of a few words each."""
    path = tmp_path / "text.txt"
    rows = [" ".join((WORDS * 3)[start : start + 9]) for start in range(11)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Write pairs of a few words each."""
    path = tmp_path / "pairs.tsv"
    rows = [f"{first} {second}\tthe {second} {first}" for first in WORDS[:4] for second in WORDS[4:8]]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path
