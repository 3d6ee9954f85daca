"""Whether our networks compute what those of transformers do, and whether an error would show.

Both read the same random weights and tokens: in shapes small enough to run anywhere, and in those of BidirLM
1B (Gemma 3) and 0.6B (Qwen 3) with some of their layers. It exits with 1 if something right is too far from
the reference, or something wrong on purpose too near.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from benchmarks.encoding.proof import READING, Expected, Proof, prove, tables
from benchmarks.encoding.random_checkpoint import write_checkpoint
from benchmarks.encoding.token_vectors import Ids, TransformersNetwork
from benchmarks.report import publish, say, surroundings
from encoder.checkpoint import resolve
from encoder.device import NumberFormat
from encoder.models.registry import Shape, known_model
from encoder.networks.linear import Int8Linear

LENGTHS = (10, 300, 700, 2_000, 8_000)
TOGETHER = (700, 300, 300, 40, 10)
"""Tokens of the texts that are read in one batch."""
FORMATS = (NumberFormat.FLOAT32, NumberFormat.BFLOAT16, *[NumberFormat.INT8] * Int8Linear.is_possible())
_SMALL = Shape(
    layers=6,
    hidden=64,
    intermediate=160,
    heads=4,
    kv_heads=1,
    head_dim=32,
    vocabulary=2_000,
    gated=True,
)
NETWORKS = {
    "small Gemma 3": replace(_SMALL, sliding_window=512, full_layers=1),
    "small Qwen 3": _SMALL,
    "bidirlm-1b": known_model("bidirlm-1b").shape,
    "bidirlm-0.6b": known_model("bidirlm-0.6b").shape,
}

REMARK = f"""\
{READING} The reference is `Gemma3TextModel` with `use_bidirectional_attention`, or `Qwen3Model` with
`is_causal` switched off, of transformers. Weights and tokens are random."""


def random_text(length: int, rows: int, seed: int = 0) -> Ids:
    """Draw tokens of a vocabulary of so many rows."""
    return np.random.default_rng([seed, length]).integers(0, rows, length)


def prove_shape(shape: Shape, layers: int, lengths: Sequence[int]) -> Proof:
    """Prove a network of `shape` with so many of its layers."""
    texts = [random_text(length, shape.vocabulary) for length in lengths]
    together = [
        random_text(length, shape.vocabulary, seed=number) for number, length in enumerate(TOGETHER, 1)
    ]
    with TemporaryDirectory() as folder:
        checkpoint = resolve(str(write_checkpoint(Path(folder), shape, layers=layers)))
        expected = Expected.of(TransformersNetwork(checkpoint), texts, together)
        beside = {"transformers bfloat16": partial(TransformersNetwork, checkpoint, torch.bfloat16)}
        return prove(checkpoint, expected, FORMATS, beside)


def main() -> None:
    """Prove the networks asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parity", description=__doc__)
    parser.add_argument(
        "--networks", nargs="+", default=list(NETWORKS), choices=NETWORKS, metavar="NAME", help="which"
    )
    parser.add_argument(
        "--lengths", nargs="+", type=int, default=LENGTHS, metavar="N", help="tokens of the texts"
    )
    parser.add_argument("--layers", type=int, default=6, metavar="N", help="of each network; 0: all")
    parser.add_argument("--name", default="parity", help="of the result files")
    options = parser.parse_args()
    context = surroundings()
    context["versions"]["transformers"] = version("transformers")
    layers = {
        name: min(options.layers or NETWORKS[name].layers, NETWORKS[name].layers) for name in options.networks
    }
    context["settings"] = {"layers": layers, "together": TOGETHER}
    proofs = {}
    for name in options.networks:
        say(f"{name}, {layers[name]} layers")
        proofs[name] = prove_shape(NETWORKS[name], layers[name], options.lengths)
    results = {name: asdict(proof) for name, proof in proofs.items()}
    publish(options.name, context, results, tables(proofs), REMARK)
    faults = [f"{name}: {fault}" for name, proof in proofs.items() for fault in proof.faults()]
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
