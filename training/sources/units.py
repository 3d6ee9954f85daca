"""Pages as aligned units: from the units of a page come sentence pairs, passages and queries."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from training.pairs import Pair

PASSAGE_CHARS = 700
"""English characters after which a passage is closed: about 150 to 200 pieces."""


class Unit(NamedTuple):
    """One block of a page in English and in another language."""

    is_heading: bool
    english: str
    other: str


def unit_pairs(lang: str, units: list[Unit]) -> Iterator[Pair]:
    """Yield each unit by itself."""
    for unit in units:
        yield Pair("en", lang, unit.english, unit.other)


def passage_pairs(lang: str, units: list[Unit]) -> Iterator[Pair]:
    """Yield consecutive units joined into passages; the end of a page too, if it is long enough."""
    english: list[str] = []
    other: list[str] = []
    for unit in units:
        english.append(unit.english)
        other.append(unit.other)
        if sum(map(len, english)) >= PASSAGE_CHARS:
            yield Pair("en", lang, " ".join(english), " ".join(other))
            english, other = [], []
    if sum(map(len, english)) >= PASSAGE_CHARS // 3:
        yield Pair("en", lang, " ".join(english), " ".join(other))


def query_pairs(lang: str, units: list[Unit]) -> Iterator[Pair]:
    """Yield (English paragraph, heading before it in the other language)."""
    for heading, body in pairwise(units):
        if heading.is_heading and not body.is_heading and len(body.english) >= 60:
            yield Pair("en", lang, body.english, heading.other)
