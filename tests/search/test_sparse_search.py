"""Hybrid search with an encoder that weighs vocabulary pieces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import log
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from encoder.interface import Embedder, SparseEmbedder, Window
from index_data.index import Index
from index_data.records import Document, FileStamp, Filters, Fingerprint, Passage, SparseVector
from search import searcher as searching
from search.calibration import MIDDLE, SLOPE, SPARSE_WEIGHT, calibrate
from search.query import Mode, Query
from search.searcher import Searcher

RIVER = "The river rose, the river fell, the river froze."
TEXTS = ("Black tea is poured with boiling water.", RIVER, "Tea by the river.")


@pytest.fixture
def index(index_folder: Path, weighing_embedder: SparseEmbedder) -> Iterator[Index]:
    fingerprint = Fingerprint(
        "letters", weighing_embedder.fingerprint, weighing_embedder.dimension, 512, 256, 1
    )
    windows = [Window(f"Heading. {text}", ((9, 9 + len(text)),)) for text in TEXTS]
    vectors, sparse = weighing_embedder.embed_passages_with_sparse(windows)
    with Index.create_or_open(index_folder, fingerprint) as writer:
        for place, (text, vector, weights) in enumerate(zip(TEXTS, vectors, sparse, strict=True)):
            store(writer, f"/{place}.txt", text, vector, weights)
        yield writer


def store(index: Index, path: str, text: str, vector: NDArray[np.float32], sparse: SparseVector) -> None:
    document = Document(Path(path), FileStamp(0, 0, ""), "txt", "", "en")
    index.replace(document, [Passage(0, text, 0, len(text), 1, "en")], vector[np.newaxis], [sparse])


def test_a_hybrid_search_asks_the_sparse_channel(index: Index, weighing_embedder: SparseEmbedder) -> None:
    searcher = Searcher(index, weighing_embedder)
    sparse = {hit.passage.text: hit.channels.sparse for hit in searcher.search(Query("river"))}
    assert sparse[RIVER] == pytest.approx(0.1 * 0.3)
    assert sparse["Tea by the river."] == pytest.approx(0.1 * 0.1)
    assert sparse["Black tea is poured with boiling water."] is None


def test_the_other_modes_do_not(index: Index, weighing_embedder: SparseEmbedder) -> None:
    searcher = Searcher(index, weighing_embedder)
    for mode in (Mode.DENSE, Mode.LEXICAL):
        hits = searcher.search(Query("river", mode=mode))
        assert hits
        assert {hit.channels.sparse for hit in hits} == {None}


def evidence(score: float) -> float:
    return MIDDLE + log(score / (1 - score)) / SLOPE


def test_it_adds_to_what_the_other_channels_say(
    index: Index, weighing_embedder: SparseEmbedder, letter_embedder: Embedder
) -> None:
    [vector] = letter_embedder.embed_queries(["river tea"])
    calibration = calibrate(vector, 2, index.background("river tea", [1, 2, 3]))
    without = {hit.passage_id: hit for hit in Searcher(index, letter_embedder).search(Query("river tea"))}
    for hit in Searcher(index, weighing_embedder).search(Query("river tea")):
        before = without[hit.passage_id]
        assert hit.channels.sparse is not None
        assert replace(hit.channels, sparse=None) == before.channels
        added = SPARSE_WEIGHT * hit.channels.sparse / calibration.spread
        assert evidence(hit.score) - evidence(before.score) == pytest.approx(added)


def test_a_passage_that_it_alone_proposes_gets_its_cosine(
    index: Index, weighing_embedder: SparseEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "Water under bridges."
    [query, vector] = weighing_embedder.embed_queries(["river", text])
    [asked] = weighing_embedder.sparse_queries(["river"])
    store(index, "/synonym.txt", text, vector, replace(asked, weights=asked.weights * 1000))
    monkeypatch.setattr(searching, "CANDIDATES", 1)
    [hit] = Searcher(index, weighing_embedder).search(Query("river", limit=1))
    assert hit.passage.text == text
    assert hit.channels.lexical is None
    assert hit.channels.dense == pytest.approx(float(query @ vector))


def test_filters_hold_for_it(index: Index, weighing_embedder: SparseEmbedder) -> None:
    query = Query("river", filters=Filters(path_globs=("/2*",)))
    [hit] = Searcher(index, weighing_embedder).search(query)
    assert str(hit.document.path) == "/2.txt"
    assert hit.channels.sparse == pytest.approx(0.01)
