"""The static stage: every piece gets a vector, a text is the weighted sum of its pieces."""

import json
import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import normalize

from training.contrast import contrast
from training.mixture import Draw, Mixture
from training.progress import bar
from training.student import LazyAdam
from training.teacher import load_tokenizer
from training.tokens import Ragged, load_ragged, make_tokens

LOG = logging.getLogger("training.static")
DIMENSIONS = 256
BATCH = 2048
MAX_PIECES = 128
TEMPERATURE = 0.05
RATE = 4e-3
LOG_STEPS = 200
CHECKPOINT_STEPS = 2_000
WEIGHTS = {
    "sentences": 0.36, "pivoted": 0.05, "other-sentences": 0.1, "libreoffice": 0.06, "gnome": 0.02,
    "lessons": 0.08, "wesnoth": 0.05, "templates": 0.03, "catalogs": 0.03, "more-catalogs": 0.05,
    "isocodes": 0.015, "cldr": 0.03, "freedict": 0.05, "wordnets": 0.05, "descriptions": 0.03,
    "glosses": 0.01, "wordnet-glosses": 0.02, "switched": 0.03, "queries": 0.015, "lesson-queries": 0.015,
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
        """Return unit vectors (B, D) float32 of bags end to end; ids (total,), offsets (B + 1,): int64."""
        rows, places = torch.unique(ids, return_inverse=True)
        vectors = self._vectors.table[rows].requires_grad_()
        weights = self._weights.table[rows].requires_grad_()
        self._touched = (rows, vectors, weights)
        # A product with a sparse matrix, whose gradient is one too.
        counts = torch.sparse_csr_tensor(
            offsets, places, torch.ones(len(ids)), (len(offsets) - 1, len(rows)), check_invariants=False
        )
        return normalize(torch.sparse.mm(counts, vectors * weights.exp()), dim=1)

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

    def state(self) -> dict[str, Any]:
        """Return everything that a later run needs to go on."""
        return {"vectors": self._vectors.state(), "weights": self._weights.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        self._vectors.restore(state["vectors"])
        self._weights.restore(state["weights"])


def bags(texts: Ragged, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
    """Return ids (total,) and offsets (B + 1,), int64, of the texts, each cut to `MAX_PIECES`."""
    parts = [texts.row(int(row))[:MAX_PIECES] for row in rows]
    offsets = np.cumsum([0, *(len(part) for part in parts)])
    return torch.from_numpy(np.concatenate(parts).astype(np.int64)), torch.from_numpy(offsets)


def alike(pairs: Draw) -> Tensor:
    """Return which pairs share a text with another, so that they are no negatives: (B, B) bool."""
    same = (pairs.first[:, None] == pairs.first[None]) | (pairs.second[:, None] == pairs.second[None])
    np.fill_diagonal(same, val=False)
    return torch.from_numpy(same)


@dataclass(slots=True)
class Training:
    """The static stage under way."""

    table: StaticTable
    texts: Ragged
    mixture: Mixture
    steps: int
    seed: int
    folder: Path
    done: int = 0

    def resume(self) -> None:
        """Go on from the last checkpoint, if there is one."""
        path = self.folder / "checkpoint.pt"
        if path.exists():
            state = torch.load(path)
            self.table.restore(state["table"])
            self.done = state["done"]

    def save(self) -> None:
        """Write a checkpoint."""
        partial = self.folder / "checkpoint.partial"
        torch.save({"table": self.table.state(), "done": self.done}, partial)
        partial.replace(self.folder / "checkpoint.pt")

    def step(self) -> float:
        """Take one step; return the loss. What is drawn depends on the seed and on the step alone."""
        pairs = self.mixture.draw(BATCH, np.random.default_rng((self.seed, self.done)))
        vectors = self.table.embed(*bags(self.texts, np.concatenate([pairs.first, pairs.second])))
        loss = contrast(vectors[:BATCH], vectors[BATCH:], alike(pairs), TEMPERATURE)
        loss.backward()  # type: ignore[no-untyped-call]
        self.table.step(RATE * (1 - self.done / self.steps))
        self.done += 1
        return loss.item()

    def run(self) -> None:
        """Take all steps that are left; the rate falls linearly to zero."""
        started, first, recent = time.monotonic(), self.done, list[float]()
        with (
            (self.folder / "losses.jsonl").open("a", encoding="utf-8") as losses,
            bar(self.steps, "steps", "static") as progress,
        ):
            progress.update(first)
            while self.done < self.steps:
                recent.append(self.step())
                progress.update(1)
                if self.done % LOG_STEPS == 0:
                    loss = sum(recent) / len(recent)
                    recent.clear()
                    seconds = (time.monotonic() - started) / (self.done - first)
                    losses.write(json.dumps({"step": self.done, "loss": round(loss, 4)}) + "\n")
                    losses.flush()
                    LOG.info("step %d, loss %.3f, %.2f s a step", self.done, loss, seconds)
                if self.done % CHECKPOINT_STEPS == 0:
                    self.save()


def train_static(work: Path, steps: int, threads: int, seed: int) -> None:
    """Tokenise the corpora if need be, train, write `work/static`."""
    folder = work / "static"
    if (folder / "vectors.npy").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(threads)
    tokenizer = Tokenizer.from_file(str(work / "vocabulary" / "tokenizer.json"))
    make_tokens(work, tokenizer, load_tokenizer())
    texts = load_ragged(work / "tokens", "student")
    frequencies = np.bincount(texts.ids, minlength=tokenizer.get_vocab_size()) + 1
    training = Training(
        StaticTable(frequencies, seed), texts, Mixture(work, WEIGHTS, alpha=0.5), steps, seed, folder
    )
    training.resume()
    training.run()
    tokenizer.save(str(folder / "tokenizer.json"))
    partial = folder / "vectors.partial.npy"
    np.save(partial, training.table.folded())
    partial.replace(folder / "vectors.npy")


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
