"""What is compared on a device: our encoder, its network alone, and sentence-transformers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor

from benchmarks.encoding.device_clock import Act
from encoder.checkpoint import Checkpoint
from encoder.device import NumberFormat, place
from encoder.embedder import TransformerEmbedder
from encoder.interface import Window
from encoder.networks.batching import Run, batches
from encoder.networks.cuda_graphs import GraphedNetwork
from encoder.networks.gemma import GemmaEncoder
from encoder.networks.layout import Layout
from encoder.networks.weights import Weights

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

NETWORK, OURS, RIVAL = "network alone", "Dragoman", "sentence-transformers"
LAUNCHED, REPLAYED = "network, launched", "network, replayed"
PIECES = 800
"""Of the vocabulary, which the network alone reads at random: some devices multiply equal rows faster."""


def plain_network(checkpoint: Checkpoint, device: torch.device) -> GemmaEncoder:
    """Load the network as it is, without recordings around it."""
    weights = Weights(
        load_file(checkpoint.weights[0]), device, torch.bfloat16, prefixes=GemmaEncoder.PREFIXES
    )
    return GemmaEncoder(checkpoint.config, weights)


def rival(checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype) -> SentenceTransformer:
    """Load the same folder with sentence-transformers, and with flash-attn where it is installed."""
    from sentence_transformers import SentenceTransformer

    said: dict[str, Any] = {"dtype": dtype}
    if dtype is torch.bfloat16 and device.type == "cuda" and find_spec("flash_attn"):
        said["attn_implementation"] = "flash_attention_2"
    return SentenceTransformer(str(checkpoint.folder), device=str(device), model_kwargs=said)


def embed_alone(embedder: TransformerEmbedder, texts: Sequence[str]) -> NDArray[np.float32]:
    """Vectors of `texts`, each in a window of its own: float32 (N, D)."""
    return embedder.embed_passages([Window(text, ((0, len(text)),)) for text in texts])


def encode(model: SentenceTransformer, texts: Sequence[str], batch_size: int) -> NDArray[np.float32]:
    """Vectors of `texts` by sentence-transformers: float32 (N, D), unit length."""
    vectors = np.asarray(model.encode(list(texts), batch_size=batch_size, show_progress_bar=False))
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


@dataclass(frozen=True, slots=True)
class Programs:
    """All that takes part, loaded in bfloat16."""

    network: GemmaEncoder
    embedder: TransformerEmbedder
    model: SentenceTransformer

    @classmethod
    def load(cls, checkpoint: Checkpoint, device: torch.device) -> Programs:
        """Load all of them from one folder."""
        return cls(
            plain_network(checkpoint, device),
            TransformerEmbedder(checkpoint, place(str(device), NumberFormat.BFLOAT16)),
            rival(checkpoint, device, torch.bfloat16),
        )

    def acts(self, texts: Sequence[str], lengths: Sequence[int]) -> dict[str, Act]:
        """Name what turns `texts` of `lengths` tokens into vectors."""
        placement = self.embedder.placement
        planned = batches(lengths, placement.max_batch_tokens)
        layouts = [Layout.of(batch.runs, placement.device) for batch in planned]
        inputs = [(_any_ids(layout), layout) for layout in layouts]
        batch_size = max(1, placement.max_batch_tokens // max(lengths))

        @torch.inference_mode()
        def read() -> None:
            for ids, layout in inputs:
                self.network(ids, layout)

        return {
            NETWORK: read,
            OURS: lambda: embed_alone(self.embedder, texts),
            RIVAL: lambda: encode(self.model, texts, batch_size),
        }

    def questions(self, text: str, tokens: int) -> dict[str, Act]:
        """Name what answers a query of so many tokens."""
        device = self.embedder.placement.device
        layout = Layout.of([Run(1, tokens)], device)
        ids = _any_ids(layout)

        def pass_through(network: GemmaEncoder | GraphedNetwork) -> Act:
            return torch.inference_mode()(lambda: network(ids, layout))

        recorded = {REPLAYED: pass_through(GraphedNetwork(self.network))} if device.type == "cuda" else {}
        return {
            LAUNCHED: pass_through(self.network),
            **recorded,
            OURS: lambda: self.embedder.embed_queries([text]),
            RIVAL: lambda: encode(self.model, [text], 1),
        }


def _any_ids(layout: Layout) -> Tensor:
    return torch.randint_like(layout.positions, PIECES)


def cosines(checkpoint: Checkpoint, device: torch.device, texts: Sequence[str]) -> dict[str, list[float]]:
    """Hold the vectors of `texts` against those of sentence-transformers in float32, of each program."""
    vectors = {}
    for dtype, number_format in (
        (torch.float32, NumberFormat.FLOAT32),
        (torch.bfloat16, NumberFormat.BFLOAT16),
    ):
        vectors[f"{RIVAL} {number_format}"] = encode(rival(checkpoint, device, dtype), texts, 1)
        embedder = TransformerEmbedder(checkpoint, place(str(device), number_format))
        vectors[f"{OURS} {number_format}"] = embed_alone(embedder, texts)
    expected = next(iter(vectors.values()))
    return {name: (found * expected).sum(axis=1).tolist() for name, found in vectors.items()}
