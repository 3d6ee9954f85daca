"""The words by which a text is found, in any script; the same rules for passages and for queries.

Each stretch of text has *exact* forms and *loose* ones. A passage holds both; a query asks for the exact
ones only. So `cafe` finds `café` while `café` finds only `café`, and a single Chinese character finds every
passage with it while two find only the pair.

| script                    | exact                            | loose                           |
|---------------------------|----------------------------------|---------------------------------|
| Latin, Greek, Cyrillic    | the word                         | without its marks, `ae` for `ä` |
| other scripts with spaces | the word                         |                                 |
| Hangul                    | the word, its pairs of syllables |                                 |
| Chinese, Japanese         | pairs of characters              | single characters               |
| Thai, Lao, Khmer, Myanmar | characters by three              | by two                          |

Words in scripts with spaces also have *kin*: `≈hous` for all forms of `house`, and for a long word also what
may be its last part; `›house` for all words that begin so. A query finds passages by the first and ranks them
by both (`finding` and `ranking`); phrases and exclusions keep to exact forms.

What writers leave out at will is left out everywhere: case, width, Arabic and Hebrew vowel points, tatweel,
the hamza on a letter, the nukta, joiners, a long vowel mark at the end of a katakana word, and separators
between groups of three digits. `C++` and `C#` are words of their own, and `C` finds them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import add
from typing import NamedTuple

from index_data.stems import beginning, last_parts, stem

VERSION = 2
"""Changes with every change of the rules; an index of another version rebuilds its full-text rows."""

_LONGEST = 64
"""Characters of a word that count, so that a file of noise without spaces stays cheap."""

_PAIRED = (
    "\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3040-\u3096\u309d-\u30ff\u3100-\u312f\u31a0-\u31bf"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_TRIPLED = "\u0e00-\u0eff\u1780-\u17ff\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f"
_HANGUL = "\uac00-\ud7a3"
_RUNS = re.compile(f"([{_PAIRED}]+)|([{_TRIPLED}]+)|([{_HANGUL}]+)|([^{_PAIRED}{_TRIPLED}{_HANGUL}]+)")
_TRIPLED_MARKS = "".join(
    letter
    for first, _, last in zip(_TRIPLED[::3], _TRIPLED[1::3], _TRIPLED[2::3], strict=True)
    for letter in map(chr, range(ord(first), ord(last) + 1))
    if unicodedata.category(letter)[0] == "M"
)
_LETTER = re.compile(f".[{_TRIPLED_MARKS}]*")
"""With the marks that follow it; Chinese, Japanese and Korean letters have none in their stretches."""
_DIGIT_GROUPS = re.compile(
    "\\d(?<!\\d\\d)(?<!\\d['’,.]\\d)\\d{0,2}([\u00a0\u2009\u202f\u066c'’,.])\\d{3}(?:\\1\\d{3})*(?!\\1?\\d)"
)
_LONG_VOWEL = re.compile("(?<=[ァ-ヺー]{3})ー(?![ァ-ヺー])")
_LANGUAGE_NAMES = (
    ("++", re.compile(r"(?<=\w)\+\+(?![^\W\d]|\+)"), "ǁ"),
    ("#", re.compile(r"(?<![\w])([^\W\d_])#(?![\w#])"), r"\1ǂ"),
)
"""`++` and `#`, and letters that look like them, since signs part words."""
_STEM, _BEGINNING = "≈", "›"
"""No word of a text begins with these."""

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
        "ǁ": "",
        "ǂ": "",
    }
)
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})


class Unit(NamedTuple):
    """A step of a phrase."""

    exact: str
    loose: tuple[str, ...] = ()
    spaced: bool = True
    """It is a word; else it is a character, with its marks."""
    touching: bool = False
    """It is a character that follows another one in the same stretch."""
    listed: bool = True
    """It is among the `words` of each text that has it."""


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
    found: list[str] = []
    for paired, tripled, hangul, spaced in _RUNS.findall(_simplified(text)):
        if spaced:
            for word in spaced.split():
                found += _listed(word)
        else:
            for forms in _of_characters(paired, tripled, hangul):
                found += forms
    return found


def query_words(text: str) -> list[str]:
    """Return the exact words that a query asks for, each once; all of them are among its `words`."""
    found: list[str] = []
    for paired, tripled, hangul, spaced in _RUNS.findall(_simplified(text)):
        found += _kept(spaced) if spaced else _of_characters(paired, tripled, hangul)[0]
    return list(dict.fromkeys(found))


def units(text: str) -> list[Unit]:
    """Cut `text` into what a phrase is made of: words, and single characters where they are not spaced alike.

    Korean counts among the latter: its words carry particles, and writers differ in where they part them.
    """
    found: list[Unit] = []
    for paired, tripled, hangul, spaced in _RUNS.findall(_simplified(text)):
        if spaced:
            found += [Unit(word, _listed(word)[1:]) for word in _kept(spaced)]
        else:
            characters = _LETTER.findall(tripled) if tripled else list(paired or hangul)
            found += [
                Unit(one, spaced=False, touching=at > 0, listed=not tripled)
                for at, one in enumerate(characters)
            ]
    return found


def finding(word: str) -> str:
    """Return the form by which a query word finds passages; it is among the `words` of all that it finds."""
    return _STEM + stem(word) if _has_kin(word) else word


def ranking(word: str) -> list[str]:
    """Return the forms of a query word by which passages are ranked; `finding(word)` is the first."""
    if not _has_kin(word):
        return [word]
    start = beginning(word)
    return [_STEM + stem(word), word if start is None else _BEGINNING + start]


def _of_characters(paired: str, tripled: str, hangul: str) -> tuple[list[str], list[str]]:
    """Return the exact and the loose forms of a stretch without spaces, of which two are empty."""
    if hangul:
        return [hangul[:_LONGEST], *(_grams(hangul, 2) if len(hangul) > 2 else ())], []
    if paired:
        return (_grams(paired, 2), list(paired)) if len(paired) > 1 else ([paired], [])
    letters = _LETTER.findall(tripled)
    return (_grams(letters, 3), _grams(letters, 2)) if len(letters) > 2 else ([tripled], [])


def _kept(spaced: str) -> list[str]:
    """Return the words of a stretch with spaces; signs alone are none."""
    return [word[:_LONGEST] for word in spaced.split() if any(map(str.isalnum, word))]


def _simplified(text: str) -> str:
    """Bring letters, marks and digits into one form, with spaces for all else."""
    joined = _DIGIT_GROUPS.sub(lambda number: number[0].replace(number[1], ""), text)
    folded = unicodedata.normalize("NFKC", joined)
    # To look for a sign is ten times as fast as to look for a pattern.
    if "ー" in folded:
        folded = _LONG_VOWEL.sub("", folded)
    folded = folded.casefold().replace("i\u0307", "i")
    for sign, pattern, letter in _LANGUAGE_NAMES:
        if sign in folded:
            folded = pattern.sub(letter, folded)
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", folded).translate(_PLAIN))


@lru_cache(maxsize=1 << 16)
def _listed(word: str) -> tuple[str, ...]:
    """Return a word of a script with spaces, its loose forms and its kin; of signs alone nothing."""
    if not any(map(str.isalnum, word)):
        return ()
    word = word[:_LONGEST]
    spelled_out = word.translate(_SPELLED_OUT)
    loose = [] if word.isascii() else [_bare(word), spelled_out, _bare(spelled_out)]
    forms = list(dict.fromkeys([word, *filter(None, loose)]))
    stems = [
        *map(stem, forms),
        _bare(stem(word)),
        *(stem(part) for form in forms for part in last_parts(form)),
    ]
    beginnings = filter(None, map(beginning, forms))
    return (
        *forms,
        *(_STEM + form for form in dict.fromkeys(stems) if form),
        *(_BEGINNING + start for start in dict.fromkeys(beginnings)),
    )


def _bare(word: str) -> str:
    """Take the marks off a word; nothing may be left."""
    if word.isascii():
        return word
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", word).translate(_WITHOUT_MARKS))


def _has_kin(word: str) -> bool:
    return _RUNS.match(word)[4] is not None  # type: ignore[index]  # every character is in a run


def _grams(letters: Sequence[str], length: int) -> list[str]:
    grams: Iterable[str] = letters
    for at in range(1, length):
        grams = map(add, grams, letters[at:])
    return list(grams)
