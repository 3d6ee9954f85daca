"""A fuzzer of our own, for where Atheris is not: it damages files by chance, in the same way from a seed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

from tests.fuzz.targets import Target

MOST_BYTES = 100_000
SLOW_SECONDS = 10.0
"""Of computing: an input that takes longer is as good as a crash."""
SPICES = (
    b"", b"\0", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x1b[", b"\r", b"\n\n", b"<", b">", b"&", b"{",
    b"}", b"[", b"]", b"(", b")", b'"', b"'", b"\\", b"%", b"/", b"-1", b"9" * 400, b"0 R", b"<!--",
    b"<![CDATA[", b"&#0;", b"\\u-1?", b"\\bin9 ", b"PK\x01\x02", b"PK\x03\x04", b"/Filter", b"stream",
    b"<<", b">>", b"\\begin{a}",
)  # fmt: skip


class Slow(Exception):
    """An input on which a target spends far too long."""


def mutated(seeds: Sequence[bytes], chance: Random) -> bytes:
    """Overwrite, drop, repeat, insert or splice, a few times."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice((0, 1, 1, 2, 8, 64)))
        match chance.randrange(5):
            case 0:
                data[start:end] = chance.choice(SPICES)
            case 1:
                data[start:end] = chance.randbytes(end - start)
            case 2:
                data[start:end] = bytes(data[start:end]) * chance.choice((0, 2, 100))
            case 3:
                other = chance.choice(seeds)
                cut = chance.randrange(len(other) + 1)
                data[start:end] = other[cut : cut + chance.choice((4, 64, 1_000))]
            case 4 if start < len(data):
                data[start] ^= 1 << chance.randrange(8)
    return bytes(data[:MOST_BYTES])


def fuzz(target: Target, seeds: Sequence[bytes], *, seed: int, seconds: float, unfinished: Path) -> int:
    """Try inputs until the time is over, and count them; the one that is tried stands in `unfinished`.

    Raises:
        Slow: an input takes far too long; whatever the target raises comes through as well.
    """
    chance = Random(seed)
    deadline = time.monotonic() + seconds
    tried = 0
    while time.monotonic() < deadline:
        data = mutated(seeds, chance)
        unfinished.write_bytes(data)
        started = time.process_time()
        target(data)
        if time.process_time() - started > SLOW_SECONDS:
            raise Slow(f"{time.process_time() - started:.0f} s for {len(data)} bytes")
        tried += 1
    unfinished.unlink(missing_ok=True)
    return tried
