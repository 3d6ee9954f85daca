"""The steps of loading the built-in encoder, timed in this process, which must be fresh; prints JSON."""

from __future__ import annotations

import json
from importlib import import_module
from time import perf_counter

STEPS = ("import torch", "import the encoder", "load it")
"""What stands between a new process and an encoder that can be asked."""


class Stopwatch:
    """What each step took, from the end of the one before."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = perf_counter()

    def lap(self, step: str) -> None:
        """Say that `step` is done."""
        now = perf_counter()
        self.seconds[step] = now - self._last
        self._last = now


def loading_steps() -> dict[str, float]:
    """Load it, ask it once, and load its parts once more, one after the other: seconds of each."""
    watch = Stopwatch()
    import_module("torch")
    watch.lap(STEPS[0])
    from encoder.checkpoint import BUILTIN, resolve
    from encoder.device import place
    from encoder.embedder import TransformerEmbedder
    from encoder.networks.loading import load_network
    from encoder.token_sequences import TokenSequencer

    watch.lap(STEPS[1])
    checkpoint, placement = resolve(BUILTIN), place()
    embedder = TransformerEmbedder(checkpoint, placement)
    watch.lap(STEPS[2])
    embedder.embed_queries(["How do I make a backup?"])
    watch.lap("first query")
    load_network(checkpoint, placement, placement.device)
    watch.lap("weights alone")
    TokenSequencer(checkpoint.folder / "tokenizer.json")
    watch.lap("tokenizer alone")
    checkpoint.digest()
    watch.lap("digest alone")
    return watch.seconds


if __name__ == "__main__":
    print(json.dumps(loading_steps()))
