"""The finished encoder as a folder that both `--model PATH` and sentence-transformers read."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from encoder.checkpoint import Checkpoint

_TOKENIZER = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "tokenizer.model",
    "vocab.json",
    "merges.txt",
)
_MODULES = [
    {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.models.{kind}"}
    for number, (kind, path) in enumerate(
        [("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")]
    )
]
_ARCHITECTURES = {"gemma3_text": "Gemma3TextModel", "qwen3": "Qwen3Model"}


def write_folder(
    folder: Path,
    checkpoint: Checkpoint,
    weights: Mapping[str, Tensor],
    dtype: torch.dtype,
    prompt: str,
    max_tokens: int,
) -> None:
    """Write `weights`, named as the network without its head names them, in the format `dtype`.

    Configuration and tokenizer are those of `checkpoint`; `prompt` stands before queries. All or nothing is
    written: the folder appears when it is whole.
    """
    unfinished = folder.with_name(folder.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    config = {name: value for name, value in checkpoint.config.items() if name != "torch_dtype"}
    config |= {
        "architectures": [_ARCHITECTURES[config["model_type"]]],
        "dtype": str(dtype).removeprefix("torch."),
    }
    pooling = {
        "word_embedding_dimension": config["hidden_size"],
        "pooling_mode_mean_tokens": True,
        "include_prompt": True,
    }
    sentences = {
        "prompts": {"query": prompt, "document": ""},
        "default_prompt_name": None,
        "similarity_fn_name": "cosine",
    }
    parts: dict[str, object] = {
        "config.json": config,
        "modules.json": _MODULES,
        "1_Pooling/config.json": pooling,
        "2_Normalize/config.json": {},
        "config_sentence_transformers.json": sentences,
        "sentence_bert_config.json": {"max_seq_length": max_tokens, "do_lower_case": False},
    }
    for name, content in parts.items():
        (unfinished / name).parent.mkdir(exist_ok=True)
        (unfinished / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    for name in _TOKENIZER:
        if (checkpoint.folder / name).is_file():
            shutil.copyfile(checkpoint.folder / name, unfinished / name)
    kept = {name: value.detach().to("cpu", dtype).contiguous() for name, value in weights.items()}
    save_file(kept, unfinished / "model.safetensors", metadata={"format": "pt"})
    (unfinished / "model.safetensors").chmod(0o644)
    unfinished.rename(folder)
