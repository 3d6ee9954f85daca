"""An environment for each peer, made once by pip, and what it took."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.report import ROOT, say

TORCH = "torch==2.13.0"
"""The same for all, so that the encoder is as fast everywhere."""
MINUTES = 20
"""To install; what takes longer is left out."""
TRANSFORMERS = "sentence-transformers==6.2.0"


@dataclass(frozen=True, slots=True)
class Peer:
    """A program or library, as pip and as this folder know it."""

    name: str
    module: str
    """In this folder."""
    packages: tuple[str, ...]
    commands: tuple[str, ...] = ()
    """What a newcomer types after the install, where it is a program; the others are scripts."""
    words: bool = False
    """It can add words to vectors, and does in a second row."""
    takes_vectors: bool = True
    """It can be given vectors that are made already."""


OURS = Peer(
    "dragoman",
    "by_dragoman",
    (".",),
    ("dragoman ingest FOLDER", "dragoman search QUESTION"),
)
PEERS = (
    Peer("sentence-transformers + FAISS", "by_faiss", (TRANSFORMERS, "faiss-cpu==1.15.1")),
    Peer("txtai", "by_txtai", ("txtai==9.14.0",), words=True, takes_vectors=False),
    Peer("Chroma", "by_chroma", ("chromadb==1.5.9", TRANSFORMERS)),
    Peer("LanceDB", "by_lancedb", ("lancedb==0.40.0", TRANSFORMERS), words=True),
    Peer(
        "llm embed-multi",
        "by_llm",
        ("llm==0.36", "llm-sentence-transformers==0.3.2"),
        (
            "llm sentence-transformers register MODEL",
            "llm embed-multi passages FILE -m MODEL --store",
            "llm similar passages -c QUESTION",
        ),
        takes_vectors=False,
    ),
    Peer(
        "LlamaIndex",
        "by_llamaindex",
        (
            "llama-index-core==0.14.25",
            "llama-index-embeddings-huggingface==0.8.0",
            TRANSFORMERS,
        ),
    ),
    Peer(
        "Haystack",
        "by_haystack",
        ("haystack-ai==3.4.1", "sentence-transformers-haystack==2.0.0", TRANSFORMERS),
    ),
)


class NotInstalled(Exception):
    """A peer that is not there, with the last line of what pip said."""


@dataclass(frozen=True, slots=True)
class Installed:
    """What an environment took."""

    packages: tuple[str, ...]
    seconds: float
    """With what pip has in its cache."""
    bytes: int
    """Of all files."""


def python_of(peer: Peer, work: Path) -> Path:
    """Name the interpreter of a peer's environment."""
    return work / f"venv-{peer.module.removeprefix('by_')}" / "bin" / "python"


def installed(peer: Peer, work: Path) -> Installed:
    """Make a peer's environment if there is none of these packages, and tell what it took.

    Raises:
        NotInstalled: pip fails, or takes too long.
    """
    home = python_of(peer, work).parents[1]
    done = home / "installed.json"
    if done.is_file():
        told = json.loads(done.read_text(encoding="utf-8"))
        found = Installed(tuple(told["packages"]), told["seconds"], told["bytes"])
        if found.packages == peer.packages:
            return found
    say(f"installing {peer.name}")
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
    constraint = home / "constraints.txt"
    constraint.write_text(f"{TORCH}\n", encoding="utf-8")
    options = ("-q", "--cache-dir", str(work / "pip-cache"), "-c", str(constraint))
    command = [str(python_of(peer, work)), "-m", "pip", "install", *options, TORCH, *peer.packages]
    try:
        ended = subprocess.run(
            command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60 * MINUTES
        )
    except subprocess.TimeoutExpired as error:
        raise NotInstalled(f"not installed within {MINUTES} minutes") from error
    if ended.returncode:
        raise NotInstalled((ended.stderr.strip().splitlines() or ["pip failed"])[-1])
    found = Installed(peer.packages, time.perf_counter() - started, size(home))
    done.write_text(json.dumps(asdict(found)), encoding="utf-8")
    return found


def size(place: Path) -> int:
    """Sum up the bytes of a file, or of all files below a folder."""
    return sum(file.lstat().st_size for file in _files(place))


def _files(place: Path) -> Iterator[Path]:
    return (path for path in (place, *place.rglob("*")) if path.is_file() and not path.is_symlink())
