"""Why passages are found or not: the explanation against the search that it explains."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from encoder.interface import Embedder, TokenEmbedder
from encoder.reranker import MaxSimReranker
from index_data.index import Index
from index_data.records import Filters
from search import explanation as explanation_module
from search import searcher as searcher_module
from search.explanation import Fate, explain
from search.query import Mode, Query
from search.searcher import Searcher

if TYPE_CHECKING:
    from tests.search.conftest import MakeIndex

FILES = {
    "tea.txt": ["Tea is poured with boiling water. ", "Tea stands four minutes. ", "Tea is served. "],
    "copy.txt": ["Tea is poured with boiling water. "],
    "rain.md": ["Rain fell on the hills all night. "],
    "train.txt": ["The train leaves at nine. "],
}


@pytest.fixture
def index(make_index: MakeIndex) -> Index:
    return make_index(FILES)


def id_of(index: Index, name: str, place: int = 0) -> int:
    [path] = [path for path in index.stamps() if path.name == name]
    return index.lookup.passages_of(path)[place]


def fate(index: Index, embedder: Embedder, query: Query, name: str, place: int = 0) -> Fate:
    told = explain(Searcher(index, embedder), query, [id_of(index, name, place)])
    assert told.target is not None
    return told.target.fate


def test_the_course_of_a_hit_is_that_of_the_search(index: Index, letter_embedder: TokenEmbedder) -> None:
    searcher = Searcher(index, letter_embedder, MaxSimReranker(letter_embedder))
    query = Query("boiling tea")
    hits, told = searcher.search(query), explain(searcher, query)
    assert [course.stored.passage_id for course in told.hits] == [hit.passage_id for hit in hits]
    for hit, course in zip(hits, told.hits, strict=True):
        assert (course.fate, course.final) == (Fate.HIT, hit.rank)
        assert course.compared.score == hit.score
        assert course.rerank == hit.channels.rerank
        assert course.dense.score == hit.channels.dense
        assert course.lexical.score == hit.channels.lexical
    by_cosine = sorted(told.hits, key=lambda course: -(course.dense.score or 0))
    ranks = [course.dense.rank or 0 for course in by_cosine]
    assert ranks == sorted(ranks)


def test_words_come_with_the_passages_that_have_them(index: Index, letter_embedder: Embedder) -> None:
    told = explain(Searcher(index, letter_embedder), Query("boiling tea absent"))
    assert {use.word: use.passages for use in told.words} == {"boiling": 2, "tea": 4, "absent": 0}
    for course in told.hits:
        words = {use.word for use in course.words}
        assert words == {word for word in ("boiling", "tea") if word in course.stored.passage.text.casefold()}
    assert explain(Searcher(index, letter_embedder), Query("tea", mode=Mode.DENSE)).words == ()


def test_each_reason_to_be_lost(
    index: Index, letter_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    tea = Query("tea is poured with boiling water")
    rain = Query("rain on the hills", limit=1)
    fates = {
        Fate.HIT: (tea, "rain.md", 0),
        Fate.BEYOND_LIMIT: (rain, "train.txt", 0),
        Fate.BELOW_MIN_SCORE: (Query("tea", min_score=0.99), "train.txt", 0),
        Fate.HELD_BACK: (Query("tea", limit=3, per_document=1), "tea.txt", 0),
        Fate.FILTERED: (Query("tea", filters=Filters(media_types=("txt",))), "rain.md", 0),
        Fate.EXAMPLE: (Query("", like=(id_of(index, "tea.txt"),)), "tea.txt", 0),
    }
    assert {found: fate(index, letter_embedder, *asked) for found, asked in fates.items()} == {
        found: found for found in fates
    }
    copied = {fate(index, letter_embedder, tea, name) for name in ("tea.txt", "copy.txt")}
    assert copied == {Fate.HIT, Fate.COPY}
    monkeypatch.setattr("search.reranking.WITHOUT_GUESS", 1)
    assert fate(index, letter_embedder, rain, "train.txt") is Fate.NOT_COMPARED
    monkeypatch.setattr(searcher_module, "CANDIDATES", 1)
    assert fate(index, letter_embedder, replace(rain, text="hills"), "train.txt") is Fate.NOT_PROPOSED


def test_a_passage_below_the_depth_still_has_its_rank(
    index: Index, letter_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.reranking.WITHOUT_GUESS", 1)
    monkeypatch.setattr(searcher_module, "CANDIDATES", 1)
    searcher, query = Searcher(index, letter_embedder), Query("tea", limit=1, mode=Mode.DENSE)
    everything = [hit.passage_id for hit in searcher.search(Query("tea", 6, Mode.DENSE, collapse=False))]
    for rank, passage_id in enumerate(everything, start=1):
        target = explain(searcher, query, [passage_id]).target
        assert target is not None
        assert target.dense.rank == rank
    monkeypatch.setattr(explanation_module, "DEEPEST", 3)
    target = explain(searcher, query, [everything[-1]]).target
    assert target is not None
    assert target.dense.rank is None


def test_a_cosine_below_the_candidates_has_no_rank(
    index: Index, letter_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searcher_module, "CANDIDATES", 1)
    monkeypatch.setattr(explanation_module, "DEEPEST", 1)
    searcher, query = Searcher(index, letter_embedder), Query("four four hills", limit=1)
    _, by_words = searcher.trace(query).proposals.dense
    target = explain(searcher, query, [by_words.passage_id]).target
    assert target is not None
    assert target.dense.rank is None
    assert target.dense.score == pytest.approx(by_words.score)


def test_the_filters_that_hide_are_named_each(index: Index, letter_embedder: Embedder) -> None:
    filters = Filters(languages=("en",), media_types=("txt",), path_globs=("*/tea*",))
    told = explain(Searcher(index, letter_embedder), Query("x", filters=filters), [id_of(index, "rain.md")])
    assert told.target is not None
    assert told.target.filters == ("media_types", "path_globs")


def test_of_a_document_the_passage_that_came_furthest_is_told(
    index: Index, letter_embedder: Embedder, tmp_path: Path
) -> None:
    searcher = Searcher(index, letter_embedder)
    ids = index.lookup.passages_of(tmp_path / "tea.txt")
    told = explain(searcher, Query("stands four minutes", limit=1), ids)
    assert told.target is not None
    assert told.target.stored.passage_id == ids[1]
    assert told.target.fate is Fate.HIT


def test_a_changed_file_is_told(index: Index, letter_embedder: Embedder, tmp_path: Path) -> None:
    (tmp_path / "rain.md").write_text("Rain will fall.", encoding="utf-8")
    told = explain(Searcher(index, letter_embedder), Query("rain"), [id_of(index, "rain.md")])
    assert told.target is not None
    assert told.target.stale
