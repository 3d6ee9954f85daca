"""Our BERT against the reference implementation, on small random weights."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import BertConfig, BertModel

from encoder.batching import Run
from encoder.bert import BertEncoder

CONFIG: dict[str, Any] = {
    "vocab_size": 50,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": 40,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
}


def _pair() -> tuple[BertModel, BertEncoder]:
    torch.manual_seed(7)
    reference = BertModel(BertConfig(**CONFIG), add_pooling_layer=False).train(mode=False)
    return reference, BertEncoder(CONFIG, reference.state_dict())


@torch.inference_mode()
def test_token_vectors_equal_the_reference() -> None:
    reference, ours = _pair()
    ids = torch.randint(0, 50, (2, 9))
    expected = reference(input_ids=ids).last_hidden_state.reshape(18, 32)
    assert torch.allclose(ours(ids.flatten(), [Run(2, 9)]), expected, atol=1e-5)


@torch.inference_mode()
def test_neighbours_in_a_batch_do_not_see_each_other() -> None:
    _, ours = _pair()
    short, long = torch.randint(0, 50, (4,)), torch.randint(0, 50, (11,))
    together = ours(torch.cat([long, short]), [Run(1, 11), Run(1, 4)])
    assert torch.allclose(together[11:], ours(short, [Run(1, 4)]), atol=1e-5)
    as_one_text = ours(torch.cat([long, short]), [Run(1, 15)])
    assert not torch.allclose(as_one_text[11:], together[11:], atol=1e-2)


@torch.inference_mode()
def test_attention_is_bidirectional() -> None:
    _, ours = _pair()
    ids = torch.randint(0, 49, (9,))
    changed = ids.clone()
    changed[-1] = 49
    assert not torch.allclose(ours(ids, [Run(1, 9)])[0], ours(changed, [Run(1, 9)])[0], atol=1e-4)


def test_weights_that_do_not_fit_are_named() -> None:
    weights = dict(_pair()[0].state_dict())
    without = {name: weight for name, weight in weights.items() if name != "embeddings.LayerNorm.bias"}
    with pytest.raises(ValueError, match=r"embeddings\.LayerNorm\.bias is missing"):
        BertEncoder(CONFIG, without)
    with pytest.raises(ValueError, match="extra is not known"):
        BertEncoder(CONFIG, {**weights, "extra": torch.zeros(1)})
    with pytest.raises(ValueError, match=r"has the shape \(50, 32\), not \(51, 32\)"):
        BertEncoder({**CONFIG, "vocab_size": 51}, weights)
