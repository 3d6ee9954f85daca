"""The words by which a text is found, in any script; the same rules for passages and for queries.

Each stretch of text has *exact* forms and *loose* ones. A passage is found by both; a query asks for the
exact ones only. So `cafe` finds `café` while `café` finds only `café`, and a single Chinese character finds
every passage with it while two find only the pair.

| script                                       | exact                            | loose             |
|----------------------------------------------|----------------------------------|-------------------|
| Latin, Greek, Cyrillic                       | the word                         | without its marks |
| other scripts with spaces                    | the word                         |                   |
| Hangul                                       | the word, its pairs of syllables |                   |
| Chinese, Japanese, Thai, Lao, Khmer, Myanmar | pairs of characters              | single characters |

What writers leave out at will is left out everywhere: case, width, Arabic and Hebrew vowel points, tatweel,
the hamza on a letter, the nukta, joiners, and separators between groups of three digits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

VERSION = 1
"""Changes with every change of the rules; an index of another version rebuilds its full-text rows."""

_LONGEST = 64
"""Characters of a word that count, so that a file of noise without spaces stays cheap."""

_UNSPACED = (
    "\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3040-\u3096\u309d-\u30ff\u3100-\u312f\u31a0-\u31bf"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
    "\u0e00-\u0eff\u1780-\u17ff\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f"
)
_HANGUL = "\uac00-\ud7a3"
_RUNS = re.compile(f"([{_UNSPACED}]+)|([{_HANGUL}]+)|([^{_UNSPACED}{_HANGUL}]+)")
_DIGIT_GROUPS = re.compile(
    "(?<!\\d)(?<!\\d['’,.])\\d{1,3}([\u00a0\u2009\u202f\u066c'’,.])\\d{3}(?:\\1\\d{3})*(?!\\1?\\d)"
)

_OPTIONAL = frozenset(
    chr(codepoint)
    for first, last in (
        (0x0591, 0x05C7),  # Hebrew points and accents
        (0x0610, 0x061A),  # Arabic vowel points, hamza above and below, Koranic signs
        (0x064B, 0x065F),
        (0x0670, 0x0670),
        (0x06D6, 0x06ED),
        (0x08D3, 0x08FF),
        (0x093C, 0x093C),  # nukta of Devanagari and of Gurmukhi
        (0x0A3C, 0x0A3C),
        (0xFE00, 0xFE0F),  # variation selectors
        (0xE0100, 0xE01EF),
    )
    for codepoint in range(first, last + 1)
)
_ALIKE = {"ـ": "", "ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ı": "i"}
_MARKS = (*range(0x0300, 0x0370), *range(0x1AB0, 0x1B00), *range(0x1DC0, 0x1E00))
_WITHOUT_MARKS = str.maketrans(
    {
        **dict.fromkeys(map(chr, _MARKS), ""),
        "đ": "d",
        "ł": "l",
        "ø": "o",
        "ħ": "h",
        "ŧ": "t",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
    }
)


class _Plain(dict[int, str]):
    """What each character counts as, worked out when it is first met."""

    def __missing__(self, codepoint: int) -> str:
        self[codepoint] = plain = _plain(chr(codepoint))
        return plain


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if character in _ALIKE:
        return _ALIKE[character]
    if category == "Mn" and character in _OPTIONAL:
        return ""
    # Joiners, soft hyphens and direction marks stand inside words; a zero-width space parts them.
    if category == "Cf" and character != "\u200b":
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    return character if category[0] in "LMN" else " "


_PLAIN = _Plain()


def words(text: str) -> list[str]:
    """Return the words by which `text` can be found, in order, repeated as often as they occur."""
    return [form for exact, loose in _forms(text) for form in (*exact, *loose)]


def query_words(text: str) -> list[str]:
    """Return the words that a query asks for, each once; all of them are among its `words`."""
    return list(dict.fromkeys(form for exact, _ in _forms(text) for form in exact))


def _forms(text: str) -> Iterator[tuple[list[str], list[str]]]:
    """Yield for each stretch of `text` its exact and its loose forms."""
    for unspaced, hangul, spaced in _RUNS.findall(_simplified(text)):
        if unspaced:
            characters = _characters(unspaced)
            yield (_pairs(characters), characters) if len(characters) > 1 else (characters, [])
        elif hangul:
            yield [hangul[:_LONGEST], *(_pairs(hangul) if len(hangul) > 2 else ())], []
        else:
            for word in spaced.split():
                if any(map(str.isalnum, word)):
                    yield _spaced_forms(word[:_LONGEST])


def _simplified(text: str) -> str:
    """Bring letters, marks and digits into one form, with spaces for all else."""
    joined = _DIGIT_GROUPS.sub(lambda number: number[0].replace(number[1], ""), text)
    folded = unicodedata.normalize("NFKC", joined).casefold().replace("i\u0307", "i")
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", folded).translate(_PLAIN))


def _spaced_forms(word: str) -> tuple[list[str], list[str]]:
    if word.isascii():
        return [word], []
    bare = unicodedata.normalize("NFC", unicodedata.normalize("NFD", word).translate(_WITHOUT_MARKS))
    return [word], [bare] if bare and bare != word else []


def _characters(run: str) -> list[str]:
    """Split into letters, each with the marks that follow it."""
    characters: list[str] = []
    for character in run:
        if characters and unicodedata.category(character)[0] == "M":
            characters[-1] += character
        else:
            characters.append(character)
    return characters


def _pairs(characters: list[str] | str) -> list[str]:
    return [first + second for first, second in pairwise(characters)]
