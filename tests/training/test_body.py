"""The packed body against the reference implementation, and the optimiser of its table."""

import numpy as np
import pytest
import torch
from torch.nn.functional import embedding

from training.body import TABLE, forward, fuse, means, pack, unfuse
from training.student import LazyAdam, Student

transformers = pytest.importorskip("transformers")


def tiny_weights() -> tuple[torch.nn.Module, dict[str, torch.Tensor]]:
    """Return a random BERT of the right shape with a small vocabulary."""
    config = transformers.BertConfig(
        vocab_size=50, hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536
    )
    torch.manual_seed(0)
    model = transformers.BertModel(config, add_pooling_layer=False).eval()
    return model, {name: value for name, value in model.state_dict().items() if "position_ids" not in name}


def test_packed_forward_equals_bert() -> None:
    """Sequences of mixed lengths give the vectors that the padded reference gives each alone."""
    model, weights = tiny_weights()
    random = np.random.default_rng(0)
    rows = [random.integers(1, 50, length).astype(np.uint16) for length in (5, 60, 3, 5, 17)]
    packed = pack(rows)
    with torch.inference_mode():
        found = forward(fuse(weights), embedding(packed.ids, weights[TABLE]), packed)
        for vector, at in zip(found, packed.order, strict=True):
            ids = torch.from_numpy(rows[at].astype(np.int64))[None]
            assert torch.allclose(vector, model(ids).last_hidden_state[0].mean(0), atol=1e-4)


def test_unfuse_undoes_fuse() -> None:
    """The names and values of the reference come back."""
    _, weights = tiny_weights()
    back = {**unfuse(fuse(weights)), TABLE: weights[TABLE]}
    assert back.keys() == weights.keys()
    assert all(torch.equal(back[name], value) for name, value in weights.items())


def test_lazy_adam_is_adam_for_touched_rows() -> None:
    """Rows that every step touches move as under Adam; the others stay."""
    torch.manual_seed(0)
    table = torch.randn(6, 4)
    reference = table[1:3].clone().requires_grad_()
    plain = torch.optim.Adam([reference], lr=0.01, betas=(0.9, 0.99))
    before, lazy = table.clone(), LazyAdam(table)
    for _ in range(5):
        gradient = torch.randn(2, 4)
        lazy.step(torch.tensor([1, 2]), gradient, 0.01)
        reference.grad = gradient
        plain.step()
    assert torch.allclose(table[1:3], reference, atol=1e-6)
    assert torch.equal(table[3:], before[3:])


@pytest.mark.slow
def test_a_student_learns() -> None:
    """A few steps on one batch lower its loss."""
    _, weights = tiny_weights()
    student = Student(weights, 1e-3)
    rows = [np.arange(1, 9, dtype=np.uint16), np.arange(20, 24, dtype=np.uint16)]
    packed, target = pack(rows), torch.nn.functional.normalize(torch.randn(2, 384), dim=1)
    losses = []
    for _ in range(5):
        vectors = torch.nn.functional.normalize(means(student.states(packed), packed), dim=1)
        loss = (1 - (vectors * target).sum(1)).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        student.step(1e-3, 1e-2)
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 0.1


def test_spans_find_the_sequences_as_given() -> None:
    """Each span of a pack holds the ids of the sequence that was given at its place."""
    rows = [
        np.arange(start, start + size, dtype=np.uint16) for start, size in ((1, 4), (20, 2), (30, 4), (40, 3))
    ]
    packed = pack(rows)
    for row, span in zip(rows, packed.spans(), strict=True):
        assert packed.ids[span].tolist() == row.tolist()
