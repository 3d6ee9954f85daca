"""Where the words of a text stand, in any script, as people read them.

Where spaces divide words, a word is what stands between them, without punctuation. Chinese, Japanese, Thai,
Lao, Khmer, Myanmar and Tibetan have no spaces: there, a word is a piece of the encoder's tokenizer, joined
with its neighbours until it has two grapheme clusters (Unicode Standard Annex 29), so that no letter loses
its marks.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import regex
from numpy.typing import NDArray

_CLUSTERS = 2
"""In a word of a script without spaces, at least, unless it stands alone."""
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}ー"
_LETTER = rf"[[\p{{L}}\p{{N}}\p{{M}}_]--[{_UNSPACED}]]"
_RUN = regex.compile(
    rf"(?P<unspaced>[{_UNSPACED}](?:[{_UNSPACED}]|\p{{M}})*+)|{_LETTER}(?:{_LETTER}|['’.](?={_LETTER}))*+",
    regex.V1,
)
_CLUSTER = regex.compile(r"[\u0e40-\u0e44\u0ec0-\u0ec4]*+\X\p{M}*+")
"""With the vowels that Thai and Lao write before their consonant."""
_ALL_PUNCTUATION = regex.compile(r"[\p{M}\p{P}\p{S}]+")


def word_spans(text: str, tokens: NDArray[np.int32]) -> NDArray[np.int64]:
    """Find the words of `text`, whose tokens stand at int32 (T, 2): int64 (N, 2), characters, ascending."""
    starts = tokens[:, 0]
    spans: list[tuple[int, int]] = []
    for run in _RUN.finditer(text):
        if run["unspaced"] is None:
            spans.append(run.span())
        elif not _ALL_PUNCTUATION.fullmatch(run[0]):
            inside = starts[np.searchsorted(starts, run.start()) : np.searchsorted(starts, run.end())]
            spans += _joined(run[0], run.start(), set(inside.tolist()))
    return np.array(spans, dtype=np.int64).reshape(-1, 2)


def owners(tokens: NDArray[np.int32], words: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find the word that holds each token's last character: int64 (T,), -1 where none does."""
    if not len(words):
        return np.full(len(tokens), -1, dtype=np.int64)
    lasts = tokens[:, 1] - 1
    word = np.searchsorted(words[:, 0], lasts, side="right") - 1
    return np.where((word >= 0) & (lasts < words[word, 1]), word, -1)


def _joined(run: str, start: int, pieces: set[int]) -> Iterator[tuple[int, int]]:
    """Cut a run where pieces begin, but nowhere inside a cluster, and into no less than `_CLUSTERS`."""
    begins = [start + cluster.start() for cluster in _CLUSTER.finditer(run)]
    end = start + len(run)
    cuts, since = [start], 0
    for place, begin in enumerate(begins):
        if begin in pieces and place - since >= _CLUSTERS and len(begins) - place >= _CLUSTERS:
            cuts.append(begin)
            since = place
    yield from zip(cuts, [*cuts[1:], end], strict=True)
