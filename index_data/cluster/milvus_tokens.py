"""Words written so that every tokenizer of Milvus leaves them whole: small letters and digits of ASCII only.

What parts words differs between servers, and none knows ours: `≈hous` would lose its sign and a Thai word its
vowels. A character that is no small letter or digit becomes a sign and its number, so that what begins alike
is written alike, too. A text begins and ends with a space, which makes `% hous%` find what begins with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from string import ascii_lowercase, digits

MOST_BYTES = 65_535
"""What Milvus takes for the words of a passage; those beyond, in order, do not find it."""

_SHORT, _LONG = "q", "j"
"""Signs before a number of three digits to the base of 36, and of four; they are rare letters."""
_DIGITS = digits + ascii_lowercase
_BASE = len(_DIGITS)


class _Letters(dict[int, str]):
    """How each character is written, worked out when it is first met."""

    def __missing__(self, codepoint: int) -> str:
        places = 3 if codepoint < _BASE**3 else 4
        sign = _SHORT if places == 3 else _LONG
        number = "".join(_DIGITS[codepoint // _BASE**place % _BASE] for place in reversed(range(places)))
        self[codepoint] = written = sign + number
        return written


_LETTERS = _Letters((ord(one), one) for one in _DIGITS if one not in {_SHORT, _LONG})


@lru_cache(maxsize=1 << 16)
def token(word: str) -> str:
    """Write one word, which has no space; different words are written differently."""
    return word.translate(_LETTERS)


def tokens(words: Iterable[str]) -> str:
    """Write words one after the other, as far as Milvus takes them."""
    written = f" {' '.join(map(token, words))} "
    if len(written) > MOST_BYTES:
        written = written[: written.rindex(" ", 0, MOST_BYTES) + 1]
    return written
