"""Checkpoints of a known shape with random weights: as fast as real ones, and there without a download.

They lie in the published layout, so that Dragoman and sentence-transformers load the very same folder.
Gemma's kind is written as transformers knows it, `gemma3_text` and bidirectional; Qwen's as `qwen3`, which
transformers itself computes one way only. The tokenizer is the built-in encoder's without its special tokens.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from benchmarks.report import ROOT
from encoder.models.registry import Shape, known_model

GEMMA, QWEN = "gemma3_text", "qwen3"
POSITIONS = 32_768
"""Tokens of the longest text."""
TOKENIZER_ROWS = 46_000
"""Ids that the tokenizer can give; of a longer table no more is ever looked up."""

_PERIOD = 6
"""Every so many layers, one of Gemma's sees everything."""
_MATRIX_DEVIATION, _NORM_DEVIATION = 0.02, 0.1
_NORMS = {
    GEMMA: ("input", "post_attention", "pre_feedforward", "post_feedforward"),
    QWEN: ("input", "post_attention"),
}


def write_checkpoint(
    folder: Path, shape: Shape, *, layers: int, seed: int = 1, kind: str = "bidirlm"
) -> Path:
    """Write `layers` layers of `shape` in bfloat16, and return the folder.

    `kind` is `gemma3_text` or `qwen3`; `bidirlm` is the one of the two that `shape` is of.
    """
    if kind == "bidirlm":
        kind = GEMMA if shape.sliding_window else QWEN
    (folder / "1_Pooling").mkdir(parents=True, exist_ok=True)
    steps = {"": "Transformer", "1_Pooling": "Pooling"}
    files: dict[str, object] = {
        "config.json": _config(shape, layers, kind),
        "tokenizer.json": _tokenizer(shape.vocabulary),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": POSITIONS,
            "pad_token": "[PAD]",
            "unk_token": "[UNK]",
        },
        "modules.json": [
            {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.models.{step}"}
            for number, (path, step) in enumerate(steps.items())
        ],
        "sentence_bert_config.json": {"max_seq_length": POSITIONS, "do_lower_case": False},
        "1_Pooling/config.json": {
            "word_embedding_dimension": shape.hidden,
            "pooling_mode_mean_tokens": True,
            "include_prompt": True,
        },
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    generator = torch.Generator().manual_seed(seed)
    save_file(dict(_tensors(shape, layers, kind, generator)), folder / "model.safetensors", {"format": "pt"})
    return folder


def _config(shape: Shape, layers: int, kind: str) -> dict[str, object]:
    config = {
        "model_type": kind,
        "vocab_size": shape.vocabulary,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.intermediate,
        "num_hidden_layers": layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head_dim,
        "max_position_embeddings": POSITIONS,
        "rms_norm_eps": 1e-6,
        "attention_bias": False,
        "use_bidirectional_attention": True,
        "use_cache": False,
        "pad_token_id": 0,
        "dtype": "bfloat16",
    }
    rope = {"rope_type": "default", "rope_theta": 1e6}
    if kind == QWEN:
        return config | {"architectures": ["Qwen3Model"], "hidden_act": "silu", "rope_parameters": rope}
    return config | {
        "architectures": ["Gemma3TextModel"],
        "hidden_activation": "gelu_pytorch_tanh",
        "query_pre_attn_scalar": shape.head_dim,
        "sliding_window": shape.sliding_window,
        "layer_types": [
            "sliding_attention" if number % _PERIOD else "full_attention" for number in range(1, layers + 1)
        ],
        "rope_parameters": {"full_attention": rope, "sliding_attention": rope | {"rope_theta": 1e4}},
    }


def _tensors(
    shape: Shape, layers: int, kind: str, generator: torch.Generator
) -> Iterator[tuple[str, Tensor]]:
    def matrix(*sizes: int) -> Tensor:
        return torch.empty(sizes, dtype=torch.bfloat16).normal_(0, _MATRIX_DEVIATION, generator=generator)

    def norm(size: int) -> Tensor:
        middle = 0 if kind == GEMMA else 1  # Gemma stores how much a scale differs from 1
        scales = torch.empty(size, dtype=torch.bfloat16)
        return scales.normal_(middle, _NORM_DEVIATION, generator=generator)

    width, inner, size = shape.hidden, shape.intermediate, shape.head_dim
    heads = {"q": shape.heads, "k": shape.kv_heads, "v": shape.kv_heads}
    yield "embed_tokens.weight", matrix(shape.vocabulary, width)
    for layer in (f"layers.{number}" for number in range(layers)):
        for part in _NORMS[kind]:
            yield f"{layer}.{part}_layernorm.weight", norm(width)
        for part, count in heads.items():
            yield f"{layer}.self_attn.{part}_proj.weight", matrix(count * size, width)
        for part in "qk":
            yield f"{layer}.self_attn.{part}_norm.weight", norm(size)
        yield f"{layer}.self_attn.o_proj.weight", matrix(width, shape.heads * size)
        for part in ("gate", "up"):
            yield f"{layer}.mlp.{part}_proj.weight", matrix(inner, width)
        yield f"{layer}.mlp.down_proj.weight", matrix(width, inner)
    yield "norm.weight", norm(width)


def _tokenizer(rows: int) -> dict[str, object]:
    """Take the built-in encoder's, without special tokens around a text, and with no id behind `rows`."""
    path = ROOT / "encoder/builtin/tokenizer.json"
    tokenizer: dict[str, dict[str, list[object]]] = json.loads(path.read_text(encoding="utf-8"))
    pieces = tokenizer["model"] | {"vocab": tokenizer["model"]["vocab"][:rows]}
    return tokenizer | {"model": pieces, "post_processor": None}


def main() -> None:
    """Write a checkpoint of a known model's shape."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.encoding.random_checkpoint", description=__doc__
    )
    parser.add_argument("folder", type=Path, help="where it is written")
    parser.add_argument("--model", default="bidirlm-1b", metavar="NAME", help="whose shape")
    parser.add_argument("--layers", type=int, metavar="N", help="how many of its layers (default: all)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the weights")
    options = parser.parse_args()
    shape = known_model(options.model).shape
    print(write_checkpoint(options.folder, shape, layers=options.layers or shape.layers, seed=options.seed))


if __name__ == "__main__":
    main()
