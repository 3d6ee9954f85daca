"""Checkpoints small enough to make on the spot, in the layout in which real ones are published."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import Gemma3TextConfig, Gemma3TextModel

from encoder.checkpoint import BUILTIN, resolve
from training.export import write_plain

TINY_GEMMA: dict[str, Any] = {
    "model_type": "bidirlm",
    "vocab_size": 300,
    "hidden_size": 64,
    "intermediate_size": 160,
    "num_hidden_layers": 6,
    "num_attention_heads": 4,
    "num_key_value_heads": 1,
    "head_dim": 32,
    "query_pre_attn_scalar": 32,
    "rms_norm_eps": 1e-6,
    "sliding_window": 512,
    "max_position_embeddings": 32_768,
    "rope_theta": 1e6,
    "rope_local_base_freq": 1e4,
    "layer_types": ["sliding_attention"] * 5 + ["full_attention"],
    "hidden_activation": "gelu_pytorch_tanh",
    "use_bidirectional_attention": True,
    "pad_token_id": 0,
    "eos_token_id": 1,
    "bos_token_id": 2,
}
"""BidirLM's configuration with small numbers; its window is the real one."""


def gemma_reference(config: dict[str, Any]) -> Gemma3TextModel:
    """Build the network of transformers with random weights, wide enough apart for errors to show."""
    torch.manual_seed(11)
    known = {**config, "model_type": "gemma3_text", "use_cache": False}
    model = Gemma3TextModel(Gemma3TextConfig(**known))
    model.train(mode=False)
    for name, weight in model.named_parameters():
        torch.nn.init.normal_(weight, std=0.3 if "norm" in name else 0.15)
    return model


def gemma_tokenizer() -> Tokenizer:
    """Train a tokenizer of Gemma's kind: merges over `▁`, and a template that the checkpoint switches off."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=False))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Replace("▁", " ")
    names = ["<pad>", "<eos>", "<bos>", "<unk>"]
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=names, show_progress=False)
    tokenizer.train_from_iterator(
        ["Query: the river froze in winter, Instruct: ", "снег лёг на 河川 ñ ü"], trainer
    )
    tokenizer.add_special_tokens(["<|mask|>"])
    tokenizer.post_processor = processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", 2)])
    return tokenizer


@pytest.fixture(scope="session")
def gemma_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a tiny BidirLM, as it is published."""
    folder = tmp_path_factory.mktemp("checkpoints") / "tiny-bidirlm"
    folder.mkdir()
    save_file(gemma_reference(TINY_GEMMA).state_dict(), folder / "model.safetensors")
    gemma_tokenizer().save(str(folder / "tokenizer.json"))
    written: dict[str, object] = {
        "config.json": TINY_GEMMA,
        "tokenizer_config.json": {"add_bos_token": False, "add_eos_token": False, "bos_token": "<bos>"},
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        ],
    }
    for name, content in written.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    (folder / "1_Pooling").mkdir()
    pooling = {"word_embedding_dimension": 64, "pooling_mode_mean_tokens": True, "include_prompt": True}
    (folder / "1_Pooling/config.json").write_text(json.dumps(pooling), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def contextual_half(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the built-in encoder's contextual half by itself, which other programs can load."""
    folder = tmp_path_factory.mktemp("checkpoints") / "contextual-half"
    write_plain(resolve(BUILTIN).folder, folder)
    return folder


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[Path], Path]:
    """Give what copies a checkpoint, to be changed."""

    def copy(folder: Path) -> Path:
        return Path(shutil.copytree(folder, tmp_path / folder.name))

    return copy
