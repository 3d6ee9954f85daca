"""Whether a question can be read, or only spelled: of letters in no order a vector says nothing.

Two signs:

1. The encoder cuts it into more pieces than letters: characters without a piece of their own, in bytes.
2. Its letters follow each other as they would by chance, and not as in any language of their script.

A question without any letter, such as a number, has no meaning beyond its words either.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from search.letters import letter_model

Cut = Callable[[str], NDArray[np.int32]]
"""An encoder's `token_spans`."""

_BYTES = 1.6
"""Pieces a letter."""
_NAME = 4
"""Letters; fewer may be a word of characters that are rare."""
_LEAST = 5
"""Letters; fewer may be an abbreviation."""
_DRAWN = -3.0
"""Nats: twenty times likelier drawn at random than written."""


def is_legible(question: str, cut: Cut) -> bool:
    """Whether the meaning of `question` can be asked for."""
    if not any(map(str.isalpha, question)):
        return any(unicodedata.category(character).startswith("S") for character in question)
    letters = sum(map(str.isalnum, question))
    if len(cut(question)) >= _BYTES * letters:
        return letters < _NAME
    odds, known, unknown = letter_model().log_odds(question)
    return odds > _DRAWN or known < _LEAST or known <= unknown
