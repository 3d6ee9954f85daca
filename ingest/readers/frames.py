"""How requests and answers stand on the pipes between the parser and its child.

A request is the path of a file, an answer is JSON; before each stands its length in bytes.
"""

from __future__ import annotations

import struct

LENGTH = struct.Struct(">I")
MAX_ANSWER_BYTES = 512 * 1024 * 1024
"""More than the longest text that a reader lets through."""
CPU_SECONDS = 60
"""What the child may compute for one file."""


def framed(body: bytes) -> bytes:
    """`body` with its length before it."""
    return LENGTH.pack(len(body)) + body
