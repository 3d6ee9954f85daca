"""Queries against passages, and gradients that come in two passes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from encoder.checkpoint import Checkpoint
from training.adaptation.contrast import Contrast, add_gradients, batch_of, info_nce
from training.adaptation.network import load
from training.adaptation.rows import Pair, Pairs
from training.adaptation.sequences import Reader


def test_a_text_is_one_column_and_other_right_answers_are_no_wrong_ones() -> None:
    rows = [Pair("a", "x"), Pair("b", "x", ("y",)), Pair("a", "z"), Pair("c", "w")]
    batch = batch_of(rows)
    assert batch.passages == ("x", "z", "w", "y")
    assert batch.right.tolist() == [0, 0, 1, 2]
    assert batch.banned.tolist() == [
        [False, True, False, False],
        [False, False, False, False],
        [True, False, False, False],
        [False, False, False, False],
    ]


def test_the_loss_is_that_of_the_softmax_over_what_is_not_banned() -> None:
    batch = batch_of([Pair("a", "x"), Pair("a", "y"), Pair("b", "z")])
    vectors = normalize(torch.randn(6, 8, generator=torch.Generator().manual_seed(1)), dim=1)
    scores = vectors[:3] @ vectors[3:].T / 0.05
    wanted = [
        -(scores[0, 0] - scores[0, [0, 2]].logsumexp(0)),
        -(scores[1, 1] - scores[1, [1, 2]].logsumexp(0)),
        -(scores[2, 2] - scores[2].logsumexp(0)),
    ]
    assert torch.allclose(info_nce(vectors, batch, 0.05), torch.stack(wanted).mean())


def test_two_passes_give_the_gradients_of_one() -> None:
    generator = torch.Generator().manual_seed(2)
    inputs = torch.randn(9, 5, generator=generator)
    start = torch.randn(5, 4, generator=generator)

    def gradient(groups: list[list[int]]) -> tuple[float, Tensor]:
        weight = start.clone().requires_grad_()
        value = add_gradients(
            lambda group: normalize(torch.tanh(inputs[group] @ weight), dim=1),
            groups,
            lambda vectors: (vectors @ vectors.T).exp().sum(1).log().mean() * vectors[0, 0],
        )
        assert weight.grad is not None
        return value, weight.grad

    plain, expected = gradient([list(range(9))])
    cached, found = gradient([[7, 1], [0, 2, 3, 4], [8, 6, 5]])
    assert cached == pytest.approx(plain)
    assert torch.allclose(found, expected, atol=1e-6)
    assert expected.abs().max() > 0.1


@pytest.mark.parametrize("autocast", [False, True])
def test_a_step_does_not_depend_on_how_much_goes_through_at_once(
    checkpoint: Checkpoint, pairs: Path, autocast: bool
) -> None:
    def gradient(micro_tokens: int) -> tuple[float, Tensor]:
        network = load(checkpoint)
        reader = Reader(checkpoint, 64)
        step = Contrast(network, [Pairs(pairs)], reader, "Query: ", 0.05, 8, micro_tokens, seed=1)
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast, cache_enabled=False):
            loss = step(3)
        found = network.model.layers[0].mlp.up_proj.weight.grad
        assert found is not None
        return loss, found

    loss, whole = gradient(100_000)
    again, parts = gradient(40)
    assert again == pytest.approx(loss, rel=0.03 if autocast else 1e-4)
    cosine = torch.nn.functional.cosine_similarity(whole.flatten(), parts.flatten(), dim=0)
    assert cosine > (0.99 if autocast else 0.99999)


def test_an_epoch_shows_every_pair_once_and_a_batch_is_of_one_set(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    sets = []
    for name, count in (("a", 12), ("b", 8)):
        path = tmp_path / f"{name}.tsv"
        path.write_text("".join(f"{name}{n}\tp{n}\n" for n in range(count)), encoding="utf-8")
        sets.append(Pairs(path))
    step = Contrast(load(checkpoint), sets, Reader(checkpoint, 64), "", 0.05, 4, 512, seed=1)
    batches = [[pair.query for pair in step._draw(number)] for number in range(10)]
    assert all(len({query[0] for query in batch}) == 1 for batch in batches)
    first, second = (
        sorted(query for batch in half for query in batch) for half in (batches[:5], batches[5:])
    )
    assert first == second == sorted({*(f"a{n}" for n in range(12)), *(f"b{n}" for n in range(8))})
    assert batches[:5] != batches[5:]
