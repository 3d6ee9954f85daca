"""The development set, with a handful of rows of our own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks import sentences
from benchmarks.aims import Aim
from benchmarks.dev_questions import CROSS, ENGLISH, OTHERS, SAME, Questions, read_questions
from benchmarks.dev_set import (
    Result,
    aims_of,
    answers,
    best_cosines,
    lexical_passes,
    measure,
    question_tables,
    sentence_tables,
)
from benchmarks.encoders import MINILM, Contestant
from benchmarks.quality import BM25
from benchmarks.ranking import by_words
from encoder.interface import Embedder, Window
from search.query import Mode

SETS: dict[str, list[dict[str, Any]]] = {
    "dev_docs": [
        {"id": "e1", "lang": "en", "title": "Bread", "text": "Flour and water rise over night."},
        {"id": "d1", "lang": "de", "title": "Fluss", "text": "Im Winter friert der Strom zu."},
        {"id": "f1", "lang": "fr", "title": "Jardin", "text": "Les roses fleurissent en juin."},
    ],
    "dev_queries": [
        {"id": "1", "lang": "en", "query": "flour and water", "relevant": ["e1"], "kind": "mono"},
        {"id": "2", "lang": "de", "query": "friert der Strom", "relevant": ["d1"], "kind": "mono"},
        {"id": "3", "lang": "fr", "query": "friert der Strom", "relevant": ["f1"], "kind": "mono"},
        {"id": "4", "lang": "en", "query": "frozen rivers", "relevant": ["d1", "f1"], "kind": "cross"},
        {
            "id": "5",
            "lang": "it",
            "query": "roses fleurissent in giugno",
            "relevant": ["f1"],
            "kind": "cross",
        },
    ],
    "dev_nonsense": [{"query": "qzx vvk"}],
    "dev_parallel": [{"id": "1", "en": "bread", "de": "brot"}, {"id": "2", "en": "lamp", "de": "lampe"}],
    "dev_ntrex": [{"id": 0, "eng": "stone", "deu": "stein"}, {"id": 1, "eng": "hall", "deu": "halle"}],
    "dev_lexical": [
        {"id": "1", "lang": "en", "doc": "A green door.", "query": "door", "should_match": True, "why": ""},
        {"id": "2", "lang": "en", "doc": "A red wall.", "query": "door", "should_match": True, "why": ""},
        {"id": "3", "lang": "en", "doc": "A roof.", "query": "roof", "should_match": False, "why": "hard: x"},
    ],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, rows in SETS.items():
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return tmp_path


@pytest.fixture
def questions(folder: Path) -> Questions:
    return read_questions(folder)


@pytest.fixture
def result(questions: Questions, folder: Path, letter_embedder: Embedder) -> Result:
    def embed_passages(texts: Sequence[str]) -> NDArray[np.float32]:
        return letter_embedder.embed_passages([Window(text, ((0, len(text)),)) for text in texts])

    contestant = Contestant("letters", "1", letter_embedder.embed_queries, embed_passages)
    return measure(questions, by_words(questions.passages, questions.texts), folder, contestant)


def test_questions_fall_into_groups_and_languages(questions: Questions) -> None:
    groups = {name: np.flatnonzero(chosen).tolist() for name, chosen in questions.groups().items()}
    assert groups == {ENGLISH: [0], OTHERS: [1, 2], SAME: [0, 1, 2], CROSS: [3, 4]}
    same, cross = (questions.by_language(crossing=crossing) for crossing in (False, True))
    assert {name: np.flatnonzero(chosen).tolist() for name, chosen in same.items()} == {
        "de": [1],
        "en": [0],
        "fr": [2],
    }
    assert {name: np.flatnonzero(chosen).tolist() for name, chosen in cross.items()} == {"en": [3], "it": [4]}


def test_words_alone_are_judged_by_language(questions: Questions) -> None:
    words = by_words(questions.passages, questions.texts)
    found = answers(questions, words, [Mode.LEXICAL])[Mode.LEXICAL]
    assert {name: quality.recall_at_1 for name, quality in found.same_language.items()} == {
        "de": 1,
        "en": 1,
        "fr": 0,
    }
    assert found.groups[SAME].recall_at_1 == pytest.approx(2 / 3)
    assert found.groups[OTHERS].ndcg_at_10 == pytest.approx(1 / 2)


def test_an_encoder_is_measured_alone_and_with_words(questions: Questions, result: Result) -> None:
    assert set(result.questions) == {Mode.HYBRID, Mode.DENSE}
    assert result.questions[Mode.DENSE].cross_language["it"].recall_at_1 == 1  # by its letters
    assert result.questions[Mode.HYBRID].groups[SAME].recall_at_10 == 1
    assert result.sentences["dev_parallel"]["to en"] == {"de": 1}
    assert set(result.sentences["dev_ntrex"]["from en"]) == {"deu"}


def test_tables_hold_every_language_and_words_once(questions: Questions, result: Result) -> None:
    words = answers(questions, by_words(questions.passages, questions.texts), [Mode.LEXICAL])[Mode.LEXICAL]
    summary, same, cross = question_tables(questions, words, {"letters": result, "others": result})
    assert [row[0] for row in summary.rows] == [
        BM25,
        "letters, hybrid",
        "letters, dense",
        "others, hybrid",
        "others, dense",
    ]
    assert [row[:2] for row in same.rows] == [("de", "1"), ("en", "1"), ("fr", "1")]
    assert same.rows[1][2] == "1.000 / 1.000 / 1.000"
    assert [row[:2] for row in cross.rows] == [("en", "1"), ("it", "1")]
    parallel, _ = sentence_tables({"letters": result})
    assert [row[0] for row in parallel.rows] == ["de", "mean"]


def test_aims_follow_from_the_measured_numbers(result: Result) -> None:
    dense = result.questions[Mode.DENSE]
    good = replace(dense.groups[ENGLISH], ndcg_at_10=0.9)
    groups = {
        ENGLISH: good,
        SAME: replace(good, ndcg_at_10=0.8),
        CROSS: replace(good, ndcg_at_10=0.5),
    }
    same_language = {"en": good, "de": good, "th": replace(good, ndcg_at_10=0.71)}
    own = replace(
        result,
        questions={Mode.DENSE: replace(dense, groups=groups, same_language=same_language)},
        sentences={"dev_ntrex": {"to en": {"deu": 1.0, "tha": 0.5}, "from en": {"deu": 0.9, "tha": 0.8}}},
    )
    theirs = replace(
        own, questions={Mode.DENSE: replace(dense, groups={ENGLISH: replace(good, ndcg_at_10=1)})}
    )
    english, others, across, mean, least = aims_of("builtin", {"builtin": own, MINILM: theirs})
    assert (english.least, english.reached, english.met) == (0.95, 0.9, False)
    assert (others.least, others.reached) == pytest.approx((0.8 * 0.9, 0.71))
    assert others.where == "th"
    assert (across.least, across.reached) == pytest.approx((0.75 * 0.8, 0.5))
    assert (mean.least, mean.reached) == pytest.approx((0.9, 0.8))
    assert least == Aim(least.what, 0.75, 0.5, "tha, to en")


def test_english_has_no_aim_where_nobody_is_there_to_compare(result: Result) -> None:
    with_rival = aims_of("builtin", {"builtin": result, MINILM: result})
    alone = aims_of("builtin", {"builtin": result})
    assert with_rival[1:] == alone
    assert with_rival[0].met


def test_a_translation_is_found_in_both_directions() -> None:
    vectors = {
        "a": [1.0, 0.0], "b": [0.0, 1.0],
        "x": [0.9, 0.1], "y": [0.8, 0.3],
    }  # fmt: skip

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.array([vectors[text] for text in texts], dtype=np.float32)

    rows = [{"id": 1, "eng": "a", "xyz": "x"}, {"id": 2, "eng": "b", "xyz": "y"}]
    found = sentences.find(rows, "eng", embed)
    assert found == {"to en": {"xyz": 0.5}, "from en": {"xyz": 1.0}}
    assert sentences.in_one(found) == {"xyz, to en": 0.5, "xyz, from en": 1.0}


def test_nonsense_is_told_by_its_best_cosine() -> None:
    real = np.array([[0.1, 0.8], [0.6, 0.2]], dtype=np.float32)
    nonsense = np.array([[0.3, 0.2], [0.1, 0.7]], dtype=np.float32)
    told = best_cosines(real, nonsense)
    assert (told.real_median, told.nonsense_median) == pytest.approx((0.7, 0.5))
    assert told.separation == 3 / 4


def test_words_must_match_and_must_not(folder: Path) -> None:
    assert lexical_passes(folder) == {"rows": 3, "passed": 1, "failed": 1, "failed_hard": 1}
