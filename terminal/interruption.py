"""Ctrl-C: the first asks to stop at a good place, the second stops at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from terminal.diagnostics import tell_at_once


@contextmanager
def asked_to_stop(advice: str) -> Iterator[threading.Event]:
    """Set an event when Ctrl-C is pressed, and tell `advice`; the second time interrupts."""
    stop = threading.Event()

    def note(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop.set()
        tell_at_once(advice)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
