"""Repairs to text off the page: hyphens, line breaks, ligatures, words that stand backwards or are torn."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from itertools import pairwise
from typing import Self

from ingest.readers.flowing_text import printable

_PRINT_FORMS = re.compile("[\u2e80-\u2fdf\uf900-\ufdff\ufe70-\ufeff]+")
"""Radicals, compatibility ideographs, ligatures and Arabic presentation forms: glyphs rather than letters."""
_IDEOGRAPHIC = (
    "\u2e80-\u2fdf\u3005-\u3007\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_STOPS = "。！？"
_MARKS = "\u3001\u3008-\u3011\uff00-\uff65" + _STOPS
_SPACE_INSIDE = re.compile(f"(?<=[{_IDEOGRAPHIC}])[ \t\u3000]+(?=[{_IDEOGRAPHIC}])")
_BREAK_INSIDE = re.compile(f"(?<=[{_IDEOGRAPHIC}\u3001\uff0c])[ \t]*\n[ \t]*(?=[{_IDEOGRAPHIC}{_MARKS}])")
_LINE_END_HYPHEN = re.compile("[\x02\ufffe\u00ad][ \t]*\n?")
_ARABIC_WORD = re.compile("[\u0620-\u065f\u066e-\u06d3\u06d5-\u06ef\u06fa-\u06ff\u0750-\u077f\u08a0-\u08ff]+")
_INDIC_LETTER = re.compile("[\u0900-\u0dff]")
"""Of the scripts from Devanagari to Sinhala, in which a cluster is several characters."""
_THAI_LETTER = re.compile("[\u0e00-\u0eff]")
_LEAST_ALIKE = 0.5
_TEH_MARBUTA = "\u0629"
"""A letter that only ends words."""


def repaired(text: str) -> str:
    """Turn the glyphs of a page into letters: no broken words, no ligatures, no control characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _LINE_END_HYPHEN.sub("", text)
    text = _PRINT_FORMS.sub(lambda forms: unicodedata.normalize("NFKC", forms[0]), printable(text))
    text = _BREAK_INSIDE.sub("", _SPACE_INSIDE.sub("", text))
    return text.strip()


def mostly_arabic(text: str) -> bool:
    """Tell whether more than half of the letters are of the Arabic script."""
    arabic = sum(map(len, _ARABIC_WORD.findall(text)))
    return 2 * arabic > sum(map(str.isalpha, text))


def spelt_like(other: str, text: str) -> str:
    """Turn around the Arabic words of `text` that `other`, a second reading of the page, has backwards."""
    listed = _ARABIC_WORD.findall(other)
    # A word with a zero-width non-joiner comes as one here and as two there, in either order.
    words = {*listed, *(a + b for a, b in pairwise(listed)), *(b + a for a, b in pairwise(listed))}

    def spelt(word: re.Match[str]) -> str:
        backwards = word[0][::-1]
        wrong = word[0] not in words and (backwards in words or word[0].startswith(_TEH_MARBUTA))
        return backwards if wrong else word[0]

    return _ARABIC_WORD.sub(spelt, text)


def mostly_indic(text: str) -> bool:
    """Tell whether more than half of the letters are of an Indic script."""
    return 2 * len(_INDIC_LETTER.findall(text)) > sum(map(str.isalnum, text))


def mostly_thai(text: str) -> bool:
    """Tell whether more than half of the letters are Thai or Lao."""
    return 2 * len(_THAI_LETTER.findall(text)) > sum(map(str.isalnum, text))


def joined_like(other: str, text: str) -> str:
    """Take out the spaces of `text` that `other`, a second reading of the page, has not.

    One reader tears words behind clusters, the other loses their marks and tears words elsewhere; so they are
    compared by letters alone, and a space is one where both have one. If they hardly agree, all stay.
    """
    ours, theirs = _Letters.of(text), _Letters.of(other)
    pairs = SequenceMatcher(None, ours.letters, theirs.letters, autojunk=False)
    if pairs.ratio() < _LEAST_ALIKE:
        return text
    blocks = pairs.get_matching_blocks()
    torn = {place for at, place in ours.spaces.items() if not theirs.spaces.keys() & _same_places(at, blocks)}
    return "".join(character for at, character in enumerate(text) if at not in torn)


def without_repeats(other: str, text: str) -> str:
    """Take out the clusters of `text` that `other`, a second reading of the page without some marks, has not.

    If the two hardly agree, all stay.
    """
    ours, theirs = _Letters.of(text), _Letters.of(other.replace("\0", ""))
    pairs = SequenceMatcher(None, ours.letters, theirs.letters, autojunk=False)
    if pairs.ratio() < _LEAST_ALIKE:
        return text
    places = [*ours.places, len(text)]
    kept = [(0, places[0])]
    for what, start, end, _, _ in pairs.get_opcodes():
        if what in ("equal", "replace"):
            kept.append((places[start], places[end]))
    return "".join(text[start:end] for start, end in kept)


@dataclass(frozen=True, slots=True)
class _Letters:
    """The letters of a text without their marks; a character that a reader could not name is one."""

    letters: str
    places: list[int]
    """Where each stands in the text."""
    spaces: dict[int, int]
    """The places of spaces, by the letter before."""

    @classmethod
    def of(cls, text: str) -> Self:
        letters: list[str] = []
        places: list[int] = []
        spaces: dict[int, int] = {}
        for at, character in enumerate(text):
            if character.isspace():
                spaces[len(letters) - 1] = at
            elif unicodedata.category(character)[0] != "M":
                letters.append(unicodedata.normalize("NFD", character)[0])
                places.append(at)
        return cls("".join(letters), places, spaces)


def _same_places(at: int, blocks: Sequence[Match]) -> set[int]:
    """Find the letters of the other reading in the place of letter `at`, by what agrees before and behind."""
    before = bisect_right(blocks, at, key=lambda block: block.a) - 1
    behind = bisect_right(blocks, at + 1, key=lambda block: block.a + block.size)
    near = {max(before, 0), min(behind, len(blocks) - 1)}
    return {blocks[one].b + at - blocks[one].a for one in near}
