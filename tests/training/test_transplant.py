"""The transplant copies twins and averages neighbours."""

import torch

from training.transplant import neighbour_means, respelled, transplant_table, twin


def test_an_identical_string_copies_its_vector() -> None:
    """Word starts, continuations and special tokens each find their twin; bytes get the mean."""
    words = {"[CLS]": 0, "house": 1, "##ing": 2, ",": 3}
    embeddings = torch.arange(16, dtype=torch.float32).view(4, 4)
    pieces = {"[CLS]": 0, "▁house": 1, "ing": 2, ",": 3, "▁haus": 4, "<0x00>": 5}
    means = torch.full((6, 4), -1.0)
    table, copied = transplant_table(pieces, words, means, embeddings)
    assert copied == 4
    assert torch.equal(table[:4], embeddings)
    assert torch.equal(table[4], means[4])
    assert torch.equal(table[5], embeddings.mean(0))


def test_twin_and_respelled_are_inverse() -> None:
    """Both spellings lead to each other."""
    for piece in ("▁house", "ing", ","):
        assert respelled(twin(piece)) == piece


def test_neighbours_weigh_by_similarity() -> None:
    """A piece at the place of a word gets nearly that word's embedding."""
    words = torch.eye(12)
    embeddings = torch.arange(12.0)[:, None].expand(12, 3)
    means = neighbour_means(torch.eye(12)[3:4], words, embeddings)
    assert torch.allclose(means, torch.full((1, 3), 3.0), atol=1e-3)
