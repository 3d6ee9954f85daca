"""Copies, long documents, examples and feedback through the whole of search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from encoder.interface import Embedder
from encoder.reranker import MaxSimReranker
from index_data.errors import UsageError
from index_data.index import Index
from index_data.records import Filters
from search import searcher as searcher_module
from search.hits import Hit
from search.query import Mode, Query
from search.searcher import Searcher

if TYPE_CHECKING:
    from tests.conftest import LetterEmbedder
    from tests.search.conftest import MakeIndex

TEA = "Black tea is poured with boiling water and stands for four minutes in a warm pot before it is served. "
RAIN = "Rain fell on the hills all night, and in the morning the river had risen over the lower meadows. "
TRAIN = "The train leaves at nine from the second platform, and dogs travel free in the last carriage. "
CAKE = "Beat the eggs with sugar, fold in the flour, and bake the cake for forty minutes until it is brown. "


def names(hits: Sequence[Hit]) -> list[str]:
    return [hit.document.path.name for hit in hits]


def id_of(index: Index, name: str, place: int = 0) -> int:
    [path] = [path for path in index.stamps() if path.name == name]
    return index.lookup.passages_of(path)[place]


@pytest.fixture
def library(make_index: MakeIndex) -> Index:
    return make_index(
        {
            "tea.txt": [TEA, RAIN],
            "tea copy.txt": [TEA.replace(" ", "\n"), CAKE],
            "tea new.txt": [TEA.replace("four", "five")],
            "train.txt": [TRAIN],
        }
    )


@pytest.mark.parametrize("mode", list(Mode))
def test_copies_become_one_hit_that_names_them(library: Index, letter_embedder: Embedder, mode: Mode) -> None:
    query = Query(TEA, mode=mode)
    first, *others = Searcher(library, letter_embedder).search(query)
    told = {copy.stored.document.path.name: copy.exact for copy in first.copies}
    exact = {"tea.txt", "tea copy.txt"} - {first.document.path.name}
    assert told == dict.fromkeys(exact, True) | {"tea new.txt": False}
    assert [hit for hit in others if hit.passage.text.startswith("Black")] == []
    everything = Searcher(library, letter_embedder).search(replace(query, collapse=False))
    assert sorted(names(everything)[:3]) == ["tea copy.txt", "tea new.txt", "tea.txt"]
    assert all(hit.copies == () for hit in everything)


def test_copies_leave_room_for_other_hits_on_the_page(
    make_index: MakeIndex, letter_embedder: Embedder
) -> None:
    files = {f"{number}.txt": [TEA] for number in range(150)} | {"other.txt": ["Tea of mint. "]}
    query = Query("black tea water", limit=2)
    hits = Searcher(make_index(files), letter_embedder).search(query)
    assert names(hits)[1] == "other.txt"
    assert len(hits[0].copies) == 149


def test_a_long_document_does_not_fill_the_page(make_index: MakeIndex, letter_embedder: Embedder) -> None:
    long = [f"Chapter {number} of tea says {word} about tea. " for number, word in enumerate(WORDS)]
    index = make_index({"long.txt": long, "a.txt": ["A remark on tea. "], "b.txt": ["Tea, once more. "]})
    searcher, query = Searcher(index, letter_embedder), Query("chapter of tea", limit=7)
    hits = searcher.search(query)
    assert names(hits).count("long.txt") == 5
    best = next(hit for hit in hits if hit.document.path.name == "long.txt")
    assert best.more_in_document > 0
    assert sum(hit.more_in_document for hit in hits) == best.more_in_document
    assert names(searcher.search(replace(query, per_document=1))).count("long.txt") == 1
    assert len(searcher.search(replace(query, limit=12))) == 12
    everything = searcher.search(replace(query, collapse=False))
    assert [hit.rank for hit in everything] == [1, 2, 3, 4, 5, 6, 7]
    assert names(everything).count("long.txt") > 5


WORDS = (
    *("apple", "brick", "cloud", "drum", "eagle", "flute", "grape", "horn"),
    *("ivory", "jade", "kite", "lemon", "mirror", "nail", "oak", "pear"),
)


def test_other_documents_are_found_below_the_usual_depth(
    make_index: MakeIndex, letter_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searcher_module, "CANDIDATES", 5)
    long = [f"Tea tea tea {word}. " for word in WORDS]
    index = make_index({"long.txt": long, "other.txt": ["Zebras drink no such thing. "]})
    searcher, query = Searcher(index, letter_embedder), Query("tea", limit=4)
    assert searcher.trace(query).proposals.depth == 5
    strict = searcher.trace(replace(query, per_document=1))
    assert strict.proposals.depth == 20
    assert names(strict.hits) == ["long.txt", "other.txt"]


def test_similar_passages_are_others_in_order_of_their_cosine(
    library: Index, letter_embedder: LetterEmbedder
) -> None:
    example = id_of(library, "tea.txt")
    by_words = Searcher(library, None)
    hits = by_words.search(Query("", like=(example,)))
    assert {copy.passage_id for copy in hits}.isdisjoint({example, id_of(library, "tea copy.txt")})
    assert "tea new.txt" not in names(hits)
    cosines = library.vectors([hit.passage_id for hit in hits]) @ library.vectors([example])[0]
    assert [hit.channels.dense for hit in hits] == pytest.approx(sorted(cosines.tolist(), reverse=True))
    # A loaded encoder and its re-ranker have nothing to say where there is no question.
    loaded = Searcher(library, letter_embedder, MaxSimReranker(letter_embedder))
    again = loaded.search(Query("", like=(example,)))
    assert [hit.passage_id for hit in again] == [hit.passage_id for hit in hits]
    assert {hit.channels.rerank for hit in again} == {None}
    with_copies = by_words.search(Query("", like=(example,), collapse=False))
    assert names(with_copies)[0] == "tea copy.txt"
    filtered = by_words.search(Query("", like=(example,), filters=Filters(path_globs=("*train*",))))
    assert names(filtered) == ["train.txt"]


def test_many_examples_leave_room_for_what_is_like_them(
    library: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searcher_module, "CANDIDATES", 1)
    monkeypatch.setattr(searcher_module, "DEEPER", 1)
    both = (id_of(library, "tea.txt"), id_of(library, "tea.txt", 1))
    assert len(Searcher(library, None).search(Query("", limit=1, like=both, collapse=False))) == 1


def test_feedback_moves_hits(library: Index, letter_embedder: Embedder) -> None:
    searcher = Searcher(library, letter_embedder)
    query = Query("minutes", mode=Mode.DENSE)
    cake = id_of(library, "tea copy.txt", 1)

    def score(asked: Query) -> float:
        return next(hit.score for hit in searcher.search(asked) if hit.passage_id == cake)

    assert score(replace(query, like=(cake,))) > score(query) > score(replace(query, unlike=(cake,)))


def test_an_example_that_has_gone_is_told(library: Index, letter_embedder: Embedder) -> None:
    with pytest.raises(UsageError, match="no passage #999"):
        Searcher(library, letter_embedder).search(Query("tea", like=(999,)))
    with pytest.raises(UsageError, match="no passage #999"):
        Searcher(library, None).search(Query("", like=(999,)))


def test_diverse_hits_are_the_same_ones_in_another_order(
    make_index: MakeIndex, letter_embedder: Embedder
) -> None:
    texts = {"first.txt": ["moon moon"], "again.txt": ["moon moon moon"], "else.txt": ["aa"]}
    searcher = Searcher(make_index(texts), letter_embedder)
    query = Query("moon aa", mode=Mode.DENSE, collapse=False)
    usual, diverse = searcher.search(query), searcher.search(replace(query, diverse=True))
    assert names(usual)[2] == "else.txt"
    assert names(diverse) == [names(usual)[0], "else.txt", names(usual)[1]]
    assert [hit.rank for hit in diverse] == [1, 2, 3]
