"""Queries that nothing answers, made from a seed: letters, keys, digits, and real words in no order."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from encoder.tuning.trials import GENERAL
from index_data.words import query_words

LETTERS = {
    "Latin": "abcdefghijklmnopqrstuvwxyz",
    "Cyrillic": "абвгдежзийклмнопрстуфхцчшщыьэюя",
    "Greek": "αβγδεζηθικλμνξοπρστυφχψω",
    "Arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "Hebrew": "אבגדהוזחטיכלמנסעפצקרשת",
    "Devanagari": "अआइईउएकखगघचछजझटठडढतथदधनपफबभमयरलवशसहाािीुेेो्",
    "Thai": "กขคงจฉชซญฐณดตถทธนบปผฝพฟภมยรลวศษสหอะาาิีุูเแโไ่้",
    "Hangul": "".join(map(chr, range(0xAC00, 0xD7A4, 61))),
    "Hiragana": "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろ",
    "Han": "".join(map(chr, range(0x4E00, 0x9FA0, 37))),
}
ROWS = {
    "Latin": ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
    "Cyrillic": ("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"),
    "Arabic": ("ضصثقفغعهخحج", "شسيبلاتنمكط", "ئءؤرىةوزظ"),
    "Greek": ("ερτυθιοπ", "ασδφγηξκλ", "ζχψωβνμ"),
}
"""Rows of keyboards."""


@dataclass(frozen=True, slots=True)
class Gibberish:
    """A query without meaning."""

    kind: str
    letters: str
    """Its script, or the language of its words."""
    text: str


def gibberish(count: int, seed: int = 0) -> list[Gibberish]:
    """Make `count` queries of each kind in each script or language."""
    draw = Random(seed)
    vocabulary = _vocabulary()
    found = []
    for _ in range(count):
        found += [
            *(Gibberish("letters", name, _letters(draw, letters)) for name, letters in LETTERS.items()),
            *(Gibberish("keys", name, _keys(draw, rows)) for name, rows in ROWS.items()),
            Gibberish("digits", "", _digits(draw)),
            *(Gibberish("words", name, _salad(draw, [words])) for name, words in vocabulary.items()),
            Gibberish("words", "several", _salad(draw, list(vocabulary.values()))),
        ]
    return found


def _letters(draw: Random, letters: str) -> str:
    """Spell two to five words at random, or one run where the script has no spaces."""
    words = ["".join(draw.choices(letters, k=draw.randint(3, 9))) for _ in range(draw.randint(2, 5))]
    return ("" if letters in {LETTERS["Thai"], LETTERS["Hiragana"], LETTERS["Han"]} else " ").join(words)


def _keys(draw: Random, rows: Sequence[str]) -> str:
    """Strike keys as a hand does that rests on one row: neighbours, back and forth."""
    words = []
    for _ in range(draw.randint(1, 4)):
        row = draw.choice(rows)
        place, word = draw.randrange(len(row)), ""
        for _ in range(draw.randint(4, 10)):
            word += row[place]
            place = min(max(place + draw.choice((-2, -1, 1, 2)), 0), len(row) - 1)
        words.append(word)
    return " ".join(words)


def _digits(draw: Random) -> str:
    return " ".join(str(draw.randrange(10**4, 10**9)) for _ in range(draw.randint(1, 4)))


def _salad(draw: Random, vocabularies: Sequence[Sequence[str]]) -> str:
    """Put five to nine words side by side that stood in different sentences."""
    return " ".join(draw.choice(draw.choice(vocabularies)) for _ in range(draw.randint(5, 9)))


def _vocabulary() -> dict[str, list[str]]:
    """Collect the words of everyday facts by language."""
    words: dict[str, dict[str, None]] = defaultdict(dict)
    for line in GENERAL.read_text(encoding="utf-8").splitlines():
        for language, sentence in json.loads(line)["passages"].items():
            words[language] |= dict.fromkeys(query_words(sentence))
    return {language: list(found) for language, found in words.items()}
