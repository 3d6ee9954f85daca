"""Targets for single pieces, by the static space."""

import numpy as np
import pytest
import torch

from training.alignment import Alignment
from training.batches import Batch
from training.body import pack

EYE = torch.eye(6)
LAST = torch.arange(24, dtype=torch.float32).view(8, 3) + 1


def batch(is_same: list[bool]) -> Batch:
    """Return one English text of two words and an input of three pieces that means it."""
    student = [np.array([2, 5, 4, 1, 3], dtype=np.uint16)]
    english = [np.array([0, 4, 5, 0], dtype=np.uint16)]
    return Batch("sentences", student, english, np.array([0]), np.array(is_same), np.array([False]))


def test_a_piece_is_drawn_to_the_piece_that_means_the_same() -> None:
    rows = batch([True])
    student, texts = pack(rows.student), pack(rows.teacher)
    targets = Alignment(EYE, EYE).targets(rows, student, texts, LAST)
    unit = torch.nn.functional.normalize(LAST, dim=1)
    assert targets.places.tolist() == [1, 2, 3]
    assert torch.allclose(targets.vectors[0], unit[2], atol=1e-4)
    assert torch.allclose(targets.vectors[1], unit[1], atol=1e-4)
    assert targets.weights.tolist() == pytest.approx([0.7, 0.7, 0.0])


def test_the_loss_is_zero_on_target_and_not_beside_it() -> None:
    rows = batch([True])
    student, texts = pack(rows.student), pack(rows.teacher)
    targets = Alignment(EYE, EYE).targets(rows, student, texts, LAST)
    last = torch.zeros(len(student.ids), 3)
    last[targets.places] = 2 * targets.vectors
    assert targets.loss(last).item() == pytest.approx(0, abs=1e-5)
    last[targets.places] *= torch.tensor([1.0, 1.0, -1.0])
    assert targets.loss(last).item() > 0.1


def test_a_query_has_no_targets() -> None:
    rows = batch([False])
    targets = Alignment(EYE, EYE).targets(rows, pack(rows.student), pack(rows.teacher), LAST)
    assert len(targets.places) == 0
    assert targets.loss(torch.ones(256, 3)).item() == 0
