"""The everyday sentence pairs, and English found for pairs of other languages by way of a shared sentence."""

import lzma
from collections.abc import Iterator
from pathlib import Path

from training.languages import short_code
from training.pairs import Pair, fold_space

UNWANTED = frozenset({"jpn_Hira", "jpn_Kana", "jpn_Hani"})


def sentence_rows(path: Path) -> Iterator[Pair]:
    """Yield every row of the corpus file, languages as short codes."""
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            fields = line.rstrip("\n").split("\t")
            if len(fields) == 5 and not UNWANTED.intersection(fields[1:3]):
                first, second = short_code(fields[1]), short_code(fields[2])
                yield Pair(first, second, fold_space(fields[3]), fold_space(fields[4]))


def pivoted(with_english: list[Pair], others: list[Pair]) -> Iterator[Pair]:
    """Yield English pairs made from other pairs, linked by a text that also stands beside English."""
    english = {(pair.second_lang, pair.second): pair.first for pair in with_english}
    for pair in others:
        from_first = english.get((pair.first_lang, pair.first))
        from_second = english.get((pair.second_lang, pair.second))
        if from_first is not None:
            yield Pair("en", pair.second_lang, from_first, pair.second)
        if from_second is not None:
            yield Pair("en", pair.first_lang, from_second, pair.first)
