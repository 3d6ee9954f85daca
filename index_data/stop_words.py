"""Which words of a question say what it is about.

In an index of many languages the small words of a rare one are rare too, and BM25 would take the passages in
the question's language for the best ones, whatever they are about.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, reduce

from stopwordsiso import langs, stopwords

from index_data.words import query_words

_SENTENCE = 3
"""Stop words of one language that make a question a sentence; fewer may be words of another language."""


def telling_words(asked: Sequence[str]) -> list[str]:
    """Return the words of a question without the stop words of its language, or all if there are no others.

    Its language is the one with most stop words in it; where several have as many, their common ones count.
    """
    found = [frozenset(asked) & stop_words for stop_words in _stop_words()]
    most = max(map(len, found))
    if most < _SENTENCE:
        return list(asked)
    silent = reduce(frozenset.intersection, (words for words in found if len(words) == most))
    return [word for word in asked if word not in silent] or list(asked)


@cache
def _stop_words() -> tuple[frozenset[str], ...]:
    """Read the stop words of each language, in the form of a query's words."""
    return tuple(frozenset(query_words(" ".join(stopwords(language)))) for language in langs())
