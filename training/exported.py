"""The exported folder: what its files say about the encoder, and their digests."""

import hashlib
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from safetensors import safe_open

from training.body import TABLE
from training.export import STATIC_TABLE

FORMATS = {"F32": "float32", "F16": "float16", "BF16": "bfloat16", "I8": "int8"}


class Exported(NamedTuple):
    """The measures of an encoder."""

    dimensions: int
    contextual: int
    """Dimensions that the network gives."""
    static: int
    """Dimensions that a table of pieces gives."""
    layers: int
    pieces: int
    max_pieces: int
    parameters: int
    table_parameters: int
    """Of them, how many are in tables of pieces."""
    bytes: int
    """Of the weights."""
    formats: list[str]
    """Number formats of the weights, the one that most parameters have first."""


def sha256(paths: Iterable[Path]) -> str:
    """Return the digest of the content of files, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read_exported(folder: Path) -> Exported:
    """Read the configuration and the header of the weights."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    limits = json.loads((folder / "sentence_bert_config.json").read_text(encoding="utf-8"))
    pooling = json.loads((folder / "1_Pooling" / "config.json").read_text(encoding="utf-8"))
    sizes, formats = dict[str, int](), dict[str, int]()
    with safe_open(folder / "model.safetensors", framework="np") as weights:
        for name in weights.keys():  # noqa: SIM118
            if name.endswith("_scale"):
                continue
            part = weights.get_slice(name)
            kind = FORMATS.get(part.get_dtype(), part.get_dtype())
            sizes[name] = math.prod(part.get_shape())
            formats[kind] = formats.get(kind, 0) + sizes[name]
    return Exported(
        dimensions=pooling["word_embedding_dimension"],
        contextual=config["hidden_size"],
        static=config.get("static_size", 0),
        layers=config["num_hidden_layers"],
        pieces=config["vocab_size"],
        max_pieces=limits["max_seq_length"],
        parameters=sum(sizes.values()),
        table_parameters=sizes[TABLE] + sizes.get(STATIC_TABLE, 0),
        bytes=(folder / "model.safetensors").stat().st_size,
        formats=sorted(formats, key=lambda kind: (-formats[kind], kind)),
    )
