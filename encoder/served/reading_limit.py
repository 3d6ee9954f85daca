"""How much of one text a server reads, and what it does with a longer one.

Some servers cut in silence. Two texts that differ in their last words only have the same vector then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from encoder.served.http_connection import Refused
from index_data.errors import EncoderUnavailable

_SAME = 1e-4
"""Distance of a cosine from 1 below which two vectors count as one.

Above the noise of bfloat16 (1e-5), below what other last words make (1e-2).
"""
_LAST_SHARE = 16
"""One word in so many belongs to the last ones."""
_LEAST_WORDS = 64
"""A server that reads less is of no use."""
_OVERHEAD = 8
"""Special tokens around a text, at most."""
_WORDS_IN_TOKEN = 5
"""Tokens of any vocabulary in one token of the built-in encoder, at most; measured (docs/decisions/0009)."""
_USUAL_WORDS_IN_TOKEN = 2
"""The same for multilingual vocabularies; enough where a mistake is refused aloud."""


class Longer(Enum):
    """What a server does with a text that is longer than its limit."""

    REFUSED = "refused"
    CUT = "cut"
    """In silence."""
    UNTRIED = "untried"
    """All that was tried was read."""


@dataclass(frozen=True, slots=True)
class ReadingLimit:
    """What of a text a server surely reads."""

    words: int
    """Short English words after the prompt, each one token of the served model."""
    longer: Longer

    @property
    def tokens(self) -> int:
        """The same in tokens of the built-in encoder, in whatever language."""
        ratio = _USUAL_WORDS_IN_TOKEN if self.longer is Longer.REFUSED else _WORDS_IN_TOKEN
        return self.words // ratio


def reading_limit(
    embed: Callable[[Sequence[str]], NDArray[np.float32]], prompt: str, tokens: int, stated: int | None
) -> ReadingLimit:
    """Try whether `tokens` of the built-in encoder are read after `prompt`, whatever the language, or fewer.

    `embed` turns texts into unit vectors: float32 (N, D). `stated` is what the server says of itself.

    Raises:
        EncoderUnavailable: the server reads hardly anything.
        Refused: the server refuses for another reason than the length.
    """
    wanted = max(tokens * _WORDS_IN_TOKEN, _LEAST_WORDS)
    most = wanted * _LAST_SHARE // (_LAST_SHARE - 1) + 1
    longer = _what_becomes_of(embed, prompt, most)
    if longer is Longer.UNTRIED:
        return ReadingLimit(wanted, longer)
    whole, failed, words = 0, most, most // 2
    if stated is not None and stated < most:
        failed, words = stated, stated - _OVERHEAD - len(prompt.split()) * _USUAL_WORDS_IN_TOKEN
    while words >= _LEAST_WORDS and failed - whole > failed // 8:
        match _what_becomes_of(embed, prompt, words):
            case Longer.UNTRIED:
                whole = words
            case Longer.CUT:
                failed, longer = words, Longer.CUT
            case Longer.REFUSED:
                failed = words
        words = (whole + failed) // 2
    if not whole:
        raise EncoderUnavailable(
            f"the server reads less than {failed} words of a text",
            remedy="Raise its limit, or choose another model.",
        )
    return ReadingLimit(whole - whole // _LAST_SHARE, longer)


def _what_becomes_of(
    embed: Callable[[Sequence[str]], NDArray[np.float32]], prompt: str, words: int
) -> Longer:
    """Send two texts of `words` short words that differ in the last ones.

    Raises:
        Refused: the server refuses for another reason than the length.
    """
    last_words = words // _LAST_SHARE
    start = prompt + "the " * (words - last_words)
    try:
        first, second = (embed([start + " ".join([last] * last_words)])[0] for last in ("water", "fire"))
    except Refused as refusal:
        if not refusal.too_much:
            raise
        return Longer.REFUSED
    return Longer.CUT if 1 - float(first @ second) < _SAME else Longer.UNTRIED
