"""An environment for each peer, made once by pip."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import say

TORCH = "torch==2.13.0"
"""The same for all, so that the encoder is as fast everywhere."""
MINUTES = 20
"""To install; what takes longer is left out."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A library, as pip and as this folder know it."""

    name: str
    module: str
    """In this folder, with `build` and `opened`."""
    packages: tuple[str, ...]
    hybrid: bool = False
    """It can add words to vectors, and does in a second row."""


PEERS = (
    Peer("sentence-transformers + FAISS", "by_faiss", ("sentence-transformers==6.2.0", "faiss-cpu==1.15.1")),
    Peer("txtai", "by_txtai", ("txtai==9.14.0",), hybrid=True),
    Peer("Chroma", "by_chroma", ("chromadb==1.5.9", "sentence-transformers==6.2.0")),
    Peer("LanceDB", "by_lancedb", ("lancedb==0.40.0", "sentence-transformers==6.2.0"), hybrid=True),
    Peer("llm embed-multi", "by_llm", ("llm==0.36", "llm-sentence-transformers==0.3.2")),
)


class NotInstalled(Exception):
    """A peer that is not there, with the last line of what pip said."""


def python_of(peer: Peer, work: Path) -> Path:
    """Return the interpreter of a peer's environment, made first if there is none.

    Raises:
        NotInstalled: pip fails, or takes too long.
    """
    home = work / peer.module
    python, done = home / "bin" / "python", home / "installed.txt"
    if not done.is_file():
        say(f"installing {peer.name}")
        subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
        constraint = home / "constraints.txt"
        constraint.write_text(f"{TORCH}\n", encoding="utf-8")
        command = [
            str(python),
            "-m",
            "pip",
            "install",
            "-q",
            "--no-compile",
            "-c",
            str(constraint),
            TORCH,
            *peer.packages,
        ]
        try:
            found = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60 * MINUTES)
        except subprocess.TimeoutExpired as error:
            raise NotInstalled(f"not installed within {MINUTES} minutes") from error
        if found.returncode:
            raise NotInstalled((found.stderr.strip().splitlines() or ["pip failed"])[-1])
        done.write_text("\n".join(peer.packages), encoding="utf-8")
    return python
