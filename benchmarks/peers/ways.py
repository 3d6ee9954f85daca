"""The rows of the tables: ways to search the same folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.peers.environments import OURS, PEERS, Peer
from benchmarks.peers.material import DIMENSION
from encoder.checkpoint import BUILTIN
from search.evaluation.runs import DEPTH


@dataclass(frozen=True, slots=True)
class Way:
    """A peer, and how it is used."""

    name: str
    peer: Peer
    words: bool = False
    """Words are asked beside vectors."""
    own_encoder: bool = False
    """Whether it is Dragoman's whole encoder, not the half that all can load."""
    rerank: bool = True
    store_of: str | None = None
    """The way whose store it asks; None where it builds one."""
    repeats: bool = False
    """It is built anew, run again and killed in every round; the others only ask."""
    takes_vectors: bool = False
    """It can be given vectors that are made already."""
    resident: bool = False
    """It is asked from the shell while an engine is resident."""

    @property
    def slug(self) -> str:
        """A name for a folder."""
        return re.sub(r"\W+", "-", self.name)

    def store(self, run: Path) -> Path:
        """Name the folder of its store, in that of a whole run."""
        return run / re.sub(r"\W+", "-", self.store_of or self.name) / "store"

    def task(self, run: Path, encoder: Path, store: Path | None = None) -> dict[str, Any]:
        """Say what every action needs."""
        return {
            "folder": str(store or self.store(run)),
            "model": BUILTIN if self.own_encoder else str(encoder),
            "depth": DEPTH,
            "dimension": DIMENSION,
            "words": self.words,
            "rerank": self.rerank,
            "writes": False,
            "whole": False,
        }


def ways(peers: list[str]) -> list[Way]:
    """Give Dragoman's ways, then those of the peers with these modules."""
    first = Way("dragoman", OURS, own_encoder=True, repeats=True, takes_vectors=True)
    found = [
        first,
        Way("dragoman, not re-ranked", OURS, own_encoder=True, rerank=False, store_of=first.name),
        Way("dragoman, resident", OURS, own_encoder=True, store_of=first.name, resident=True),
        Way("dragoman, the peers' encoder", OURS, repeats=True),
    ]
    for peer in (peer for peer in PEERS if peer.module in peers):
        found.append(Way(peer.name, peer, repeats=True, takes_vectors=peer.takes_vectors))
        if peer.words:
            found.append(Way(f"{peer.name}, with words", peer, words=True))
    return found
