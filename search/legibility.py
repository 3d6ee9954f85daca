"""Whether an encoder can read a question, or only spells it: of letters in no order its vector says nothing.

Two signs, both from how the encoder cuts the question into pieces:

1. It takes more pieces than letters: characters that it has no piece for, and writes as bytes.
2. Its pieces are short for the script, and no more with the letters of each word in another order. Of words
   it knows long pieces, which a shuffle breaks (a permutation test; Fisher 1935, chapter 3).

A question without any letter, such as a number, has no meaning beyond its words either.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from random import Random
from statistics import fmean, pstdev

import numpy as np
from numpy.typing import NDArray

Cut = Callable[[str], NDArray[np.int32]]
"""An encoder's `token_spans`."""

_WORD = re.compile(r"[^\W\d_]+")
_BYTES = 1.6
"""Pieces a letter."""
_NAME = 4
"""Letters; fewer may be a word of characters that are rare."""
_SHORT = {
    "LATIN": 0.5,
    "GREEK": 0.5,
    "CYRILLIC": 0.5,
    "ARABIC": 0.7,
    "HEBREW": 0.7,
    "THAI": 0.95,
    "DEVANAGARI": 1.2,
}
"""Pieces a letter, by script; vowels that are left out, or that are marks, are no letters."""
_LEAST = 12
"""Letters; fewer can be shuffled in few ways."""
_SHUFFLES = 16
_DEVIATIONS = 1.5


def is_legible(question: str, cut: Cut) -> bool:
    """Whether the meaning of `question` can be asked for."""
    if not any(map(str.isalpha, question)):
        return any(unicodedata.category(character).startswith("S") for character in question)
    letters = list(filter(str.isalnum, question))
    pieces = len(cut(question))
    if pieces >= _BYTES * len(letters):
        return len(letters) < _NAME
    if len(letters) < _LEAST or pieces < sum(_SHORT.get(_script(letter), _BYTES) for letter in letters):
        return True
    return _order_matters(question, pieces, cut)


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _order_matters(question: str, pieces: int, cut: Cut) -> bool:
    draw = Random(question)
    shuffled = [
        _WORD.sub(lambda word: "".join(draw.sample(word[0], len(word[0]))), question)
        for _ in range(_SHUFFLES)
    ]
    counts = [len(cut(text)) for text in shuffled]
    # Half a piece, since counts are whole numbers.
    return fmean(counts) - pieces >= _DEVIATIONS * (pstdev(counts) + 0.5)
