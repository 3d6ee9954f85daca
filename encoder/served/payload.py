"""Texts as they are sent: without what servers choke on, and not too many at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

TEXTS_IN_REQUEST = 32
"""What TEI takes unless it is told otherwise."""
_CHARACTERS_IN_REQUEST = 60_000
_SPACES = re.compile(r"\s{2,}")


def sendable_text(text: str) -> str:
    """Leave out what servers choke on or count by the piece, and nothing that is read.

    No lone surrogates, no NUL, one white space for many, and never nothing at all.
    """
    encodable = text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")
    single = _SPACES.sub(lambda run: "\n" if "\n" in run[0] else " ", encodable).strip()
    return single or "."


def in_requests(texts: Sequence[str], most: int) -> Iterator[list[str]]:
    """Cut `texts` into what one request may hold, at most `most` of them."""
    held: list[str] = []
    for text in texts:
        characters = sum(map(len, held)) + len(text)
        if held and (len(held) >= most or characters > _CHARACTERS_IN_REQUEST):
            yield held
            held = []
        held.append(text)
    if held:
        yield held
