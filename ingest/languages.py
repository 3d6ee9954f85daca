"""The language of a text: its script where that tells, else statistics."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache
from math import inf

UNKNOWN = "und"
MIN_LETTERS = 20
"""Fewer do not tell one language of a script from another."""
MIN_EVIDENCE = 15.0
"""How many times likelier, as a natural logarithm, another language than the expected one has to be."""
_SAMPLE_CHARACTERS = 300
"""Taken from each of three places of a long text."""
_KANA_SHARE = 0.05
"""More kana among Han characters make a text Japanese; Chinese quotes a word now and then."""

_BY_SCRIPT = {
    "ARMENIAN": "hy",
    "CJK": "zh",
    "GEORGIAN": "ka",
    "GREEK": "el",
    "GUJARATI": "gu",
    "GURMUKHI": "pa",
    "HANGUL": "ko",
    "HEBREW": "he",
    "HIRAGANA": "ja",
    "KANNADA": "kn",
    "KHMER": "km",
    "LAO": "lo",
    "MALAYALAM": "ml",
    "MYANMAR": "my",
    "ORIYA": "or",
    "SINHALA": "si",
    "TAMIL": "ta",
    "TELUGU": "te",
    "THAANA": "dv",
    "THAI": "th",
    "TIBETAN": "bo",
}
"""Scripts that one language uses almost alone."""
_WEIGHTS = {"CJK": 3, "HANGUL": 3, "HIRAGANA": 3}
"""Scripts that say with one character what others say with several, so that code in prose does not win."""
_SAME_SCRIPT = {"KATAKANA": "HIRAGANA", "KATAKANA-HIRAGANA": "HIRAGANA", "HALFWIDTH": "HIRAGANA"}


def language_of(text: str, *, expected: str = UNKNOWN) -> str:
    """Name the language of `text` by its ISO 639-1 code, or a longer code for a language without one.

    A text that is too short to tell, or could as well be in the language `expected`, is taken to be in that.
    """
    sample = _sample(text)
    scripts = Counter(filter(None, map(_script, sample)))
    if not scripts:
        return expected
    script = max(scripts, key=lambda name: scripts[name] * _WEIGHTS.get(name, 1))
    if script == "CJK" and scripts["HIRAGANA"] > _KANA_SHARE * scripts["CJK"]:
        script = "HIRAGANA"
    if script in _BY_SCRIPT:
        return _BY_SCRIPT[script]
    if scripts[script] < MIN_LETTERS:
        return expected
    if len(scripts) > 1:
        sample = "".join(letter if _script(letter) in {script, None} else " " for letter in sample)
    return _by_statistics(sample, expected)


def _sample(text: str) -> str:
    if len(text) <= 3 * _SAMPLE_CHARACTERS:
        return text
    starts = (0, (len(text) - _SAMPLE_CHARACTERS) // 2, len(text) - _SAMPLE_CHARACTERS)
    return " ".join(text[start : start + _SAMPLE_CHARACTERS] for start in starts)


@lru_cache(maxsize=4096)
def _script(character: str) -> str | None:
    """Take the first word of a letter's name, LATIN or CJK or ...; None for what is no letter."""
    if not character.isalpha():
        return None
    name = unicodedata.name(character, "").partition(" ")[0]
    return _SAME_SCRIPT.get(name, name)


def _by_statistics(text: str, expected: str) -> str:
    # Its import takes most of a second, which folders in scripts of their own need not spend.
    import py3langid

    ranking: list[tuple[str, float]] = py3langid.rank(text)
    likelihoods = dict(ranking)
    well_known = next(language for language, _ in ranking if len(language) == 2)
    # Mixed passages look like some rare language; only a whole document is believed to be in one.
    best = ranking[0][0] if expected == UNKNOWN else well_known
    for language in (expected, well_known):
        if likelihoods[best] - likelihoods.get(language, -inf) < MIN_EVIDENCE:
            return language
    return expected if best == "zxx" else best
