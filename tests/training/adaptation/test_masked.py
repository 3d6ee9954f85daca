"""Tokens hidden, and told from the output before them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from encoder.checkpoint import Checkpoint
from training.adaptation.masked import MaskedPrediction, hide, prediction_loss
from training.adaptation.network import load
from training.adaptation.rows import Texts
from training.adaptation.sequences import Reader, mask_token

MASK = 9


def test_what_is_hidden_is_asked_one_place_earlier() -> None:
    ids = np.arange(20, 60)
    riddle = hide(ids, (1, 2), 0.5, MASK, np.random.default_rng(1))
    places = riddle.outputs + 1
    assert 5 < len(places) < 35
    assert places.min() >= 1
    assert places.max() < 38
    assert (riddle.ids[places] == MASK).all()
    assert (ids[places] == riddle.answers).all()
    untouched = np.setdiff1d(np.arange(40), places)
    assert (riddle.ids[untouched] == ids[untouched]).all()
    assert not (ids == MASK).any()


def test_the_first_token_of_a_text_without_a_beginning_is_never_hidden() -> None:
    riddle = hide(np.arange(20, 30), (0, 0), 1.0, MASK, np.random.default_rng(1))
    assert riddle.outputs.tolist() == list(range(9))


def test_the_share_of_hidden_tokens_is_the_ratio() -> None:
    riddle = hide(np.arange(10_001), (1, 0), 0.3, MASK, np.random.default_rng(2))
    assert abs(len(riddle.answers) / 10_000 - 0.3) < 0.02


class Knowing(nn.Module):
    """A network that knows each sequence in clear, and gives at each place the token `ahead` of it."""

    def __init__(self, clear: Tensor, ahead: int) -> None:
        super().__init__()
        told = torch.roll(clear, -ahead, dims=1)
        self.told = 50.0 * nn.functional.one_hot(told, 100).float()
        self.device = torch.device("cpu")
        self.lm_head = nn.Identity()

    def model(self, input_ids: Tensor, attention_mask: Tensor) -> SimpleNamespace:
        assert input_ids.shape == attention_mask.shape == self.told.shape[:2]
        return SimpleNamespace(last_hidden_state=self.told)


def test_only_a_network_that_tells_the_next_token_has_no_loss() -> None:
    ids = np.arange(20, 60)
    riddle = hide(ids, (1, 0), 0.5, MASK, np.random.default_rng(3))
    clear = torch.from_numpy(ids)[None]
    count = len(riddle.answers)
    assert prediction_loss(Knowing(clear, 1), [riddle]) / count < 1e-6  # type: ignore[arg-type]
    # Told at its own place, what is hidden is of no use.
    assert prediction_loss(Knowing(clear, 0), [riddle]) / count > 10  # type: ignore[arg-type]


@pytest.mark.parametrize("micro_tokens", [1, 60])
def test_micro_batches_leave_loss_and_gradients_as_they_are(
    checkpoint: Checkpoint, text: Path, micro_tokens: int
) -> None:
    def gradients(tokens: int) -> tuple[float, Tensor]:
        network = load(checkpoint)
        mask_id, _ = mask_token(checkpoint)
        reader = Reader(checkpoint, 64)
        step = MaskedPrediction(network, Texts([text]), reader, mask_id, 0.3, 6, tokens, seed=1)
        loss = step(5)
        gradient = network.model.layers[0].mlp.up_proj.weight.grad
        assert gradient is not None
        return loss, gradient

    loss, gradient = gradients(10_000)
    again, split = gradients(micro_tokens)
    assert again == pytest.approx(loss, rel=1e-4)
    assert torch.allclose(split, gradient, atol=1e-5)
    assert gradient.abs().max() > 1e-4


def test_the_number_of_a_step_alone_decides_what_it_sees(checkpoint: Checkpoint, text: Path) -> None:
    mask_id, _ = mask_token(checkpoint)
    reader = Reader(checkpoint, 64)
    step = MaskedPrediction(load(checkpoint), Texts([text]), reader, mask_id, 0.3, 6, 512, seed=1)
    first, second = step(1), step(2)
    assert step(1) == first != second
