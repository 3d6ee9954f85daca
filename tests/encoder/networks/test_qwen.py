"""Our Qwen 3 against the reference implementation, causal and bidirectional."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional
from transformers import Qwen3Config, Qwen3Model

from encoder.networks.batching import Run
from encoder.networks.layout import Layout
from encoder.networks.qwen import QwenEncoder
from encoder.networks.weights import Weights

CPU = torch.device("cpu")
CONFIG: dict[str, Any] = {
    "model_type": "qwen3",
    "vocab_size": 200,
    "hidden_size": 64,
    "intermediate_size": 160,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 32,
    "rms_norm_eps": 1e-6,
    "max_position_embeddings": 32_768,
    "rope_theta": 1e6,
    "hidden_act": "silu",
}
BIDIRLM = {**CONFIG, "model_type": "bidirlm"}


@pytest.fixture(scope="module")
def reference() -> Qwen3Model:
    torch.manual_seed(5)
    model = Qwen3Model(Qwen3Config(**CONFIG, use_cache=False))
    model.train(mode=False)
    for name, weight in model.named_parameters():
        if "norm" in name:
            torch.nn.init.normal_(weight, mean=1.0, std=0.2)
        else:
            torch.nn.init.normal_(weight, std=0.15)
    return model


def encoder(config: dict[str, Any], model: Qwen3Model, dtype: torch.dtype = torch.float32) -> QwenEncoder:
    return QwenEncoder(config, Weights(model.state_dict(), CPU, dtype))


@torch.inference_mode()
def token_vectors(network: QwenEncoder, text: Tensor) -> Tensor:
    layout = Layout.of([Run(1, len(text))], CPU)
    return network(functional.pad(text, (0, layout.rows - len(text))), layout)[: len(text)].float()


@torch.inference_mode()
def expected(model: Qwen3Model, text: Tensor, *, both_ways: bool) -> Tensor:
    # A mask of four dimensions is taken as it is, in place of the causal one.
    mask = torch.zeros(1, 1, len(text), len(text)) if both_ways else None
    hidden: Tensor = model(input_ids=text[None], attention_mask=mask).last_hidden_state[0]
    return hidden


def text_of(length: int) -> Tensor:
    return torch.randint(0, 200, (length,), generator=torch.Generator().manual_seed(length))


@pytest.mark.parametrize("length", [10, 300, 700, 2_000])
@pytest.mark.parametrize("both_ways", [True, False])
def test_equals_the_reference_in_float32(reference: Qwen3Model, length: int, both_ways: bool) -> None:
    text = text_of(length)
    ours = token_vectors(encoder(BIDIRLM if both_ways else CONFIG, reference), text)
    assert torch.allclose(ours, expected(reference, text, both_ways=both_ways), atol=1e-4)
    other = expected(reference, text, both_ways=not both_ways)
    assert functional.cosine_similarity(ours.mean(0), other.mean(0), dim=0) < 0.999


@pytest.mark.parametrize("length", [10, 700])
def test_stays_close_to_the_reference_in_bfloat16(reference: Qwen3Model, length: int) -> None:
    text = text_of(length)
    ours = token_vectors(encoder(BIDIRLM, reference, torch.bfloat16), text)
    theirs = expected(reference, text, both_ways=True)
    assert functional.cosine_similarity(ours.mean(0), theirs.mean(0), dim=0) >= 0.999


@pytest.mark.parametrize(
    "change",
    [
        {"rope_scaling": {"rope_type": "yarn", "factor": 4.0}},
        {"use_sliding_window": True},
        {"attention_bias": True},
        {"hidden_act": "gelu"},
        {"num_key_value_heads": 4},
    ],
)
def test_what_is_not_computed_here_is_refused(reference: Qwen3Model, change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"not known|shape"):
        encoder({**CONFIG, **change}, reference)
