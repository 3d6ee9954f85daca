"""Which sentence of a passage answers the question, in whatever language it is written."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from encoder.interface import Embedder, Window
from index_data.sentences import sentence_ends
from index_data.stop_words import telling_words
from index_data.words import query_words, words


def answering_sentences(
    query: NDArray[np.float32], passages: Sequence[str], embedder: Embedder
) -> list[tuple[int, int]]:
    """Find each passage's sentence nearest to `query`, float32 (D,), as (start, end) in characters.

    An encoder that pools by the mean reads a passage in one pass, and so each sentence in its context.
    """
    spans = [_sentences(passage) for passage in passages]
    windows = [Window(passage, inside) for passage, inside in zip(passages, spans, strict=True)]
    cosines = iter((embedder.embed_passages(windows) @ query).tolist())  # (sentences of all passages,)
    return [max(zip(islice(cosines, len(inside)), inside, strict=True))[1] for inside in spans]


def matching_sentence(query: str, passage: str) -> tuple[int, int]:
    """Find the first sentence that shares most telling words with `query`, as (start, end) in characters."""
    wanted = set(telling_words(query_words(query)))
    return max(_sentences(passage), key=lambda span: len(wanted & set(words(passage[slice(*span)]))))


def _sentences(passage: str) -> tuple[tuple[int, int], ...]:
    """Tile a passage with its sentences, as (start, end) in characters."""
    ends = [end for end in sentence_ends(passage).tolist() if end < len(passage)]
    return tuple(zip([0, *ends], [*ends, len(passage)], strict=True))
