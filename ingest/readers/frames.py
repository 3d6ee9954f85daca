"""How requests and answers stand on the pipes between the parser and its child.

A request is the path of a file, an answer is JSON; before each stands its length in bytes. An empty answer
says that the child is still at work, and another follows.
"""

from __future__ import annotations

import struct

LENGTH = struct.Struct(">I")
MAX_ANSWER_BYTES = 512 * 1024 * 1024
"""More than the longest text that a reader lets through."""
CPU_SECONDS = 60
"""What the child may compute for one file."""


STILL_AT_WORK = b""
ALL_PAGES, TEXTLESS_PAGES = "all", "textless"
"""The third of the child's arguments: which pages are recognised."""


def framed(body: bytes) -> bytes:
    """`body` with its length before it."""
    return LENGTH.pack(len(body)) + body
