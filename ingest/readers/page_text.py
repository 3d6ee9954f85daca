"""Repairs to text off the page: hyphens, line breaks, ligatures, and Arabic words that stand backwards."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

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
