"""The models that are known by name: where they are published, and how they are to be used.

The data stand in `models.toml`; nothing here loads weights.
"""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from index_data.errors import EncoderUnavailable

USUAL_WINDOW = 512
"""Tokens that an encoder sees at once where nobody asks for more: what most were trained on."""


class Kind(StrEnum):
    """What a model does."""

    EMBEDDER = "embedder"
    RERANKER = "reranker"


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers that decide how much memory and time a network takes."""

    layers: int
    hidden: int
    intermediate: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    positions: int = 0
    """Learned position vectors; 0: positions are rotated in."""
    gated: bool = False
    """The feed-forward layer has a gate beside its way up."""
    sliding_window: int = 0
    """Tokens that most layers see; 0: all layers see everything."""
    full_layers: int = 0
    """Layers that see everything, where the others do not."""
    head_parameters: int = 0
    """Weights behind the last layer."""
    static: int = 0
    """Numbers in the vectors that pieces have beside the network; 0: they have none."""

    @property
    def layer_parameters(self) -> int:
        """Weights in the matrices of one layer."""
        attention = self.hidden * self.head_dim * 2 * (self.heads + self.kv_heads)
        return attention + self.hidden * self.intermediate * (3 if self.gated else 2)

    @property
    def table_parameters(self) -> int:
        """Weights in the vectors of pieces and positions."""
        return self.hidden * (self.vocabulary + self.positions) + self.static * self.vocabulary


@dataclass(frozen=True, slots=True)
class KnownModel:
    """One model under the name that `--model` takes."""

    name: str
    kind: Kind
    repository: str
    """Where it is published on the Hugging Face hub; empty: carried inside the package."""
    revision: str
    """The commit that is known to work; empty: `main`, pinned to its commit when it is fetched."""
    architecture: str
    """The network, as transformers calls it (`model_type`); BidirLM's is the bidirectional form of it.

    `twofold`, the built-in encoder's, is BERT with a second vector for each piece.
    """
    pooling: str
    """`mean`, `cls` or `last`: which token vectors make a passage's vector."""
    dimension: int
    parameters: int
    window: int
    """The most tokens that it sees at once."""
    licence: str
    languages: str
    shape: Shape
    query_prompt: str = ""
    passage_prompt: str = ""
    heads: tuple[str, ...] = ()
    """Folders of the dense layers that are applied behind pooling, in this order."""
    causal: bool = False
    """A token sees only what stands before it."""
    note: str = ""
    usual_window: int = USUAL_WINDOW
    """Tokens that it sees at once where nobody asks for more."""

    @property
    def carried(self) -> bool:
        """Whether it is part of the package and need not be fetched."""
        return not self.repository


@cache
def known_models() -> dict[str, KnownModel]:
    """All known models by name, in the order of the file."""
    entries = tomllib.loads(Path(__file__).with_name("models.toml").read_text(encoding="utf-8"))
    return {name: _known_model(name, entry) for name, entry in entries.items()}


def known_model(name: str) -> KnownModel:
    """Look up one model.

    Raises:
        EncoderUnavailable: no model is known by that name.
    """
    models = known_models()
    if name not in models:
        nearest = difflib.get_close_matches(name.lower(), models, n=1, cutoff=0.5)
        guess = f"Did you mean {nearest[0]}? " if nearest else ""
        raise EncoderUnavailable(
            f"no model is known as {name}", remedy=f"{guess}`dragoman models list` shows all of them."
        )
    return models[name]


def _known_model(name: str, entry: dict[str, Any]) -> KnownModel:
    built = {"kind": Kind(entry["kind"]), "shape": Shape(**entry["shape"])}
    return KnownModel(name=name, **entry | built | {"heads": tuple(entry.get("heads", ()))})
