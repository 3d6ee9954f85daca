"""Where a text may be cut without tearing apart what a reader sees as one character."""

from __future__ import annotations

import unicodedata

_LONGEST = 64
"""Characters; a longer cluster is no writing, and may be cut anywhere."""
_JOINERS = "\u200c\u200d"
_EMOJI_PARTS = ((0x1F3FB, 0x1F3FF), (0xE0020, 0xE007F))
_FLAG_LETTERS = ("\U0001f1e6", "\U0001f1ff")
_VIRAMA = 9


def border_near(text: str, position: int, *, after: int, until: int) -> int:
    """Find a border at `position`, else before it but `after` a place, else behind it `until` a place.

    All are characters. Where no border is near, the answer is `position`.
    """
    before = range(position, max(after, position - _LONGEST), -1)
    behind = range(position + 1, min(until, position + _LONGEST) + 1)
    return next((place for place in (*before, *behind) if is_border(text, place)), position)


def is_border(text: str, position: int) -> bool:
    """Tell whether a cluster ends at `position`; stricter than Unicode (UAX 29) where letters join."""
    if position <= 0 or position >= len(text):
        return True
    before, after = text[position - 1], text[position]
    if before < "\u0300" and after < "\u0300":
        return (before, after) != ("\r", "\n")
    return not (
        _extends(after)
        or before == "\u200d"
        or unicodedata.combining(before) == _VIRAMA
        or (_is_jamo(before) and "\u1160" <= after <= "\u11ff")
        or (_is_flag_letter(after) and _flag_letters_before(text, position) % 2 == 1)
    )


def _extends(character: str) -> bool:
    return (
        unicodedata.category(character) in {"Mn", "Me", "Mc"}
        or character in _JOINERS
        or any(first <= ord(character) <= last for first, last in _EMOJI_PARTS)
    )


def _is_jamo(character: str) -> bool:
    return "\u1100" <= character <= "\u11ff" or "\uac00" <= character <= "\ud7a3"


def _is_flag_letter(character: str) -> bool:
    return _FLAG_LETTERS[0] <= character <= _FLAG_LETTERS[1]


def _flag_letters_before(text: str, position: int) -> int:
    """Count the flag letters in a row before `position`; two make a flag."""
    place = position
    while place > max(0, position - _LONGEST) and _is_flag_letter(text[place - 1]):
        place -= 1
    return position - place
