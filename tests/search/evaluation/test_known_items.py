from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from encoder.interface import Embedder, Window
from encoder.reranker import MaxSimReranker
from index_data.errors import UsageError
from index_data.index import Index
from index_data.records import Document, FileStamp, Fingerprint, Passage
from search.evaluation.known_items import Kind, known_items
from search.evaluation.planted_facts import drawn, planted, read_facts
from search.evaluation.selftest import Asking, Selftest, selftest
from search.query import Mode, Query
from search.searcher import Searcher

SUBJECTS = ("tea", "rivers", "bread", "trains", "clocks", "maps")


@pytest.fixture
def index(index_folder: Path, letter_embedder: Embedder) -> Iterator[Index]:
    """Documents with two headings each, in two languages by name."""
    made_by = Fingerprint("letters", letter_embedder.fingerprint, letter_embedder.dimension, 512, 256, 1)
    with Index.create_or_open(index_folder, made_by) as writer:
        for number, subject in enumerate(SUBJECTS):
            language = ("en", "de")[number % 2]
            texts = [
                f"About the history of {subject}\n\nMany people wrote of {subject} number {part}. "
                f"What they said of {subject} was kept in {number + part} letters by an archive. "
                f"Some letters were lost in the winter of 17{number}{part}.\n\n"
                for part in range(2)
            ]
            starts = [0, len(texts[0])]
            passages = [
                Passage(
                    part, text, start, start + len(text), 1, language,
                    heading_path=(f"About the history of {subject}", f"Chapter {part} of {subject} here"),
                )
                for part, (text, start) in enumerate(zip(texts, starts, strict=True))
            ]  # fmt: skip
            windows = [Window(text, ((0, len(text)),)) for text in texts]
            stamp = FileStamp(1, 1, subject)
            document = Document(Path(f"/d/{subject}.md"), stamp, "md", subject, language)
            writer.replace(document, passages, letter_embedder.embed_passages(windows))
        writer.publish()
    with Index.open(index_folder) as reader:
        yield reader


def test_questions_are_from_the_passages_that_are_right(index: Index) -> None:
    items = known_items(index, 6, Random(0))
    by_kind = {kind: [item for item in items if item.kind is kind] for kind in Kind}
    assert [len(found) for found in by_kind.values()] == [6, 6]
    stored = {one.passage_id: one.passage for one in index.passages(index.passage_ids().tolist())}
    for item in by_kind[Kind.HEADING]:
        assert all(item.query in stored[right].heading_path for right in item.right)
    for item in by_kind[Kind.SENTENCE]:
        [right] = item.right
        assert item.query in stored[right].text
        assert item.query not in stored[right].heading_path
    # Languages take turns.
    assert {item.language for item in by_kind[Kind.SENTENCE][:2]} == {"en", "de"}


def test_the_seed_decides(index: Index) -> None:
    assert known_items(index, 4, Random(1)) == known_items(index, 4, Random(1))
    assert known_items(index, 4, Random(1)) != known_items(index, 4, Random(2))


def test_the_same_sentence_elsewhere_is_right_too(index: Index, letter_embedder: Embedder) -> None:
    item = next(item for item in known_items(index, 3, Random(0)) if item.kind is Kind.SENTENCE)
    hits = Searcher(index, letter_embedder).search(Query(item.query, snippets=False))
    assert item.rank(hits) == next(hit.rank for hit in hits if hit.passage_id in item.right)
    assert replace(item, query="Other words").rank(hits) == item.rank(hits)
    moved = replace(item, right=frozenset({-1}))
    assert moved.rank(hits) == item.rank(hits)
    assert replace(moved, query="Nobody ever wrote this sentence.").rank(hits) == 0


def test_facts_stand_beside_passages_of_the_index(index: Index, letter_embedder: Embedder) -> None:
    facts, queries = read_facts()
    with planted(index, letter_embedder, facts, Random(0)) as scratch:
        assert scratch.summary().passages == sum(map(len, facts)) + index.summary().passages
        assert scratch.fingerprint == index.fingerprint
        query = next(one for one in queries if not one.is_question)
        hits = Searcher(scratch, letter_embedder).search(Query(query.text, snippets=False))
        # The text itself comes first, and is asked for in no other language.
        assert query.rank(hits, query.language) == 1
        assert query.language not in query.targets(facts)
        folder = scratch.summary().folder
    assert not folder.exists()
    assert index.summary().passages == 2 * len(SUBJECTS)


def test_the_same_fact_in_other_languages_is_left_out_of_a_rank(
    index: Index, letter_embedder: Embedder
) -> None:
    facts, queries = read_facts()
    query = next(one for one in queries if not one.is_question)
    with planted(index, letter_embedder, facts, Random(0)) as scratch:
        hits = Searcher(scratch, letter_embedder).search(Query(query.text, limit=400, snippets=False))
    own = [hit for hit in hits if hit.document.path.parent == Path("/facts") / str(query.fact)]
    others = [hit for hit in hits if hit not in own]
    right = next(hit for hit in own if hit.document.path.name == "ru")
    assert query.rank([*own, *others], "ru") == 1
    assert query.rank([others[0], *own], "ru") == 2
    assert query.rank([hit for hit in hits if hit is not right], "ru") == 0


def test_as_many_of_each_language(index: Index) -> None:
    _, queries = read_facts()
    chosen = drawn(queries, 16, Random(0))
    assert sorted(query.language for query in chosen) == sorted(
        language for language in {query.language for query in queries} for _ in range(2)
    )


def test_a_selftest_tells_good_search_from_none(index: Index, letter_embedder: Embedder) -> None:
    searcher = Searcher(index, letter_embedder, MaxSimReranker(letter_embedder))  # type: ignore[arg-type]
    *steps, found = selftest(searcher, letter_embedder, Mode.HYBRID, count=8, seed=0)
    assert isinstance(found, Selftest)
    assert all(isinstance(step, Asking) for step in steps)
    whole = found.known[Kind.SENTENCE][""]
    assert whole.questions == 8
    assert whole.first.mean > 0.8
    assert whole.by_words is not None
    assert whole.by_words.mean > 0.8
    # An encoder that counts letters brings no languages together, however well it knows their sentences.
    assert found.across["", ""].among_ten.mean < 0.5
    assert found.beside == 2 * len(SUBJECTS)
    blind = Searcher(index, _Blind(letter_embedder), None)  # type: ignore[arg-type]
    *_, lost = selftest(blind, blind.embedder, Mode.DENSE, count=8, seed=0)  # type: ignore[arg-type]
    assert isinstance(lost, Selftest)
    assert lost.known[Kind.SENTENCE][""].first.mean < 0.3


class _Blind:
    """An encoder to which all queries are the same."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def __getattr__(self, name: str) -> object:
        return getattr(self._embedder, name)

    def embed_queries(self, queries: list[str]) -> object:
        return self._embedder.embed_queries(["zzz"] * len(queries))


def test_an_empty_index_is_told(index_folder: Path, letter_embedder: Embedder) -> None:
    made_by = Fingerprint("letters", letter_embedder.fingerprint, letter_embedder.dimension, 512, 256, 1)
    with (
        Index.create_or_open(index_folder, made_by) as empty,
        pytest.raises(UsageError, match="the index is empty"),
    ):
        next(selftest(Searcher(empty, letter_embedder), letter_embedder, Mode.HYBRID, count=1, seed=0))
