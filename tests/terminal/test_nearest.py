"""An empty answer says what came nearest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import jsonschema
import pytest

from encoder.interface import Window
from index_data.index import Index
from index_data.records import Document, FileStamp, Fingerprint, Passage
from search.query import Query
from search.searcher import ENOUGH, Searcher
from terminal.answer import Answer, answer
from terminal.engine.engine import Stage
from terminal.json_output import json_text, jsonl_text, schema_text
from terminal.tui import notices
from tests.conftest import LetterEmbedder

SYLLABLES = ("ba", "ko", "ri", "su", "ten", "mar", "lo", "vi", "ga", "pe")


@pytest.fixture
def searcher(index_folder: Path, letter_embedder: LetterEmbedder) -> Iterator[Searcher]:
    draw = Random(0)
    words = ["".join(draw.choices(SYLLABLES, k=3)) for _ in range(300)]
    texts = [" ".join(draw.choices(words, k=20)) for _ in range(ENOUGH)]
    made_by = Fingerprint("letters", letter_embedder.fingerprint, letter_embedder.dimension, 512, 256, 1)
    with Index.create_or_open(index_folder, made_by) as writer:
        vectors = letter_embedder.embed_passages([Window(text, ((0, len(text)),)) for text in texts])
        passages = [Passage(place, text, 0, len(text), 1, "en") for place, text in enumerate(texts)]
        writer.replace(
            Document(Path("/all.txt"), FileStamp(1, 1, "0"), "txt", "All", "en"), passages, vectors
        )
    with Index.open(index_folder) as index:
        yield Searcher(index, letter_embedder)


def _ask(searcher: Searcher, query: Query) -> Answer:
    return answer(searcher, query, Path("/library/index"))


def test_what_came_nearest_is_told(searcher: Searcher) -> None:
    empty = _ask(searcher, Query("xx yy zz"))
    assert empty.hits == ()
    assert empty.nearest == _ask(searcher, Query("xx yy zz", min_score=0.0, limit=1)).hits[0]
    assert "Nearest, " in notices.no_hits(empty.nearest, empty.query, Stage.FUSED).plain
    shape = json.loads(json_text(empty))
    jsonschema.validate(shape, json.loads(schema_text()))
    assert (shape["query"]["judged"], shape["nearest"]["path"], shape["results"]) == (True, "/all.txt", [])
    assert json.loads(jsonl_text(empty))["nearest"] == shape["nearest"]


@pytest.mark.parametrize(("text", "lowest"), [("xx yy zz", 1.0), ("?!", None)])
def test_where_nothing_was_refused_nothing_is_near(
    searcher: Searcher, text: str, lowest: float | None
) -> None:
    empty = _ask(searcher, Query(text, min_score=lowest))
    assert (empty.hits, empty.nearest) == ((), None)
    assert json.loads(json_text(empty))["nearest"] is None
