"""Why a passage answers a question, in whatever language it is written."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from encoder.interface import Embedder, PoolingEmbedder, TokenStates, Window
from index_data.stop_words import telling_words
from index_data.words import finding, query_words, words
from search.answering_spans import best_span, sentences
from search.hits import Evidence, Witness
from search.pace import Pace
from search.read_words import read_words
from search.word_pairs import word_pairs
from search.word_shares import word_shares

Explained = tuple[tuple[int, int], Evidence]
"""The span that answers, as (start, end) in characters of the passage, and why."""


def explained(
    question: str,
    vector: NDArray[np.float32],
    passages: Sequence[str],
    embedder: Embedder,
    pace: Pace,
    deadline: float,
) -> list[Explained]:
    """Find what of each passage answers `question`, whose vector is float32 (D,), and why.

    One pass over each passage gives the vector of any span of it, the share of each word, and which words
    answer which. An encoder that does not show the states of its tokens gives the nearest sentence only.
    Of those for which the clock of `pace` leaves no time before `deadline` only the words are compared.
    """
    if isinstance(embedder, PoolingEmbedder) and embedder.pools_tokens:
        found: list[Explained] = []
        if states := pace.read(passages, deadline, embedder.token_states):
            [asked] = embedder.token_states([question], query=True)
            read = passages[: len(states)]
            found = explained_by_tokens(question, vector, read, asked, states, embedder)
    else:
        found = pace.read(passages, deadline, lambda few: _by_sentences(vector, few, embedder))
    return found + [explained_by_words(question, text) for text in passages[len(found) :]]


def explained_by_words(question: str, passage: str) -> Explained:
    """Find the first sentence that shares most telling words with `question`."""
    wanted = set(map(finding, telling_words(query_words(question))))
    span = max(sentences(passage), key=lambda span: len(wanted & set(words(passage[slice(*span)]))))
    return span, Evidence(Witness.WORDS)


def explained_by_tokens(
    question: str,
    vector: NDArray[np.float32],
    passages: Sequence[str],
    asked: TokenStates,
    states: Sequence[TokenStates],
    embedder: PoolingEmbedder,
) -> list[Explained]:
    """Do the same for what the encoder has read: `question`, whose vector is float32 (D,), and passages."""
    read = [read_words(text, own, embedder) for text, own in zip(passages, states, strict=True)]
    pairs = word_pairs(read_words(question, asked, embedder), read)
    shares = word_shares(vector, list(zip(states, read, strict=True)), embedder)
    tokens = embedder.pooled_vectors(asked.states)
    spans = [
        best_span(text, own, vector, tokens, embedder) for text, own in zip(passages, states, strict=True)
    ]
    return [
        (span, Evidence(Witness.TOKENS, shared, paired, rest))
        for span, (shared, rest), paired in zip(spans, shares, pairs, strict=True)
    ]


def _by_sentences(
    vector: NDArray[np.float32], passages: Sequence[str], embedder: Embedder
) -> list[Explained]:
    spans = [sentences(passage) for passage in passages]
    windows = [Window(passage, inside) for passage, inside in zip(passages, spans, strict=True)]
    cosines = iter((embedder.embed_passages(windows) @ vector).tolist())  # (sentences of all passages,)
    best = [max(zip(islice(cosines, len(inside)), inside, strict=True))[1] for inside in spans]
    return [(span, Evidence(Witness.SENTENCES)) for span in best]
