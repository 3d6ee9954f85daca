"""The export: the trained weights as a sentence-transformers folder, swapped into place."""

import json
import logging
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

LOG = logging.getLogger("training.export")
MAX_BYTES = 60_000_000
KEPT = ("README.md",)
"""Files of the old folder that the new one keeps."""

CONFIG = {
    "architectures": ["BertModel"],
    "attention_probs_dropout_prob": 0.0,
    "dtype": "float32",
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.0,
    "hidden_size": 384,
    "initializer_range": 0.02,
    "intermediate_size": 1536,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 512,
    "model_type": "bert",
    "num_attention_heads": 12,
    "num_hidden_layers": 6,
    "pad_token_id": 0,
    "type_vocab_size": 2,
}
POOLING = {
    "word_embedding_dimension": 384,
    "pooling_mode_cls_token": False,
    "pooling_mode_mean_tokens": True,
    "pooling_mode_max_tokens": False,
    "pooling_mode_mean_sqrt_len_tokens": False,
}
MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
]
SENTENCES: dict[str, object] = {"prompts": {}, "default_prompt_name": None, "similarity_fn_name": "cosine"}


def write_json(path: Path, value: object) -> None:
    """Write one JSON file, its folder made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def write_folder(weights: Path, vocabulary: Path, folder: Path) -> None:
    """Write the whole folder: the weights as float16, to be loaded as float32."""
    values = {name: value.to(torch.float16).contiguous() for name, value in load_file(weights).items()}
    pieces = values["embeddings.word_embeddings.weight"].shape[0]
    write_json(folder / "config.json", {**CONFIG, "vocab_size": pieces})
    write_json(folder / "modules.json", MODULES)
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 512, "do_lower_case": False})
    write_json(folder / "config_sentence_transformers.json", SENTENCES)
    write_json(folder / "1_Pooling" / "config.json", POOLING)
    write_json(folder / "2_Normalize" / "config.json", {})
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(vocabulary / name, folder / name)
    save_file(values, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)


def size(folder: Path) -> int:
    """Return the bytes of all files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def export(work: Path, target: Path) -> None:
    """Replace the target folder by the best weights there are: distilled, or else transplanted.

    Raises:
        ValueError: the folder would be larger than 60 MB.
    """
    stages = (work / stage / "model.safetensors" for stage in ("distil", "transplant"))
    weights = next(path for path in stages if path.exists())
    fresh, old = target.with_name(target.name + ".new"), target.with_name(target.name + ".old")
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh.mkdir(parents=True)
    write_folder(weights, work / "vocabulary", fresh)
    for name in KEPT:
        if (target / name).exists():
            shutil.copyfile(target / name, fresh / name)
    if size(fresh) > MAX_BYTES:
        raise ValueError(f"{fresh} has {size(fresh)} bytes, more than {MAX_BYTES}")
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    LOG.info("%s written from %s: %d bytes", target, weights, size(target))
