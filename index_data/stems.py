"""What the forms of one word have in common, told from the word alone.

A short question does not say in which language it is, and a name from it may stand in a text in another. So
the endings are those that nouns and adjectives take in the languages of a script, all together, and only
endings of inflection: `universe` and `university` stay apart. Arabic follows the light10 rules (Larkey,
Ballesteros and Connell 2007).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_BEGINNING = 5
"""Letters at the start of a word that words of one family mostly share (McNamee and Mayfield 2004)."""
_COMPOUND = 10
"""Letters from which on a word may be a compound."""
_HEAD, _TAIL = 4, 5
"""The least letters of a compound before its last part, and of that part."""


def _longest_first(endings: str) -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(sorted(endings.split(), key=len, reverse=True))})$")


_LATIN = _longest_first(
    "ern en em ing ed arna erna orna arne erne ene nya kan lah"
    " ului ilor elor lor lui ul uri ami ach ego emu ych ých ymi ými owi ów om ou ům ej"
    " ssa ssä sta stä lla llä lle lta ltä ksi ban ben nak nek val vel hoz hez höz ból ből ról ről nál nél"
    " nin nın nun nün daki deki"
)
_LATIN_VOWELS = "aeiouyąęěíýáéůăâőűàèìòùäö"
_TURKISH = re.compile("l[ae]r(?:im|in|imiz|iniz|i)?(?:n?in|n?[dt][ae]n?|[ny]?[ae]|[ny]?i|yl[ae])?$")
_CYRILLIC = _longest_first(
    "ами ями ах ях ов ев ей ой ий ый ом ем ам ям ым им ыми ими ых их ого его ому ему ая яя ое ее ые ие ую"
    " юю ою ия ии ию ией ием иям иями иях ість ості ів їв ією а я о е ё и і ї ы у ю ь й є"
)
_GREEK = _longest_first(
    "οσ ησ ασ εσ ουσ εισ ων ου ον οι ματα ματοσ ματων α ο η ι υ ε ω"
    " όσ ήσ άσ έσ ούσ είσ ών ού όν οί ά ό ή ί ύ έ ώ"
)
_INDIC = _longest_first("ियों ियाँ ियां ाओं ाएँ ाएं ओं एँ एं ें ों ाँ ा े ी ि ो ू ु")
_HEBREW_BEFORE = re.compile("^(?:וה|שה|וב|ול|ומ|וש|כש|מה|בה|לה|[הובלמשכ])(?=.{3})")
_HEBREW_AFTER = re.compile("(?<=.{3})(?:ים|ות|ה)$")
_ARABIC_BEFORE = re.compile("^(?:(?:وال|بال|كال|فال|لل)(?=.{3})|ال(?=.{2})|و(?=.{3}))")
_ARABIC_AFTER = re.compile("(?<=..)(?:ها|ان|ات|ون|ين|يه|(?<=...)[هي])$")
_DOUBLED = re.compile(r"(?<=..)([b-df-hj-np-tv-z])\1$")
_SILENT_E = re.compile("[b-df-hj-np-tv-z][aeiou][b-df-hj-np-tvz]")
"""What is left of `making`, but not of `sitting` or `seeing`."""


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """Return a word of `words.words` without the endings, and articles, that say nothing of its subject."""
    first = word[0]
    if first.isdigit():
        return word
    if first < "\u0250" or "\u1e00" <= first < "\u1f00":
        return _latin(word)
    if first < "\u0400":
        return _without(word, _GREEK, 3, 4)
    if first < "\u0530":
        return _without(word, _CYRILLIC, 3, 3)
    if "\u0590" <= first < "\u0600":
        return _HEBREW_AFTER.sub("", _HEBREW_BEFORE.sub("", word))
    if "\u0600" <= first < "\u0780":
        return _ARABIC_AFTER.sub("", _ARABIC_AFTER.sub("", _ARABIC_BEFORE.sub("", word)))
    if "\u0900" <= first < "\u0980":
        return _without(word, _INDIC, 2, 2)
    return word


def beginning(word: str) -> str | None:
    """Return what a word shares with most of its family; None for one that is no longer than that."""
    if "\u0590" <= word[0] < "\u0780":
        word = stem(word)
    return word[:_BEGINNING] if len(word) >= _BEGINNING else None


def last_parts(word: str) -> Iterable[str]:
    """Yield what may be the last part of a compound, as `Netzwerk` is of `Handelsnetzwerk`."""
    if len(word) >= _COMPOUND and word.isalpha():
        for start in range(_HEAD, len(word) - _TAIL + 1):
            yield word[start:]


def _without(word: str, endings: re.Pattern[str], least: int, least_before_one: int) -> str:
    """Take off the longest ending that leaves `least` letters; more of them where it is a single letter."""
    ending = endings.search(word, least)
    if ending and (len(ending[0]) > 1 or ending.start() >= least_before_one):
        return word[: ending.start()]
    return word


def _latin(word: str) -> str:
    turkish = _TURKISH.sub("", word)
    if turkish != word and len(turkish) >= 3:
        return turkish
    if word.endswith("s") and len(word) > 3 and word[-2] not in "su" and word != "news":
        word = word[: -2 if word.endswith("xes") else -1]
    ending = _LATIN.search(word, 3)
    if ending and (ending.start() > 3 or len(ending[0]) > 2 or ending[0] == "ed"):
        word = word[: ending.start()]
        if ending[0] in {"ed", "ing"} and len(word) == 3 and _SILENT_E.fullmatch(word):
            return word + "e"
    elif word.endswith("er") and len(word) > 5 and not word.isascii():
        word = word[:-2]
    while len(word) > 4 and word[-1] in _LATIN_VOWELS:
        word = word[:-1]
    return _DOUBLED.sub(r"\1", word[:-1] + "i" if word.endswith("y") else word)
