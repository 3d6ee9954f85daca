"""What is held out, and what is learnt from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import numpy as np

from encoder.interface import Embedder, Window
from encoder.tuning.corpus import Corpus, split
from encoder.tuning.judgements import Judgement
from encoder.tuning.lessons import Miner
from encoder.tuning.pairs import Pair
from index_data.records import StoredPassage

MakeStored = Callable[..., StoredPassage]


def corpus(passages: list[StoredPassage], *judgements: Judgement) -> Corpus:
    return Corpus(tuple(passages), np.zeros((len(passages), 4), np.float32), judgements)


def test_no_document_is_on_both_sides(private_passages: list[StoredPassage]) -> None:
    parts = split(corpus(private_passages), Random(0))
    learnt = {private_passages[place].document.path for place in parts.learnt}
    assert len(learnt) == parts.counted.documents
    sentences = {query for query in parts.held_out.queries if query.startswith("BODY")}
    assert sentences
    assert not sentences & {pair.query for pair in parts.pairs}
    assert len(parts.held_out.texts) == len(private_passages)
    assert parts.counted.queries == len(parts.held_out.queries)


def test_a_sentence_is_taken_out_of_what_it_asks_for(private_passages: list[StoredPassage]) -> None:
    trial = split(corpus(private_passages), Random(0)).held_out
    assert any(query.startswith("BODY") for query in trial.queries)
    for query, right in zip(trial.queries, trial.right, strict=True):
        assert all(query not in trial.texts[place] for place in right)


def test_copies_stay_together(private_passages: list[StoredPassage]) -> None:
    first = private_passages[0].document
    copies = [
        replace(
            stored,
            passage_id=stored.passage_id + 1_000,
            document=replace(stored.document, path=stored.document.path.with_suffix(".txt")),
        )
        for stored in private_passages
    ]
    parts = split(corpus(private_passages + copies), Random(0))
    assert parts.counted.documents + parts.counted.held_out == 30
    both = {first.path, first.path.with_suffix(".txt")}
    learnt = {(private_passages + copies)[place].document.path for place in parts.learnt}
    assert len(both & learnt) in {0, 2}


def test_judgements_are_learnt_from_or_asked(private_passages: list[StoredPassage]) -> None:
    judged = [
        Judgement(f"question {stored.passage_id}", (stored.passage_id,), (stored.passage_id % 120 + 1,))
        for stored in private_passages
    ]
    parts = split(corpus(private_passages, *judged), Random(0))
    learnt = {pair.query for pair in parts.pairs if pair.query.startswith("question")}
    asked = {query for query in parts.held_out.queries if query.startswith("question")}
    assert learnt
    assert asked
    assert learnt | asked == {judgement.query for judgement in judged}
    assert any(pair.wrong for pair in parts.pairs)
    outcomes = zip(parts.held_out.queries, parts.held_out.right, strict=True)
    assert {len(right) for query, right in outcomes if query in asked} == {1}


def test_wrong_passages_look_right_but_are_not(stored: MakeStored, letter_embedder: Embedder) -> None:
    passages = [
        stored(1, "a.md", "aaaa"),
        stored(2, "a.md", "aaaa a"),
        stored(3, "b.md", "aabb"),
        stored(4, "c.md", "zzzz"),
    ]
    vectors = letter_embedder.embed_passages([Window(one.passage.text, ((0, 4),)) for one in passages])
    miner = Miner(letter_embedder, tuple(passages), vectors)
    nearest = Pair("aaaa", 1, "aaaa", frozenset({1}))
    lesson = miner.lesson([nearest], Random(0))
    assert lesson.texts[0] == "aaaa"
    assert lesson.texts[1] in {"aabb", "zzzz"}  # "aaaa a" is as near as the right one
    judged = miner.lesson([replace(nearest, wrong=(2,))], Random(0))
    assert judged.texts == ("aaaa", "aaaa a")


def test_what_answers_too_is_not_told_apart(stored: MakeStored, letter_embedder: Embedder) -> None:
    passages = [stored(1, "a.md", "aaaa"), stored(2, "a.md", "bbbb")]
    vectors = letter_embedder.embed_passages([Window(one.passage.text, ((0, 4),)) for one in passages])
    pairs = [Pair("aaaa", 1, "aaaa", frozenset({1, 2})), Pair("bbbb", 2, "bbbb", frozenset({2}))]
    lesson = Miner(letter_embedder, tuple(passages), vectors).lesson(pairs, Random(0))
    assert lesson.texts == ("aaaa", "bbbb", "aaaa")
    assert lesson.excused.tolist() == [[False, True, True], [False, False, False]]


def test_of_a_judged_document_the_best_passage_is_read(stored: MakeStored, letter_embedder: Embedder) -> None:
    passages = [stored(1, "a.md", "zzzz"), stored(2, "a.md", "aaab"), stored(3, "b.md", "cccc")]
    vectors = letter_embedder.embed_passages([Window(one.passage.text, ((0, 4),)) for one in passages])
    judged = Pair("aaaa", 1, None, frozenset({1, 2}), (3,))
    lesson = Miner(letter_embedder, tuple(passages), vectors).lesson([judged], Random(0))
    assert lesson.texts == ("aaab", "cccc")
