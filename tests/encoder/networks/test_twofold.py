"""Both halves against the reference implementation, on small random weights."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import BertConfig, BertModel

from encoder.networks.batching import Run
from encoder.networks.layout import Layout
from encoder.networks.twofold import TwofoldEncoder
from encoder.networks.weights import Weights

CPU = torch.device("cpu")
VOCABULARY, WIDTH, STATIC = 50, 32, 12


@pytest.fixture(scope="module")
def reference() -> BertModel:
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=VOCABULARY, hidden_size=WIDTH, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, initializer_range=0.3,
    )  # fmt: skip
    model = BertModel(config, add_pooling_layer=False)
    model.train(mode=False)
    return model


@pytest.fixture(scope="module")
def pieces() -> Tensor:
    return torch.randn(VOCABULARY, STATIC, generator=torch.Generator().manual_seed(8))


def twofold(reference: BertModel, pieces: Tensor, **changes: Any) -> TwofoldEncoder:
    state = {**reference.state_dict(), "static_embeddings.weight": pieces}
    unused = TwofoldEncoder.UNUSED
    config = {**reference.config.to_dict(), "model_type": "twofold", "static_size": STATIC}
    return TwofoldEncoder(config | changes, Weights(state, CPU, torch.float32, unused=unused))


@torch.inference_mode()
def test_a_token_has_what_bert_says_beside_what_its_piece_has(reference: BertModel, pieces: Tensor) -> None:
    long, short = (torch.randint(VOCABULARY, (length,)) for length in (9, 4))
    layout = Layout.of([Run(1, 9), Run(1, 4)], CPU)
    ids = torch.zeros(layout.rows, dtype=torch.int64)
    ids[:13] = torch.cat([long, short])
    vectors = twofold(reference, pieces)(ids, layout)
    assert vectors.shape == (layout.rows, WIDTH + STATIC)
    for text, found in ((long, vectors[:9]), (short, vectors[9:13])):
        contextual = reference(text[None]).last_hidden_state[0]
        torch.testing.assert_close(found[:, :WIDTH], contextual, atol=1e-5, rtol=1e-5)
        assert torch.equal(found[:, WIDTH:], pieces[text])


def test_tables_that_do_not_fit_are_named(reference: BertModel, pieces: Tensor) -> None:
    with pytest.raises(
        ValueError, match=r"static_embeddings\.weight has the shape \(50, 12\), not \(50, 13\)"
    ):
        twofold(reference, pieces, static_size=STATIC + 1)
    with pytest.raises(ValueError, match=r"static_embeddings\.weight has the shape \(49, 12\)"):
        twofold(reference, pieces[:-1])
