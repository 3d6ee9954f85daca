"""Word alignment by the static space: which pieces of the teacher's text a piece of the student's text means.

Jalili Sabet et al. 2020, SimAlign (arXiv 2004.08728), aligns by cosines alone; here it is soft, and its
purpose is a target for every piece instead of one for every text.
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import normalize

from training import teacher
from training.batches import Batch
from training.body import Packed
from training.transplant import word_piece_vectors

TEMPERATURE = 0.05
UNSURE = 0.3
"""A piece whose best cosine is not above this has no target."""


class Targets:
    """The targets of pieces: what in the student's batch, what vectors, how sure."""

    def __init__(self, places: Tensor, vectors: Tensor, weights: Tensor) -> None:
        """Take places among packed pieces, (n,) int64, unit vectors, (n, D), and weights, (n,) float32."""
        self.places, self.vectors, self.weights = places, vectors, weights

    def loss(self, last: Tensor) -> Tensor:
        """Return the weighted mean of 1 - cosine of the student's last layer, (pieces, D), to the targets."""
        cosines = (normalize(last[self.places], dim=1) * self.vectors).sum(1)
        return (self.weights * (1 - cosines)).sum() / self.weights.sum().clamp_min(1e-6)


class Alignment:
    """The static vectors of both vocabularies."""

    def __init__(self, student: Tensor, words: Tensor) -> None:
        """Take the vectors of the student's pieces and of the teacher's: (pieces, S), (word pieces, S)."""
        self._student, self._teacher = normalize(student, dim=1), normalize(words, dim=1)

    @classmethod
    def of_stage(cls, folder: Path) -> "Alignment":
        """Read the static stage."""
        vectors: NDArray[np.float32] = np.load(folder / "vectors.npy")
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        known = teacher.load_tokenizer().get_vocab()
        words = word_piece_vectors(sorted(known, key=known.__getitem__), tokenizer, vectors)
        return cls(torch.from_numpy(vectors), torch.from_numpy(words))

    @torch.no_grad()
    def targets(self, batch: Batch, student: Packed, texts: Packed, last: Tensor) -> Targets:
        """Return the targets of a batch; `last`, (pieces, D) float32, is the teacher's over `texts`."""
        inputs, meant = student.spans(), texts.spans()
        places, vectors, weights = list[Tensor](), list[Tensor](), list[Tensor]()
        for span, target, same in zip(inputs, batch.targets.tolist(), batch.is_same.tolist(), strict=True):
            inner = slice(span.start + 1, span.stop - 1)
            text = slice(meant[target].start + 1, meant[target].stop - 1)
            if same and text.stop > text.start:
                cosines = self._student[student.ids[inner]] @ self._teacher[texts.ids[text]].T
                places.append(torch.arange(inner.start, inner.stop))
                vectors.append(torch.softmax(cosines / TEMPERATURE, dim=1) @ last[text])
                weights.append((cosines.amax(1) - UNSURE).clamp_min(0))
        if not places:
            return Targets(
                torch.zeros(0, dtype=torch.int64), last.new_zeros(0, last.shape[1]), last.new_zeros(0)
            )
        return Targets(torch.cat(places), normalize(torch.cat(vectors), dim=1), torch.cat(weights))
