"""BERT and XLM-RoBERTa against the reference implementation, on small random weights."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertModel,
    PreTrainedModel,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
    XLMRobertaModel,
)

from encoder.networks.batching import Run
from encoder.networks.bert import BertEncoder
from encoder.networks.layout import Layout
from encoder.networks.weights import Weights

CPU = torch.device("cpu")
VOCABULARY, WIDTH, POSITIONS = 50, 32, 40
SIZES: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": WIDTH,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": POSITIONS,
    "type_vocab_size": 2,
    "pad_token_id": 1,
    "initializer_range": 0.3,
}
"""Weights much wider than usual, so that nothing that is left out could hide."""


def _bert(**changes: Any) -> BertModel:
    torch.manual_seed(7)
    model = BertModel(BertConfig(**SIZES | {"layer_norm_eps": 1e-12} | changes))
    model.train(mode=False)
    return model


def _roberta() -> XLMRobertaModel:
    torch.manual_seed(7)
    config = XLMRobertaConfig(**SIZES | {"layer_norm_eps": 1e-5})
    model = XLMRobertaModel(config)
    model.train(mode=False)
    with torch.no_grad():
        # The row of padding is zero at first; a position that is counted wrongly must be seen.
        model.embeddings.position_embeddings.weight.normal_(std=0.3)
    return model


def _ours(reference: PreTrainedModel, **changes: Any) -> BertEncoder:
    return BertEncoder(reference.config.to_dict() | changes, _weights(dict(reference.state_dict())))


def _weights(state: dict[str, Tensor], dtype: torch.dtype = torch.float32, *, int8: bool = False) -> Weights:
    prefixes, unused = BertEncoder.PREFIXES, BertEncoder.UNUSED
    return Weights(state, CPU, dtype, int8=int8, prefixes=prefixes, unused=unused)


def _run(network: BertEncoder, *texts: Tensor) -> list[Tensor]:
    """Token vectors of `texts` from one batch, longest first."""
    layout = Layout.of([Run(1, len(text)) for text in texts], CPU)
    ids = torch.zeros(layout.rows, dtype=torch.int64)
    ids[: layout.tokens] = torch.cat(texts)
    hidden = network(ids, layout)[: layout.tokens]
    return list(torch.split(hidden, [len(text) for text in texts]))


def _random_ids(length: int) -> Tensor:
    return torch.randint(2, VOCABULARY, (length,))


@pytest.mark.parametrize("length", [1, 2, 16, 17, POSITIONS])
@torch.inference_mode()
def test_bert_equals_the_reference_up_to_its_longest_text(length: int) -> None:
    reference, ids = _bert(), _random_ids(length)
    [vectors] = _run(_ours(reference), ids)
    torch.testing.assert_close(vectors, reference(ids[None]).last_hidden_state[0], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("length", [1, 2, 16, 17, POSITIONS - 2])
@torch.inference_mode()
def test_roberta_equals_the_reference_up_to_its_longest_text(length: int) -> None:
    reference, ids = _roberta(), _random_ids(length)
    [vectors] = _run(_ours(reference), ids)
    torch.testing.assert_close(vectors, reference(ids[None]).last_hidden_state[0], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("activation", ["relu", "gelu_new", "silu"])
@torch.inference_mode()
def test_the_activation_is_that_of_the_configuration(activation: str) -> None:
    reference, ids = _bert(hidden_act=activation), _random_ids(9)
    [vectors] = _run(_ours(reference), ids)
    torch.testing.assert_close(vectors, reference(ids[None]).last_hidden_state[0], atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_positions_of_roberta_are_not_those_of_bert() -> None:
    reference, ids = _roberta(), _random_ids(9)
    [wrong] = _run(_ours(reference, model_type="bert"), ids)
    assert not torch.allclose(wrong, reference(ids[None]).last_hidden_state[0], atol=1e-2)


@torch.inference_mode()
def test_neighbours_in_a_batch_do_not_see_each_other() -> None:
    ours = _ours(_bert())
    short, long = _random_ids(4), _random_ids(11)
    _, beside = _run(ours, long, short)
    [alone] = _run(ours, short)
    torch.testing.assert_close(beside, alone, atol=1e-5, rtol=1e-5)
    [as_one_text] = _run(ours, torch.cat([long, short]))
    assert not torch.allclose(as_one_text[11:], alone, atol=1e-2)


@torch.inference_mode()
def test_attention_is_bidirectional() -> None:
    ours, ids = _ours(_bert()), _random_ids(9)
    [before] = _run(ours, ids)
    ids[-1] = ids[-1] % (VOCABULARY - 1) + 1
    [after] = _run(ours, ids)
    assert not torch.allclose(before[0], after[0], atol=1e-3)


@pytest.mark.parametrize(
    ("kind", "configuration"), [(BertForMaskedLM, BertConfig), (XLMRobertaForMaskedLM, XLMRobertaConfig)]
)
@torch.inference_mode()
def test_a_checkpoint_with_a_language_model_head_is_taken_without_it(kind: Any, configuration: Any) -> None:
    torch.manual_seed(7)
    reference = kind(configuration(**SIZES)).train(mode=False)
    ids = _random_ids(9)
    [vectors] = _run(_ours(reference), ids)
    expected = reference.base_model(ids[None]).last_hidden_state[0]
    torch.testing.assert_close(vectors, expected, atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_bfloat16_and_int8_stay_near() -> None:
    reference, ids = _bert(initializer_range=0.1), _random_ids(POSITIONS)
    expected = reference(ids[None]).last_hidden_state[0]
    state, config = dict(reference.state_dict()), reference.config.to_dict()
    for int8, dtype, least in ((False, torch.bfloat16, 0.999), (True, torch.float32, 0.99)):
        [vectors] = _run(BertEncoder(config, _weights(state, dtype, int8=int8)), ids)
        assert torch.cosine_similarity(vectors.float(), expected).min() > least


def test_weights_that_do_not_fit_are_named() -> None:
    reference = _bert()
    state, config = dict(reference.state_dict()), reference.config.to_dict()
    without = {name: weight for name, weight in state.items() if name != "embeddings.LayerNorm.bias"}
    with pytest.raises(ValueError, match=r"embeddings\.LayerNorm\.bias is missing"):
        BertEncoder(config, _weights(without))
    with pytest.raises(ValueError, match="1 weights are not known, extra among them"):
        BertEncoder(config, _weights({**state, "extra": torch.zeros(1)}))
    with pytest.raises(ValueError, match=r"has the shape \(50, 32\), not \(51, 32\)"):
        BertEncoder({**config, "vocab_size": 51}, _weights(state))


def test_what_is_not_computed_is_refused() -> None:
    reference = _bert()
    for change, message in (
        ({"position_embedding_type": "relative_key"}, "positions of the kind relative_key"),
        ({"hidden_act": "mish"}, "the activation mish"),
        ({"is_decoder": True}, "a decoder"),
    ):
        with pytest.raises(ValueError, match=message):
            _ours(reference, **change)
