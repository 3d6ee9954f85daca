"""How fast a known model encodes on this machine, measured by a run of a second or two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from encoder.checkpoint import Checkpoint, resolve
from encoder.device import NumberFormat, Placement, place
from encoder.embedder import TransformerEmbedder
from encoder.interface import Window
from encoder.models.registry import Kind, KnownModel, Shape
from encoder.networks.batching import Run
from encoder.networks.layout import Layout
from encoder.networks.loading import NETWORKS
from encoder.networks.weights import Weights

SECONDS = 1.5
_LAYERS = 2
_PIECES = 1_000
_WINDOWS = {"cpu": 2, "mps": 8, "cuda": 64}
_TEXT = "The notice period is three months to the end of a quarter, unless the contract says otherwise. "


def tokens_per_second(
    model: KnownModel, number_format: NumberFormat, models: Path, device: str = "auto"
) -> float | None:
    """Measure `model` with its weights, where the folder `models` or the package has them, else by its shape.

    None: networks of its kind are not computed here.

    Raises:
        EncoderUnavailable: the weights or the device cannot be used.
    """
    placement = place(device, number_format)
    if model.kind is Kind.EMBEDDER and (model.carried or (models / model.name).is_dir()):
        return _speed_of_weights(model, resolve(model.name, models), placement)
    if model.architecture not in NETWORKS:
        return None
    return _speed_of_shape(model, placement) * len(placement.devices)


def _speed_of_weights(model: KnownModel, checkpoint: Checkpoint, placement: Placement) -> float:
    embedder = TransformerEmbedder(checkpoint, placement)
    ends = embedder.token_spans(_TEXT * 100)[:, 1]
    end = int(ends[min(model.usual_window, embedder.max_window_tokens, len(ends)) - 1])
    text = (_TEXT * 100)[:end]
    windows = [Window(text, ((0, end),))] * (_windows(placement) * len(placement.devices))
    tokens = len(windows) * len(embedder.token_spans(text))
    return tokens * _per_second(lambda: embedder.embed_passages(windows), placement)


def _speed_of_shape(model: KnownModel, placement: Placement) -> float:
    """Time two layers with random weights on one device, and reckon with all layers.

    Random numbers take as long as learnt ones, and a layer takes as long as the next.
    """
    device, layers = placement.devices[0], min(_LAYERS, model.shape.layers)
    weights = _RandomWeights({}, device, placement.dtype, int8=placement.int8)
    network = NETWORKS[model.architecture](_config(model, replace(model.shape, layers=layers)), weights)
    layout = Layout.of([Run(_windows(placement), model.usual_window)], device)
    ids = torch.randint(_PIECES, (layout.rows,), device=device)
    with torch.inference_mode():
        passes = _per_second(lambda: network(ids, layout), placement)
    return layout.tokens * passes * layers / model.shape.layers


def _windows(placement: Placement) -> int:
    """Windows of 512 tokens that keep one device busy."""
    return _WINDOWS[placement.devices[0].type]


class _RandomWeights(Weights):
    """Weights that have whatever name and shape is asked for."""

    def _raw(self, _name: str, shape: tuple[int, ...]) -> Tensor:
        return torch.randn(shape) * 0.02


def _config(model: KnownModel, shape: Shape) -> dict[str, Any]:
    """Write what a checkpoint's `config.json` would say, with few pieces: looking them up takes no time."""
    return {
        "model_type": model.architecture,
        "num_hidden_layers": shape.layers,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.intermediate,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head_dim,
        "vocab_size": _PIECES,
        "static_size": shape.static,
        "max_position_embeddings": shape.positions or model.window,
        "type_vocab_size": 2,
        "pad_token_id": 1,
        "query_pre_attn_scalar": shape.head_dim,
        "sliding_window": shape.sliding_window or None,
        "use_bidirectional_attention": not model.causal,
        "rms_norm_eps": 1e-6,
        "layer_norm_eps": 1e-12,
    }


def _per_second(act: Callable[[], object], placement: Placement) -> float:
    """Count how often in a second `act` is done, once it is warm."""

    def settled() -> float:
        for device in placement.devices:
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            elif device.type == "mps":
                torch.mps.synchronize()
        return perf_counter()

    act()
    start, times = settled(), 0
    while (elapsed := settled() - start) < SECONDS or times == 0:
        act()
        times += 1
    return times / elapsed
