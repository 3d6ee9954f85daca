"""Our Gemma 3 against the reference implementation, on small random weights and the real window."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional
from transformers import Gemma3TextModel

from encoder.networks.batching import Run
from encoder.networks.gemma import GemmaEncoder
from encoder.networks.layout import Layout
from encoder.networks.weights import Weights
from tests.encoder.conftest import TINY_GEMMA, gemma_reference

CPU = torch.device("cpu")
LENGTHS = (10, 300, 700, 2_000)


@pytest.fixture(scope="module")
def reference() -> Gemma3TextModel:
    return gemma_reference(TINY_GEMMA)


def encoder(
    config: dict[str, Any], model: Gemma3TextModel, dtype: torch.dtype = torch.float32
) -> GemmaEncoder:
    weights = Weights(
        model.state_dict(), CPU, dtype, prefixes=GemmaEncoder.PREFIXES, unused=GemmaEncoder.UNUSED
    )
    return GemmaEncoder(config, weights)


@torch.inference_mode()
def token_vectors(network: GemmaEncoder, *texts: Tensor) -> list[Tensor]:
    """Read `texts`, longest first, in one pass."""
    layout = Layout.of([Run(1, len(text)) for text in texts], CPU)
    ids = torch.cat(texts)
    hidden = network(functional.pad(ids, (0, layout.rows - layout.tokens)), layout)[: layout.tokens]
    return list(torch.split(hidden.float(), [len(text) for text in texts]))


@torch.inference_mode()
def expected(model: Gemma3TextModel, text: Tensor) -> Tensor:
    hidden: Tensor = model(input_ids=text[None]).last_hidden_state[0]
    return hidden


def text_of(length: int) -> Tensor:
    return torch.randint(4, 300, (length,), generator=torch.Generator().manual_seed(length))


def pooled_cosine(ours: Tensor, theirs: Tensor) -> float:
    return float(functional.cosine_similarity(ours.mean(0), theirs.mean(0), dim=0))


@pytest.mark.parametrize("length", LENGTHS)
def test_equals_the_reference_in_float32(reference: Gemma3TextModel, length: int) -> None:
    text = text_of(length)
    [ours] = token_vectors(encoder(TINY_GEMMA, reference), text)
    assert torch.allclose(ours, expected(reference, text), atol=1e-4)
    assert pooled_cosine(ours, expected(reference, text)) >= 0.99999


@pytest.mark.parametrize("length", LENGTHS)
def test_stays_close_to_the_reference_in_bfloat16(reference: Gemma3TextModel, length: int) -> None:
    text = text_of(length)
    [ours] = token_vectors(encoder(TINY_GEMMA, reference, torch.bfloat16), text)
    assert pooled_cosine(ours, expected(reference, text)) >= 0.999


@pytest.mark.parametrize("wrong", [256, 510, 514, 1024])
@pytest.mark.parametrize("length", [700, 2_000])
def test_a_wrong_window_does_not_pass(reference: Gemma3TextModel, length: int, wrong: int) -> None:
    text = text_of(length)
    [ours] = token_vectors(encoder({**TINY_GEMMA, "sliding_window": wrong}, reference), text)
    assert not torch.allclose(ours, expected(reference, text), atol=1e-4)
    if wrong in {256, 1024}:
        assert pooled_cosine(ours, expected(reference, text)) < 0.999


def test_a_wrong_window_is_not_seen_in_a_short_text(reference: Gemma3TextModel) -> None:
    text = text_of(100)
    [ours] = token_vectors(encoder({**TINY_GEMMA, "sliding_window": 256}, reference), text)
    assert torch.allclose(ours, expected(reference, text), atol=1e-4)


@pytest.mark.parametrize(("dtype", "least"), [(torch.float32, 0.99999), (torch.bfloat16, 0.999)])
def test_a_text_does_not_see_its_neighbours(
    reference: Gemma3TextModel, dtype: torch.dtype, least: float
) -> None:
    network = encoder(TINY_GEMMA, reference, dtype)
    texts = [text_of(length) for length in (900, 640, 300, 300, 17, 3)]
    for together, text in zip(token_vectors(network, *texts), texts, strict=True):
        [alone] = token_vectors(network, text)
        assert pooled_cosine(together, alone) >= least


def test_the_last_token_changes_the_first(reference: Gemma3TextModel) -> None:
    network = encoder(TINY_GEMMA, reference)
    text = text_of(20)
    changed = text.clone()
    changed[-1] = text[-1] % 295 + 4
    assert not torch.allclose(
        token_vectors(network, text)[0][0], token_vectors(network, changed)[0][0], atol=1e-3
    )


@pytest.mark.parametrize("length", [10, 300])
def test_the_causal_kind_equals_the_reference(length: int) -> None:
    config = {
        **TINY_GEMMA,
        "model_type": "gemma3_text",
        "use_bidirectional_attention": False,
        "sliding_window": 64,
    }
    causal = gemma_reference(config)
    text = text_of(length)
    [ours] = token_vectors(encoder(config, causal), text)
    assert torch.allclose(ours, expected(causal, text), atol=1e-4)


def test_bidirlm_is_bidirectional_where_its_configuration_is_silent(reference: Gemma3TextModel) -> None:
    silent = {name: value for name, value in TINY_GEMMA.items() if name != "use_bidirectional_attention"}
    text = text_of(300)
    assert torch.equal(
        token_vectors(encoder(silent, reference), text)[0],
        token_vectors(encoder(TINY_GEMMA, reference), text)[0],
    )


def test_newer_spelling_of_rotary_bases_means_the_same(reference: Gemma3TextModel) -> None:
    older = ("rope_theta", "rope_local_base_freq")
    newer = {name: value for name, value in TINY_GEMMA.items() if name not in older}
    newer["rope_parameters"] = {
        "full_attention": {"rope_type": "default", "rope_theta": 1e6},
        "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
    }
    text = text_of(300)
    [ours] = token_vectors(encoder(newer, reference), text)
    assert torch.allclose(ours, expected(reference, text), atol=1e-4)


def test_names_may_have_the_prefix_of_a_base_model_and_its_tied_head(reference: Gemma3TextModel) -> None:
    tensors = {f"model.{name}": weight for name, weight in reference.state_dict().items()}
    tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"]
    weights = Weights(tensors, CPU, torch.float32, prefixes=GemmaEncoder.PREFIXES, unused=GemmaEncoder.UNUSED)
    text = text_of(10)
    assert torch.allclose(
        token_vectors(GemmaEncoder(TINY_GEMMA, weights), text)[0], expected(reference, text), atol=1e-4
    )


@pytest.mark.parametrize(
    "change",
    [
        {"use_bidirectional_attention": False},
        {"attn_logit_softcapping": 50.0},
        {"layer_types": ["sliding_attention"] * 5 + ["chunked_attention"]},
        {"rope_scaling": {"rope_type": "linear", "factor": 8.0}},
        {"hidden_activation": "silu"},
        {"vocab_size": 301},
        {"num_hidden_layers": 5, "layer_types": ["sliding_attention"] * 5},
    ],
)
def test_what_is_not_computed_here_is_refused(reference: Gemma3TextModel, change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"not known|shape"):
        encoder({**TINY_GEMMA, **change}, reference)
