"""Glued articles: where their paragraphs stand, and which passages answer."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from benchmarks.overlap import GLUE, Questions, Way, articles, ask, measure, read

TEXTS = {
    "00-00": "Bread is baked from flour in an oven. " * 12,
    "00-01": "Rivers freeze under heavy snow. " * 12,
    "01-00": "Quick foxes jump above lazy dogs.",
}
ROWS = [{"group": group, "text": text.strip()} for group, text in TEXTS.items()]


def test_paragraphs_of_one_article_are_glued() -> None:
    first, second = articles(ROWS)
    assert first.text == ROWS[0]["text"] + GLUE + ROWS[1]["text"]
    assert (first.groups, second.groups) == (("00-00", "00-01"), ("01-00",))
    assert [first.text[start:end] for start, end in first.places] == [row["text"] for row in ROWS[:2]]


@pytest.mark.parametrize("passage_tokens", [8, 32, 64])
def test_each_paragraph_has_right_passages_of_its_own(letter_embedder: Any, passage_tokens: int) -> None:
    passages, right, tokens = read(list(articles(ROWS)), letter_embedder, Way(passage_tokens, 0), 72)
    assert tokens == sum(len(letter_embedder.token_spans(row["text"])) for row in ROWS)
    assert np.stack(list(right.values())).any(axis=0).all()
    assert all(len(marks) == len(passages) and marks.any() for marks in right.values())
    assert all((before & after).sum() <= 1 for before, after in pairwise(right.values()))


def test_a_question_is_held_against_its_paragraph() -> None:
    passages = np.eye(3, dtype=np.float32)
    right = {"a": np.array([True, False, False]), "b": np.array([False, True, True])}
    vectors = np.array([[0.9, 0.1, 0.0], [0.9, 0.3, 0.2]], dtype=np.float32)
    asked = ask(Questions(("a", "b"), vectors), passages, right)
    assert asked.recall_at_1.tolist() == [1, 0]
    assert asked.recall_at_10.tolist() == [1, 1]
    assert asked.ndcg_at_10[1] < asked.ndcg_at_10[0] == 1


def test_context_costs_tokens_and_reading_alone_does_not(letter_embedder: Any) -> None:
    corpus = {name: list(articles(ROWS)) for name in ("en", "de")}
    vectors = letter_embedder.embed_queries(["bread from flour", "snow freezes a river"])
    questions = {name: Questions(("00-00", "00-01"), vectors) for name in corpus}
    plain, alone, overlapping = (
        measure(corpus, questions, letter_embedder, way, 48)
        for way in (Way(16, 0), Way(16, 0, alone=True), Way(16, 8))
    )
    assert plain.tokens == alone.tokens < overlapping.tokens
    assert plain.same_language.means() == alone.same_language.means() == overlapping.same_language.means()
    assert len(plain.same_language.recall_at_1) == 4
    assert len(plain.from_english.recall_at_1) == 2
