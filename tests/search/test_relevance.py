"""Nothing is found where the best is no more than chance gives; what occurs is always found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest

from encoder.interface import Window
from index_data.index import Index
from index_data.records import Document, FileStamp, Fingerprint, Passage
from search.explanation import Fate, explain
from search.query import Mode, Query
from search.searcher import ENOUGH, RELEVANT, Searcher
from terminal.explanation_output import explanation_text
from tests.conftest import LetterEmbedder

SYLLABLES = ("ba", "ko", "ri", "su", "ten", "mar", "lo", "vi", "ga", "pe")
RARE = "the code of the door is Zyx-4711"


def _texts(count: int) -> list[str]:
    draw = Random(0)
    words = ["".join(draw.choices(SYLLABLES, k=3)) for _ in range(300)]
    return [" ".join(draw.choices(words, k=20)) for _ in range(count)]


def _store(index: Index, embedder: LetterEmbedder, texts: Sequence[str]) -> None:
    vectors = embedder.embed_passages([Window(text, ((0, len(text)),)) for text in texts])
    passages = [Passage(number, text, 0, len(text), 1, "en") for number, text in enumerate(texts)]
    index.replace(Document(Path("/all.txt"), FileStamp(1, 1, "0"), "txt", "", "en"), passages, vectors)


@pytest.fixture
def index(index_folder: Path, letter_embedder: LetterEmbedder) -> Iterator[Index]:
    made_by = Fingerprint("letters", letter_embedder.fingerprint, letter_embedder.dimension, 512, 256, 1)
    with Index.create_or_open(index_folder, made_by) as writer:
        yield writer


@pytest.fixture
def large(index: Index, letter_embedder: LetterEmbedder) -> Index:
    _store(index, letter_embedder, [*_texts(ENOUGH + 20), RARE])
    return index


NONSENSE = "xx zz"


@pytest.mark.parametrize("mode", [Mode.HYBRID, Mode.DENSE])
def test_what_nothing_answers_finds_nothing(
    large: Index, letter_embedder: LetterEmbedder, mode: Mode
) -> None:
    searcher = Searcher(large, letter_embedder)
    assert searcher.search(Query(NONSENSE, mode=mode)) == []
    assert len(searcher.search(Query(NONSENSE, mode=mode, min_score=0.0))) == 10


def test_what_was_refused_is_explained_as_that(large: Index, letter_embedder: LetterEmbedder) -> None:
    searcher = Searcher(large, letter_embedder)
    nearest = searcher.search(Query(NONSENSE, min_score=0.0))[0].passage_id
    told = explain(searcher, Query(NONSENSE), [nearest])
    assert told.target is not None
    assert told.target.fate is Fate.REFUSED
    assert "no more than chance" in explanation_text(told, None)


def test_a_text_of_the_index_finds_itself(large: Index, letter_embedder: LetterEmbedder) -> None:
    for text in _texts(5):
        assert Searcher(large, letter_embedder).search(Query(text))[0].passage.text == text


@pytest.mark.parametrize("query", ["Zyx-4711", "zyx", "4711", "door", "code of the door"])
def test_names_codes_and_phrases_that_occur_are_found(
    large: Index, letter_embedder: LetterEmbedder, query: str
) -> None:
    assert Searcher(large, letter_embedder).search(Query(query))[0].passage.text == RARE


@pytest.mark.parametrize("others", [0, 2])
def test_they_are_found_in_the_smallest_index(
    index: Index, letter_embedder: LetterEmbedder, others: int
) -> None:
    _store(index, letter_embedder, [*_texts(others), RARE])
    for query in ("Zyx-4711", "4711", "the door"):
        assert Searcher(index, letter_embedder).search(Query(query))[0].passage.text == RARE


def test_a_word_of_every_passage_is_found_though_it_is_no_evidence(
    index: Index, letter_embedder: LetterEmbedder
) -> None:
    _store(index, letter_embedder, [f"{text} qq" for text in _texts(ENOUGH)])
    searcher = Searcher(index, letter_embedder)
    hits = searcher.search(Query("qq jj", min_score=0.0))
    assert hits[0].score < RELEVANT
    assert searcher.search(Query("qq jj")) == []
    assert len(searcher.search(Query("qq"))) == 10


def test_a_small_index_gives_what_is_nearest(index: Index, letter_embedder: LetterEmbedder) -> None:
    _store(index, letter_embedder, _texts(ENOUGH - 1))
    assert len(Searcher(index, letter_embedder).search(Query(NONSENSE))) == 10


def test_a_number_is_asked_for_by_its_words_alone(large: Index, letter_embedder: LetterEmbedder) -> None:
    searcher = Searcher(large, letter_embedder)
    assert searcher.search(Query("90210")) == []
    [hit] = searcher.search(Query("4711"))
    assert hit.channels.dense is None
    assert len(searcher.search(Query("90210", min_score=0.0))) == 10
