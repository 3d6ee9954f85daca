"""Where the words of a question stand in a text, so that they can be shown in bold."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from index_data.words import finding, query_words, words

Span = tuple[int, int]
"""(start, end) in characters, end-exclusive."""

_exact_forms = lru_cache(maxsize=4096)(query_words)


def matching_spans(text: str, question: str) -> list[Span]:
    """Find the words of `question` in `text` by the rules of the lexical channel, in order."""
    wanted = set(map(finding, query_words(question)))
    spans: list[Span] = []
    for start, end in _matches(text, wanted) if wanted else ():
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _matches(text: str, wanted: set[str]) -> Iterator[Span]:
    for characters in _stretches(text):
        start, end = characters[0][0], characters[-1][1]
        if len(_exact_forms(text[start:end])) == 1:
            if not wanted.isdisjoint(words(text[start:end])):
                yield start, end
        else:
            for piece in _pieces(characters):
                forms = _exact_forms(text[slice(*piece)])
                if len(forms) == 1 and not wanted.isdisjoint(forms):
                    yield piece


def _pieces(characters: list[Span]) -> list[Span]:
    """Up to three characters on end, in order."""
    return sorted(
        (first[0], last[1])
        for length in range(3)
        for first, last in zip(characters, characters[length:], strict=False)
    )


def _stretches(text: str) -> Iterator[list[Span]]:
    """Characters, each with its marks, in runs that the analyser takes for one word or cuts into pairs."""
    stretch: list[Span] = []
    for start, end in _letters(text):
        if stretch:
            touching = stretch[-1][1] == start
            if not touching or len(_exact_forms(text[stretch[-1][0] : end])) > 1:
                yield stretch
                stretch = []
        stretch.append((start, end))
    if stretch:
        yield stretch


def _letters(text: str) -> Iterator[Span]:
    start = None
    for place, character in enumerate(text):
        category = unicodedata.category(character)[0]
        if start is not None and category != "M":
            yield start, place
            start = None
        if category in "LN":
            start = place
    if start is not None:
        yield start, len(text)
