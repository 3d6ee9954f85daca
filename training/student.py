"""The student: float32 master weights, bfloat16 copies to compute with, Adam for body and touched pieces."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.functional import embedding

from training.body import TABLE, Packed, fuse, states, unfuse

BETAS = (0.9, 0.99)
TINY = 1e-8


class LazyAdam:
    """Adam over the rows of a table that a step touched; each row counts its own steps."""

    def __init__(self, table: Tensor) -> None:
        """Take the table: (rows, D) float32, changed in place."""
        self.table = table
        self.mean = torch.zeros_like(table)
        self.square = torch.zeros_like(table)
        self.steps = torch.zeros(len(table))

    def step(self, rows: Tensor, gradient: Tensor, rate: float) -> None:
        """Update the rows (n,) int64, each once, by their gradient (n, D) float32."""
        self.steps[rows] += 1
        count = self.steps[rows][:, None]
        mean = self.mean[rows].lerp_(gradient, 1 - BETAS[0])
        square = self.square[rows].lerp_(gradient.square(), 1 - BETAS[1])
        self.mean[rows], self.square[rows] = mean, square
        scaled = (square / (1 - BETAS[1] ** count)).sqrt_().add_(TINY)
        self.table[rows] -= rate * (mean / (1 - BETAS[0] ** count)) / scaled

    def state(self) -> dict[str, Tensor]:
        """Return everything that a later run needs to go on."""
        return {"table": self.table, "mean": self.mean, "square": self.square, "steps": self.steps}

    def restore(self, state: dict[str, Tensor]) -> None:
        """Go on from what `state` returned."""
        for name, value in state.items():
            getattr(self, name).copy_(value)


class Student:
    """A BERT body and a table of pieces, trained."""

    def __init__(self, weights: dict[str, Tensor], body_rate: float) -> None:
        """Take float32 weights as `BertModel` names them."""
        self.masters = {name: value.clone() for name, value in fuse(weights).items()}
        self.copies = {name: value.bfloat16().requires_grad_() for name, value in self.masters.items()}
        self.pieces = LazyAdam(weights[TABLE].clone())
        self.body = torch.optim.AdamW(
            list(self.masters.values()), lr=body_rate, betas=BETAS, weight_decay=0.01, fused=True
        )
        self._touched: tuple[Tensor, Tensor] | None = None

    def states(self, packed: Packed) -> Tensor:
        """Return the last layer over packed sequences, (pieces, D) float32, with its graph."""
        rows, places = torch.unique(packed.ids, return_inverse=True)
        leaf = self.pieces.table[rows].requires_grad_()
        self._touched = (rows, leaf)
        return states(self.copies, embedding(places, leaf).bfloat16(), packed)

    def step(self, body_rate: float, piece_rate: float) -> None:
        """Apply the gradients of the last backward pass."""
        if self._touched is None:
            return
        for name, master in self.masters.items():
            gradient = self.copies[name].grad
            master.grad = None if gradient is None else gradient.float()
            self.copies[name].grad = None
        self.body.param_groups[0]["lr"] = body_rate
        self.body.step()
        with torch.no_grad():
            for name, master in self.masters.items():
                self.copies[name].copy_(master)
            rows, leaf = self._touched
            if leaf.grad is not None:
                self.pieces.step(rows, leaf.grad, piece_rate)
        self._touched = None

    def weights(self) -> dict[str, Tensor]:
        """Return the weights as `BertModel` names them: float32."""
        return {**unfuse(self.masters), TABLE: self.pieces.table}

    def state(self) -> dict[str, Any]:
        """Return everything that a later run needs to go on."""
        return {"masters": self.masters, "pieces": self.pieces.state(), "body": self.body.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        with torch.no_grad():
            for name, master in self.masters.items():
                master.copy_(state["masters"][name])
                self.copies[name].copy_(master)
            self.pieces.restore(state["pieces"])
        self.body.load_state_dict(state["body"])


def load_student(path: Path, body_rate: float) -> Student:
    """Return a student that starts from a safetensors file."""
    return Student({name: value.float() for name, value in load_file(path).items()}, body_rate)
