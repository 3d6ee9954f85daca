"""Gemma's kind exported to OpenVINO and to ONNX Runtime, each in the forms in which it is fast on a CPU.

This runs in an interpreter of its own that has what `requirements-rivals.txt` asks for.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

INPUTS = ("input_ids", "attention_mask")
CALIBRATION_TEXTS = 16

Feed = dict[str, NDArray[np.int64]]
Compute = Callable[[Feed], NDArray[np.float32]]


class Pooled(torch.nn.Module):
    """The network of transformers with a mean behind it, its masks made of what any exporter knows."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self._network = network
        self._side = network.config.sliding_window - 1  # transformers counts the token itself

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Vectors of padded texts: (B, D) from (B, L) and (B, L)."""
        places = torch.arange(input_ids.shape[1])
        near = (places[None, :] - places[:, None]).abs() <= self._side  # (L, L)
        real = attention_mask[:, None, None, :].bool().expand(-1, 1, input_ids.shape[1], -1)
        masks = {
            kind: torch.zeros(seen.shape).masked_fill(~seen, -1e9)
            for kind, seen in (("full_attention", real), ("sliding_attention", real & near))
        }
        hidden = self._network(input_ids=input_ids, attention_mask=masks, use_cache=False).last_hidden_state
        counted = attention_mask[:, :, None].to(hidden.dtype)
        pooled: Tensor = (hidden * counted).sum(1) / counted.sum(1)
        return pooled


def export(folder: Path, texts: Sequence[str]) -> None:
    """Write all forms of a checkpoint into its folder; the static int8 one is calibrated on `texts`."""
    from transformers import AutoModel

    network = AutoModel.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    pooled = Pooled(network).eval()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    feeds = [feed for _, feed in padded(tokenizer, texts, 1)]
    example = tuple(torch.from_numpy(feeds[0][name]) for name in INPUTS)
    with torch.no_grad():
        _export_openvino(folder, pooled, example, feeds)
        _export_onnx(folder, pooled, example)


def _export_openvino(
    folder: Path, pooled: Pooled, example: tuple[Tensor, ...], feeds: Sequence[Feed]
) -> None:
    import nncf
    import openvino

    converted = openvino.convert_model(pooled, example_input=dict(zip(INPUTS, example, strict=True)))
    openvino.save_model(converted, folder / "openvino.xml", compress_to_fp16=False)
    read = openvino.Core().read_model
    weights = nncf.compress_weights(read(folder / "openvino.xml"), mode=nncf.CompressWeightsMode.INT8_SYM)
    openvino.save_model(weights, folder / "openvino-weights.xml", compress_to_fp16=False)
    calibrated = nncf.quantize(
        read(folder / "openvino.xml"),
        nncf.Dataset(feeds),
        model_type=nncf.ModelType.TRANSFORMER,
        subset_size=len(feeds),
    )
    openvino.save_model(calibrated, folder / "openvino-calibrated.xml", compress_to_fp16=False)


def _export_onnx(folder: Path, pooled: Pooled, example: tuple[Tensor, ...]) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    torch.onnx.export(
        pooled,
        example,
        folder / "onnx.onnx",
        input_names=INPUTS,
        dynamic_shapes={name: {0: "texts", 1: "tokens"} for name in INPUTS},
        dynamo=True,
        verbose=False,
    )
    quantize_dynamic(
        folder / "onnx.onnx",
        folder / "onnx-int8.onnx",
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        use_external_data_format=True,
        extra_options={"MatMulConstBOnly": True},
    )


def load(folder: Path, name: str, threads: int) -> Callable[[Sequence[str], int], NDArray[np.float32]]:
    """Load one of the forms: texts and the size of a batch to vectors, float32 (N, D)."""
    compute = LOADERS[name](folder, threads)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))

    def embed(texts: Sequence[str], batch: int) -> NDArray[np.float32]:
        vectors: list[Any] = [None] * len(texts)
        for numbers, feed in padded(tokenizer, texts, batch):
            for number, vector in zip(numbers, compute(feed), strict=True):
                vectors[number] = vector
        return np.array(vectors, dtype=np.float32)

    return embed


def _openvino(folder: Path, threads: int, form: str, **options: str) -> Compute:
    import openvino

    told = {
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": "bf16",
        "PERFORMANCE_HINT": "LATENCY",
    }
    model = openvino.Core().compile_model(folder / f"{form}.xml", "CPU", told | options)
    return lambda feed: model([feed[name] for name in INPUTS])[0]


def _onnx(folder: Path, threads: int, form: str) -> Compute:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(folder / f"{form}.onnx", options, ["CPUExecutionProvider"])
    return lambda feed: session.run(None, feed)[0]


LOADERS: dict[str, Callable[[Path, int], Compute]] = {
    "openvino-bfloat16": lambda folder, threads: _openvino(folder, threads, "openvino"),
    "openvino-calibrated": lambda folder, threads: _openvino(folder, threads, "openvino-calibrated"),
    "openvino-weights": lambda folder, threads: _openvino(
        folder, threads, "openvino-weights", DYNAMIC_QUANTIZATION_GROUP_SIZE="1152"
    ),
    "onnx-int8": lambda folder, threads: _onnx(folder, threads, "onnx-int8"),
}
"""The forms by name."""


def padded(tokenizer: Tokenizer, texts: Sequence[str], batch: int) -> Iterator[tuple[list[int], Feed]]:
    """Yield batches of so many texts of like lengths: their numbers, and what the network reads."""
    ids = [encoded.ids for encoded in tokenizer.encode_batch(list(texts))]
    order = sorted(range(len(ids)), key=lambda number: len(ids[number]))
    for start in range(0, len(order), batch):
        numbers = order[start : start + batch]
        shape = (len(numbers), len(ids[numbers[-1]]))
        feed: Feed = {name: np.zeros(shape, dtype=np.int64) for name in INPUTS}
        for row, number in enumerate(numbers):
            feed["input_ids"][row, : len(ids[number])] = ids[number]
            feed["attention_mask"][row, : len(ids[number])] = 1
        yield numbers, feed


def main() -> None:
    """Export the folder that is named, with the texts in the JSON file that is named; print versions."""
    folder, texts = map(Path, sys.argv[1:])
    export(folder, json.loads(texts.read_text(encoding="utf-8")))
    print(json.dumps({name: version(name) for name in ("openvino", "nncf", "onnxruntime")}))


if __name__ == "__main__":
    main()
