"""The static stage: every piece gets a vector, a text is the weighted sum of its pieces."""

import json
import logging
import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import cross_entropy, embedding_bag, normalize

from training.mixture import Draw, Mixture
from training.student import LazyAdam
from training.teacher import load_tokenizer
from training.tokens import Ragged, load_ragged, make_tokens

LOG = logging.getLogger("training.static")
DIMENSIONS = 256
BATCH = 2048
MAX_PIECES = 40
TEMPERATURE = 0.05
RATE = 4e-3
WEIGHTS = {
    "sentences": 0.42, "pivoted": 0.05, "other-sentences": 0.12, "libreoffice": 0.09, "gnome": 0.04,
    "wesnoth": 0.06, "catalogs": 0.04, "isocodes": 0.015, "cldr": 0.04, "freedict": 0.06,
    "descriptions": 0.045, "glosses": 0.02,
}  # fmt: skip


class StaticTable:
    """One vector and one weight for each piece, both trained; a step works on the rows it touches only."""

    def __init__(self, frequencies: NDArray[np.int64], seed: int) -> None:
        """Start random, frequent pieces with a small weight; `frequencies` is (pieces,) int64."""
        generator = torch.Generator().manual_seed(seed)
        share = torch.from_numpy(frequencies / frequencies.sum()).float()
        vectors = torch.randn(len(frequencies), DIMENSIONS, generator=generator) / math.sqrt(DIMENSIONS)
        self._vectors = LazyAdam(vectors)
        self._weights = LazyAdam(torch.log(1e-4 / (1e-4 + share))[:, None])
        self._touched: tuple[Tensor, Tensor, Tensor] | None = None

    def embed(self, ids: Tensor, offsets: Tensor) -> Tensor:
        """Return unit vectors (B, D) float32 of bags end to end; ids (total,) int64, offsets (B,) int64."""
        rows, places = torch.unique(ids, return_inverse=True)
        vectors = self._vectors.table[rows].requires_grad_()
        weights = self._weights.table[rows].requires_grad_()
        self._touched = (rows, vectors, weights)
        return normalize(embedding_bag(places, vectors * weights.exp(), offsets, mode="sum"), dim=1)

    def step(self, rate: float) -> None:
        """Apply the gradients of the last backward pass."""
        if self._touched is not None:
            rows, vectors, weights = self._touched
            with torch.no_grad():
                for table, leaf in ((self._vectors, vectors), (self._weights, weights)):
                    if leaf.grad is not None:
                        table.step(rows, leaf.grad, rate)

    def folded(self) -> NDArray[np.float32]:
        """Return weight times vector of every piece: (pieces, D) float32."""
        scaled: NDArray[np.float32] = (self._vectors.table * self._weights.table.exp()).numpy()
        return scaled


def bags(texts: Ragged, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
    """Return ids (total,) and offsets (B,), int64, of the texts, each cut to `MAX_PIECES`."""
    parts = [texts.row(int(row))[:MAX_PIECES] for row in rows]
    offsets = np.cumsum([0, *(len(part) for part in parts)])[:-1]
    return torch.from_numpy(np.concatenate(parts).astype(np.int64)), torch.from_numpy(offsets)


def contrast(first: Tensor, second: Tensor, pairs: Draw) -> Tensor:
    """Return the symmetric InfoNCE of (B, D) and (B, D); rows that share a text are no negatives."""
    scores = first @ second.T / TEMPERATURE  # (B, B)
    same = (pairs.first[:, None] == pairs.first[None]) | (pairs.second[:, None] == pairs.second[None])
    np.fill_diagonal(same, val=False)
    scores = scores.masked_fill(torch.from_numpy(same), -1e4)
    labels = torch.arange(len(scores))
    return (cross_entropy(scores, labels) + cross_entropy(scores.T, labels)) / 2


def train_static(work: Path, minutes: float, threads: int, seed: int) -> None:
    """Tokenise the corpora if need be, train for so many minutes, write `work/static`."""
    folder = work / "static"
    if (folder / "vectors.npy").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(threads)
    tokenizer = Tokenizer.from_file(str(work / "vocabulary" / "tokenizer.json"))
    make_tokens(work, tokenizer, load_tokenizer())
    texts = load_ragged(work / "tokens", "student")
    mixture = Mixture(work, WEIGHTS, alpha=0.5)
    table = StaticTable(np.bincount(texts.ids, minlength=tokenizer.get_vocab_size()) + 1, seed)
    fit(table, texts, mixture, minutes, folder / "losses.jsonl", np.random.default_rng(seed))
    np.save(folder / "vectors.npy", table.folded())
    tokenizer.save(str(folder / "tokenizer.json"))


def fit(
    table: StaticTable,
    texts: Ragged,
    mixture: Mixture,
    minutes: float,
    log: Path,
    random: np.random.Generator,
) -> None:
    """Train the table; the rate falls linearly to zero over the wall time given."""
    started, step, recent = time.monotonic(), 0, list[float]()
    with log.open("w", encoding="utf-8") as losses:
        while (elapsed := (time.monotonic() - started) / 60) < minutes:
            pairs = mixture.draw(BATCH, random)
            vectors = table.embed(*bags(texts, np.concatenate([pairs.first, pairs.second])))
            loss = contrast(vectors[:BATCH], vectors[BATCH:], pairs)
            loss.backward()  # type: ignore[no-untyped-call]
            table.step(RATE * (1 - elapsed / minutes))
            step += 1
            recent.append(loss.item())
            if step % 100 == 0:
                losses.write(json.dumps({"step": step, "loss": sum(recent) / len(recent)}) + "\n")
                losses.flush()
                LOG.info("step %d, %.1f minutes, loss %.3f", step, elapsed, sum(recent) / len(recent))
                recent.clear()


class StaticEncoder:
    """The static stage as an encoder, for measuring it beside the others."""

    def __init__(self, folder: Path) -> None:
        """Load `vectors.npy` and `tokenizer.json` of `work/static`."""
        self._vectors = np.load(folder / "vectors.npy")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_truncation()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors: (N, D) float32."""
        encoded = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        sums = np.stack([self._vectors[one.ids].sum(0) for one in encoded])
        unit: NDArray[np.float32] = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
        return unit
