"""Rankings that are worked out in bulk must be those that a search would give."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import cycle

import numpy as np
import pytest

from benchmarks.quality import judge
from benchmarks.ranking import NONE, Entry, Pool, Scores, by_words, pool, rank, relevance, with_meaning
from encoder.interface import Embedder, Window
from index_data.records import Filters
from search.query import Mode, Query
from search.searcher import Searcher

WORDS = [
    "river",
    "bank",
    "bread",
    "baker",
    "night",
    "train",
    "window",
    "garden",
    "stone",
    "letter",
    "harbour",
]
ENTRIES = [
    Entry(f"{number:02}", language, " ".join(WORDS[number % 7 : number % 7 + 2 + number % 5]))
    for number, language in zip(range(40), cycle(["en", "de", "en"]), strict=False)
]
QUERIES = ["river bank", "the baker of bread", "harbour", "nothing of the sort"]
ENGLISH = np.array([column for column, entry in enumerate(ENTRIES) if entry.language == "en"])


@pytest.fixture
def passages(letter_embedder: Embedder) -> Iterator[Pool]:
    windows = [Window(entry.text, ((0, len(entry.text)),)) for entry in ENTRIES]
    with pool(ENTRIES, letter_embedder.embed_passages(windows), letter_embedder.fingerprint) as stored:
        yield stored


@pytest.fixture
def scores(passages: Pool, letter_embedder: Embedder) -> Scores:
    vectors = passages.index.vectors(passages.passage_ids.tolist())
    return with_meaning(by_words(ENTRIES, QUERIES), letter_embedder.embed_queries(QUERIES), vectors)


@pytest.mark.parametrize("mode", Mode)
def test_a_part_is_ranked_as_a_search_with_a_filter_ranks_it(
    passages: Pool, scores: Scores, letter_embedder: Embedder, mode: Mode
) -> None:
    searcher = Searcher(passages.index, letter_embedder)
    ranked = rank(scores, mode, ENGLISH)
    for query, columns in zip(QUERIES, ranked, strict=True):
        hits = searcher.search(
            Query(query, mode=mode, filters=Filters(languages=("en",)), collapse=False, min_score=0.0)
        )
        assert passages.passage_ids[columns[columns != NONE]].tolist() == [hit.passage_id for hit in hits]


def test_places_stay_empty_where_no_word_matches(scores: Scores) -> None:
    assert (rank(scores, Mode.LEXICAL, ENGLISH)[-1] == NONE).all()


def test_an_empty_place_is_never_relevant() -> None:
    hits = relevance(np.array([[1, NONE]]), np.array([[True, True]]))
    assert hits.tolist() == [[True, False]]


def test_a_judgement_averages_the_queries_that_were_chosen(scores: Scores) -> None:
    best, second = rank(scores, Mode.DENSE, ENGLISH)[:, :2].T
    relevant = np.zeros((len(QUERIES), len(ENTRIES)), dtype=np.bool_)
    relevant[np.arange(len(QUERIES)), np.where([False, True, False, False], second, best)] = True
    judgement = judge(scores, Mode.DENSE, ENGLISH, relevant)
    everyone = judgement.mean(np.ones(len(QUERIES), dtype=np.bool_))
    assert everyone.recall_at_1 == pytest.approx(3 / 4)
    assert everyone.recall_at_10 == 1
    assert everyone.ndcg_at_10 == pytest.approx((3 + 1 / math.log2(3)) / 4)
    assert judgement.mean(np.array([False, True, False, False])).recall_at_1 == 0
