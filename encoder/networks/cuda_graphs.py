"""A short text on CUDA replays a recorded pass: launching its kernels takes longer than they do."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from encoder.networks.batching import Run
from encoder.networks.layout import Layout

LONGEST = 64
"""Rows of the longest text that is worth a recording; recordings are kept for 16, 32, 48 and 64."""
_WARM_UPS = 3
"""Passes before a recording, in which kernels are chosen and workspaces made."""


class GraphedNetwork:
    """A network on CUDA whose passes over a single short text are recorded once and replayed."""

    def __init__(self, network: Callable[[Tensor, Layout], Tensor]) -> None:
        self._network = network
        self._recordings: dict[int, _Recording] = {}

    def __call__(self, ids: Tensor, layout: Layout) -> Tensor:
        """Token vectors of sequences laid end to end: int64 (R,) in, (R, D) out."""
        if layout.rows > LONGEST or len(layout.borders) > 2:
            return self._network(ids, layout)
        if layout.rows not in self._recordings:
            self._recordings[layout.rows] = _Recording(self._network, ids)
        return self._recordings[layout.rows].replay(ids, layout.tokens)


class _Recording:
    """One pass over so many rows; the rows behind the text count as a second text, so that shapes stay."""

    def __init__(self, network: Callable[[Tensor, Layout], Tensor], ids: Tensor) -> None:
        rows = len(ids)
        self._ids = ids.clone()
        self._borders = torch.tensor([0, rows, rows], dtype=torch.int32, device=ids.device)
        positions = torch.arange(rows, device=ids.device)
        layout = Layout((Run(1, rows),), rows, rows, positions, self._borders)
        beside = torch.cuda.Stream(ids.device)  # type: ignore[no-untyped-call]
        beside.wait_stream(torch.cuda.current_stream(ids.device))
        with torch.cuda.stream(beside):
            for _ in range(_WARM_UPS):
                network(self._ids, layout)
        torch.cuda.current_stream(ids.device).wait_stream(beside)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph):
            self._hidden = network(self._ids, layout)

    def replay(self, ids: Tensor, tokens: int) -> Tensor:
        self._ids.copy_(ids)
        self._borders[1] = tokens
        self._graph.replay()
        return self._hidden.clone()
