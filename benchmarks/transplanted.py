"""The English teacher's body under the new vocabulary, trained as the distillation trains it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from training.batches import Ids
from training.body import TABLE, means, pack
from training.distil import BODY_RATE, PIECE_RATE, in_order
from training.export import CONFIG, MODULES, PLAIN, POOLING, write_folder
from training.student import load_student


class Transplant:
    """The student of the distillation."""

    def __init__(self, weights: Path) -> None:
        """Start from a safetensors file, its tensors named as `BertModel` names them."""
        self._student = load_student(weights, BODY_RATE)

    def vectors(self, sequences: Sequence[Ids]) -> Tensor:
        """Return unit vectors of sequences with their special pieces, with their graph: (B, D) float32."""
        packed = pack(sequences)
        return in_order(means(self._student.states(packed), packed), packed)

    def step(self, rate: float) -> None:
        """Apply the gradients of the last backward pass, at a share of the distillation's rates."""
        self._student.step(BODY_RATE * rate, PIECE_RATE * rate)

    def write(self, folder: Path, tokenizer: Path) -> None:
        """Write an encoder's folder, with the tokenizer of a folder."""
        weights = self._student.weights()
        parts: dict[str, object] = {
            "config.json": CONFIG | PLAIN | {"vocab_size": len(weights[TABLE])},
            "modules.json": MODULES,
            "1_Pooling/config.json": POOLING,
            "2_Normalize/config.json": {},
        }
        write_folder(folder, weights, tokenizer, parts)

    def size(self) -> int:
        """Count the weights, the table's aside."""
        return sum(value.numel() for name, value in self._student.weights().items() if name != TABLE)
