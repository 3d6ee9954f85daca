"""Our BM25 against that of FTS5."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import numpy as np
import pytest

from index_data.bm25 import rarity, scores
from index_data.full_text import FullText

TEXTS = ("山", "山山 川", "山 川 海", "海 空", "川 空 山 空", "海", "空 海", "森", "林", "谷 谷 谷")


def test_a_passage_is_scored_as_fts5_scores_it() -> None:
    with closing(sqlite3.connect(":memory:")) as rows:
        rows.execute(
            "CREATE VIRTUAL TABLE passage_words USING fts5 (words, content = '', tokenize = 'ascii')"
        )
        FullText(rows).add(enumerate(TEXTS, start=1))
        rows.commit()
        for word in ("山", "川", "谷"):
            ours = {found.passage_id: found.score for found in FullText(rows).matching(word, 10, None)}
            theirs = dict(
                rows.execute("SELECT rowid, -rank FROM passage_words WHERE passage_words MATCH ?", (word,))
            )
            count = len(theirs)
            rare = np.log((len(TEXTS) - count + 0.5) / (count + 0.5))
            ratio = rarity(np.array([count]), len(TEXTS))[0] / rare
            assert ours == pytest.approx({place: score * ratio for place, score in theirs.items()})


def test_no_length_gives_the_most() -> None:
    counts = np.array([[1.0, 3.0], [0.0, 2.0]])
    weights = np.array([2.0, 1.0])
    assert (scores(counts, weights, 0.0) >= scores(counts, weights, np.array([0.1, 4.0]))).all()
    assert scores(counts, weights, 1.0)[0] == pytest.approx(2.0)


def test_rare_words_weigh_more_and_none_less_than_nothing() -> None:
    weights = rarity(np.array([1, 5, 10]), 10)
    assert weights[0] > weights[1] > weights[2] > 0
