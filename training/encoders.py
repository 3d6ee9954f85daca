"""The encoders that quality measures: the packed body under a vocabulary, and the static stage."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import embedding, normalize

from encoder.checkpoint import resolve
from encoder.device import place
from encoder.embedder import TransformerEmbedder
from encoder.interface import Window
from training import teacher
from training.body import TABLE, Packed, forward, fuse, pack, states

BATCH_PIECES = 8192

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to unit vectors: (N, D) float32."""


class Encoder(Protocol):
    """Texts to unit vectors."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors: (N, D) float32."""
        ...


class Sides(NamedTuple):
    """The two ways in which an encoder reads a text."""

    queries: Embed
    passages: Embed


def alike(embed: Embed) -> Sides:
    """Return the sides of an encoder that reads every text the same way."""
    return Sides(embed, embed)


class BodyEncoder:
    """A BERT body under a vocabulary."""

    def __init__(self, weights: dict[str, Tensor], tokenizer: Tokenizer, dtype: torch.dtype) -> None:
        """Take weights as `BertModel` names them; texts are cut to what the teacher was trained on."""
        self._weights = {name: value.to(dtype) for name, value in fuse(weights).items()}
        self._table = weights[TABLE].to(dtype)
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(512)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors: (N, D) float32."""
        encoded = self._tokenizer.encode_batch_fast(list(texts))
        rows = [np.array(one.ids, dtype=np.uint16) for one in encoded]
        return self.embed_ids(rows)

    @torch.no_grad()
    def states(self, packed: Packed) -> Tensor:
        """Return the last layer over packed sequences: (pieces, D) float32."""
        return states(self._weights, embedding(packed.ids, self._table), packed)

    @torch.inference_mode()
    def embed_ids(self, rows: Sequence[NDArray[np.uint16]]) -> NDArray[np.float32]:
        """Return unit vectors (N, D) float32 of sequences of ids that carry their special tokens."""
        order = np.argsort([len(row) for row in rows], kind="stable")
        vectors = np.zeros((len(rows), 384), dtype=np.float32)
        start = 0
        while start < len(order):
            stop, pieces = start, 0
            while stop < len(order) and (pieces == 0 or pieces + len(rows[order[stop]]) <= BATCH_PIECES):
                pieces += len(rows[order[stop]])
                stop += 1
            packed = pack([rows[at] for at in order[start:stop]])
            means = forward(self._weights, embedding(packed.ids, self._table), packed)
            vectors[order[start:stop][packed.order]] = normalize(means, dim=1).numpy()
            start = stop
        return vectors


def load_teacher(dtype: torch.dtype = torch.float32) -> BodyEncoder:
    """Return all-MiniLM-L6-v2."""
    return BodyEncoder(teacher.load_weights(), teacher.load_tokenizer(), dtype)


def load_student(weights: Path, tokenizer: Path, dtype: torch.dtype = torch.float32) -> BodyEncoder:
    """Return an encoder from a safetensors file and a `tokenizer.json`."""
    values = {name: value.float() for name, value in load_file(weights).items()}
    return BodyEncoder(values, Tokenizer.from_file(str(tokenizer)), dtype)


def load_folder(folder: Path) -> Sides:
    """Return the encoder of an exported folder as the product runs it, with its prompts and pooling."""
    embedder = TransformerEmbedder(resolve(str(folder.resolve())), place())

    def embed_passages(texts: Sequence[str]) -> NDArray[np.float32]:
        return embedder.embed_passages([Window(text, ((0, len(text)),)) for text in texts])

    return Sides(embedder.embed_queries, embed_passages)
