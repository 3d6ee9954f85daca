"""GTE against the reference implementation, on small random weights under their published names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import GteConfig, GteModel

from encoder.networks.batching import Run
from encoder.networks.gte import GteEncoder
from encoder.networks.layout import Layout
from encoder.networks.weights import Weights

CPU = torch.device("cpu")
VOCABULARY, WIDTH, HEADS = 50, 32, 4
BASE, FACTOR = 10_000.0, 2.0
SIZES: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": WIDTH,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": HEADS,
    "max_position_embeddings": 128,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
    "initializer_range": 0.2,
}
PUBLISHED = SIZES | {
    "model_type": "new",
    "position_embedding_type": "rope",
    "layer_norm_type": "layer_norm",
    "logn_attention_scale": False,
    "pack_qkv": True,
    "hidden_act": "gelu",
    "rope_theta": BASE,
}
"""As the folders of the kind `new` write it."""
NTK = {"rope_scaling": {"type": "ntk", "factor": FACTOR}}


def _reference(rope: dict[str, Any], **changes: Any) -> GteModel:
    torch.manual_seed(7)
    model = GteModel(GteConfig(**SIZES | changes, rope_parameters=rope))
    model.train(mode=False)
    return model


def _scaled_reference() -> GteModel:
    """Say NTK scaling, which the library lacks, by a larger base and a constant divisor of all angles."""
    divisor = FACTOR ** (2 / (WIDTH // HEADS))
    return _reference({"rope_type": "linear", "rope_theta": BASE * FACTOR, "factor": divisor})


def _ours(reference: GteModel, folder: Path, config: dict[str, Any], *, prefix: str = "") -> GteEncoder:
    reference.save_pretrained(folder)  # writes the published names
    state = {prefix + name: tensor for name, tensor in load_file(folder / "model.safetensors").items()}
    weights = Weights(state, CPU, torch.float32, prefixes=GteEncoder.PREFIXES, unused=GteEncoder.UNUSED)
    return GteEncoder(config, weights)


def _run(network: GteEncoder, *texts: Tensor) -> list[Tensor]:
    """Token vectors of `texts` from one batch, longest first."""
    layout = Layout.of([Run(1, len(text)) for text in texts], CPU)
    ids = torch.zeros(layout.rows, dtype=torch.int64)
    ids[: layout.tokens] = torch.cat(texts)
    hidden = network(ids, layout)[: layout.tokens]
    return list(torch.split(hidden, [len(text) for text in texts]))


def _random_ids(length: int) -> Tensor:
    return torch.randint(2, VOCABULARY, (length,))


@pytest.mark.parametrize("length", [1, 9, 128])
@torch.inference_mode()
def test_token_vectors_equal_the_reference(length: int, tmp_path: Path) -> None:
    reference, ids = _scaled_reference(), _random_ids(length)
    [vectors] = _run(_ours(reference, tmp_path, PUBLISHED | NTK, prefix="new."), ids)
    torch.testing.assert_close(vectors, reference(ids[None]).last_hidden_state[0], atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_scaled_positions_are_not_plain_ones(tmp_path: Path) -> None:
    reference, ids = _scaled_reference(), _random_ids(64)
    [wrong] = _run(_ours(reference, tmp_path, PUBLISHED), ids)
    assert not torch.allclose(wrong, reference(ids[None]).last_hidden_state[0], atol=1e-2)


@pytest.mark.parametrize("types", [0, 1])
@torch.inference_mode()
def test_the_library_s_own_configuration_is_read_too(types: int, tmp_path: Path) -> None:
    reference = _reference({"rope_type": "default", "rope_theta": BASE}, type_vocab_size=types)
    ids = _random_ids(64)
    [vectors] = _run(_ours(reference, tmp_path, reference.config.to_dict()), ids)
    torch.testing.assert_close(vectors, reference(ids[None]).last_hidden_state[0], atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_neighbours_in_a_batch_do_not_see_each_other(tmp_path: Path) -> None:
    ours = _ours(_scaled_reference(), tmp_path, PUBLISHED | NTK)
    short, long = _random_ids(4), _random_ids(11)
    _, beside = _run(ours, long, short)
    [alone] = _run(ours, short)
    torch.testing.assert_close(beside, alone, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rope_scaling": {"type": "dynamic", "factor": 2.0}}, "scaled as .*dynamic"),
        ({"rope_scaling": {"type": "ntk", "factor": 2.0, "mixed_b": 0.6}}, "scaled as .*mixed_b"),
        ({"layer_norm_type": "rms_norm"}, "layer_norm_type rms_norm"),
        ({"position_embedding_type": "absolute"}, "position_embedding_type absolute"),
        ({"logn_attention_scale": True}, "logn_attention_scale True"),
        ({"hidden_act": "silu"}, "hidden_act silu"),
    ],
)
def test_what_is_not_computed_is_refused(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        _ours(_scaled_reference(), tmp_path, PUBLISHED | NTK | change)
