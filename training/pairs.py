"""Aligned pairs of texts: the one record that every source yields and every step reads."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SPACE = re.compile(r"\s+")


class Pair(NamedTuple):
    """Two texts that mean the same, or (source `queries`) a passage and what asks for it.

    The first is English in every source but the sentence pairs between other languages.
    """

    first_lang: str
    second_lang: str
    first: str
    second: str


def fold_space(text: str) -> str:
    """Return the text with every run of white space as one blank, none at the ends."""
    return SPACE.sub(" ", text).strip()


def read_pairs(path: Path) -> Iterator[Pair]:
    """Yield the pairs of one tab-separated file."""
    with path.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield Pair(*line.rstrip("\n").split("\t"))
