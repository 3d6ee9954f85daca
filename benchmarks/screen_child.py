"""The screen of `benchmarks.screen`, with a pulse that tells how long its event loop was blocked."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from search.query import Query
from terminal.engine.opening import engine_beside
from terminal.settings import load_settings
from terminal.tui.app import SearchApp
from terminal.tui.asker import Asker

PULSE = 0.002
"""Seconds."""


class PulsingApp(SearchApp):
    """Notes how much later than asked for each beat comes, in milliseconds, once the encoder is there."""

    def __init__(self, asker: Asker) -> None:
        super().__init__(asker, Query(""))
        self._asks = asker
        self.late: list[float] = []

    def on_ready(self) -> None:
        """Start the pulse."""
        self.run_worker(self._beat(), group="pulse")

    async def _beat(self) -> None:
        while not self._asks.loaded:
            await asyncio.sleep(0.05)
        while True:
            started = time.perf_counter()
            await asyncio.sleep(PULSE)
            self.late.append((time.perf_counter() - started - PULSE) * 1_000)


def main() -> None:
    """Open the screen before an index, and write what the pulse told to a file; both are arguments."""
    index, told = sys.argv[1:]
    # As `dragoman tui` does it: what encodes is another process.
    with engine_beside(load_settings({"index": index})) as engine, Asker(engine) as asker:
        app = PulsingApp(asker)
        app.run()
    Path(told).write_text(json.dumps(app.late), encoding="utf-8")


if __name__ == "__main__":
    main()
