"""What the files of a checkpoint say of themselves; no weight is loaded."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from safetensors import safe_open
from tokenizers import Tokenizer

from encoder.checkpoint import Checkpoint
from encoder.models.model_folder import digest
from encoder.token_sequences import TokenSequencer

_TABLE = "embed_tokens.weight"


def facts(checkpoint: Checkpoint) -> dict[str, Any]:
    """Gather what decides how the network is computed and how texts are given to it."""
    folder, config = checkpoint.folder, checkpoint.config
    shapes, dtypes = _weights(checkpoint)
    sequencer = TokenSequencer(folder / "tokenizer.json")
    prompts = _parsed(folder / "config_sentence_transformers.json")
    code = sorted(folder.glob("*.py"))
    return {
        "model_type": config["model_type"],
        "sliding_window, as stored": config.get("sliding_window"),
        "use_bidirectional_attention": config.get("use_bidirectional_attention", "not said"),
        "steps": [step["type"].rpartition(".")[2] for step in _parsed(folder / "modules.json")],
        "pooling": f"{checkpoint.pooling}, the prompt {'' if checkpoint.pools_prompt else 'not '}counted",
        "prompts": prompts.get("prompts") if isinstance(prompts, dict) else None,
        "max_seq_length": dict(_parsed(folder / "sentence_bert_config.json")).get("max_seq_length"),
        "weights": len(shapes),
        "names begin with": sorted({name.partition(".")[0] for name in shapes}),
        "dtypes": dict(dtypes),
        "rows of embeddings": _rows(shapes),
        "vocab_size": config["vocab_size"],
        "entries of the tokenizer": Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab_size(),
        "special tokens around a text": [sequencer.prefix, sequencer.suffix],
        "code": {file.name: digest(file) for file in code},
    }


def contradictions(said: dict[str, Any]) -> list[str]:
    """Name what would make our network another than the published one."""
    found = []
    if said["rows of embeddings"] != said["vocab_size"]:
        found.append(f"{said['rows of embeddings']} rows of embeddings, but vocab_size {said['vocab_size']}")
    if said["use_bidirectional_attention"] is False:
        found.append("the configuration says that it is not bidirectional")
    return found


def _weights(checkpoint: Checkpoint) -> tuple[dict[str, list[int]], Counter[str]]:
    """Shapes of the weights by name, and how many there are of each dtype."""
    shapes, dtypes = {}, Counter[str]()
    for file in checkpoint.weights:
        with safe_open(file, framework="pt") as opened:
            for name in opened.keys():  # noqa: SIM118  # it is no dict
                part = opened.get_slice(name)
                shapes[name] = part.get_shape()
                dtypes[part.get_dtype()] += 1
    return shapes, dtypes


def _rows(shapes: dict[str, list[int]]) -> int:
    [table] = [shape for name, shape in shapes.items() if name.removeprefix("model.") == _TABLE]
    return table[0]


def _parsed(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
