"""The export: the trained weights as the built-in encoder's folder, swapped into place.

A text's vector has two halves, the distilled network's and the static stage's. sentence-transformers knows no
such encoder; what it can load and train is the contextual half, which can be written by itself.
"""

import json
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor

from encoder.models.model_folder import RECORD, FolderRecord, recorded_file, write_record
from encoder.networks.weights import rescaled
from training.body import TABLE

LOG = logging.getLogger("training.export")
MAX_BYTES = 60_000_000
KEPT = ("README.md",)
"""Files of the old folder that the new one keeps."""
STATIC_TABLE = "static_embeddings.weight"

CONFIG = {
    "attention_probs_dropout_prob": 0.0,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.0,
    "hidden_size": 384,
    "initializer_range": 0.02,
    "intermediate_size": 1536,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 512,
    "num_attention_heads": 12,
    "num_hidden_layers": 6,
    "pad_token_id": 0,
    "type_vocab_size": 2,
}
"""Of both forms."""
PLAIN = {"architectures": ["BertModel"], "dtype": "float32", "model_type": "bert"}
"""What the contextual half by itself says besides."""
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
"""Of the contextual half by itself."""
TWOFOLD_MODULES = [
    *MODULES[:2],
    {"idx": 2, "name": "2", "path": "2_UnitParts", "type": "encoder.heads.UnitParts"},
    {"idx": 3, "name": "3", "path": "3_Normalize", "type": "sentence_transformers.models.Normalize"},
]
TOKEN_SHARES = [0.75, 0.25]
"""What the halves weigh where tokens are compared: by the static one, a word is nearest to itself."""
SENTENCES: dict[str, object] = {"prompts": {}, "default_prompt_name": None, "similarity_fn_name": "cosine"}


def write_json(path: Path, value: object) -> None:
    """Write one JSON file, its folder made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def write_folder(
    folder: Path, weights: Mapping[str, Tensor], tokenizer: Path, parts: dict[str, object]
) -> None:
    """Write the JSON files `parts`, `weights` as they are, and what both forms share."""
    shared: dict[str, object] = {
        "sentence_bert_config.json": {"max_seq_length": 512, "do_lower_case": False},
        "config_sentence_transformers.json": SENTENCES,
    }
    for name, value in (shared | parts).items():
        write_json(folder / name, value)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(tokenizer / name, folder / name)
    contiguous = {name: value.contiguous() for name, value in weights.items()}
    save_file(contiguous, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)


def int8_rows(table: Tensor) -> tuple[Tensor, Tensor]:
    """Return int8 (R, D) and float32 (R,), whose product row by row is nearest to `table`."""
    scale = table.float().abs().amax(1) / 127
    rows = table / torch.where(scale > 0, scale, 1)[:, None]
    return rows.round().to(torch.int8), scale


def static_vectors(path: Path, tokenizer: Path) -> Tensor:
    """Return the static stage's vector of each piece: (pieces, D) float32; special pieces add nothing."""
    vectors = torch.from_numpy(np.load(path))
    added = Tokenizer.from_file(str(tokenizer)).get_added_tokens_decoder()
    vectors[[piece for piece, token in added.items() if token.special]] = 0
    return vectors


def write_twofold(weights: Path, vectors: Path, vocabulary: Path, folder: Path) -> None:
    """Write both halves: the tables of pieces in int8, and everything else as float16."""
    tensors = {name: value.half() for name, value in load_file(weights).items()}
    tables = {TABLE: tensors[TABLE], STATIC_TABLE: static_vectors(vectors, vocabulary / "tokenizer.json")}
    for name, table in tables.items():
        tensors[name], tensors[f"{name}_scale"] = int8_rows(table)
    sizes = [table.shape[1] for table in tables.values()]
    own = {"model_type": "twofold", "static_size": sizes[1], "vocab_size": len(tables[TABLE])}
    parts: dict[str, object] = {
        "config.json": CONFIG | own,
        "modules.json": TWOFOLD_MODULES,
        "1_Pooling/config.json": POOLING | {"word_embedding_dimension": sum(sizes)},
        "2_UnitParts/config.json": {"sizes": sizes, "token_shares": TOKEN_SHARES},
        "3_Normalize/config.json": {},
    }
    write_folder(folder, tensors, vocabulary, parts)


def write_plain(twofold: Path, folder: Path) -> None:
    """Write the contextual half of an exported folder by itself, as float16, to be loaded as float32."""
    config = json.loads((twofold / "config.json").read_text(encoding="utf-8"))
    tensors = rescaled(load_file(twofold / "model.safetensors"))
    del config["static_size"], tensors[STATIC_TABLE]
    parts: dict[str, object] = {
        "config.json": config | PLAIN,
        "modules.json": MODULES,
        "1_Pooling/config.json": POOLING | {"word_embedding_dimension": config["hidden_size"]},
        "2_Normalize/config.json": {},
    }
    write_folder(folder, {name: value.half() for name, value in tensors.items()}, twofold, parts)


def write_own_record(folder: Path) -> None:
    """Write down what the files of an exported folder are, so that `dragoman doctor` can tell."""
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    files = {name: recorded_file(folder / name) for name in names if name not in (*KEPT, RECORD)}
    write_record(folder, FolderRecord(repository="", revision="", commit="", fetched="", files=files))


def size(folder: Path) -> int:
    """Return the bytes of all files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def export(work: Path, target: Path) -> None:
    """Replace the target folder by the best weights: averaged, or else distilled, or else transplanted.

    Killed between its two renames, it leaves the old folder beside the target; the next run puts it back.

    Raises:
        ValueError: the folder would be larger than 60 MB.
    """
    stages = (work / stage / "model.safetensors" for stage in ("average", "distil", "transplant"))
    weights = next(path for path in stages if path.exists())
    fresh, old = target.with_name(target.name + ".new"), target.with_name(target.name + ".old")
    if old.exists() and not target.exists():
        old.rename(target)
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh.mkdir(parents=True)
    write_twofold(weights, work / "static" / "vectors.npy", work / "vocabulary", fresh)
    write_own_record(fresh)
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
