"""Passages in two languages: found by either filter, counted once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index_data.index import Index
from index_data.records import Document, FileStamp, Filters, Passage

LANGUAGES = (("ar", None), ("ar", "en"), ("en", "ar"), ("en", None), ("arz", None), ("de", "fr"))
STAMP = FileStamp(6, 1, "0" * 64)


@pytest.fixture
def mixed(index: Index) -> Index:
    passages = [
        Passage(place, "x", place, place + 1, 1, main, second_language=second)
        for place, (main, second) in enumerate(LANGUAGES)
    ]
    vectors = np.eye(len(passages), index.fingerprint.dimension, dtype=np.float32)
    index.replace(Document(Path("/a"), STAMP, "txt", "a", "ar"), passages, vectors)
    return index


def _found(index: Index, *languages: str) -> list[tuple[str, ...]]:
    anywhere = np.full(index.fingerprint.dimension, index.fingerprint.dimension**-0.5, np.float32)
    nearest = index.nearest(anywhere, 10, Filters(languages=languages))
    stored = index.passages(sorted(candidate.passage_id for candidate in nearest))
    return [found.passage.languages for found in stored]


def test_either_language_finds_a_passage(mixed: Index) -> None:
    assert _found(mixed, "ar") == [("ar",), ("ar", "en"), ("en", "ar")]
    assert _found(mixed, "en") == [("ar", "en"), ("en", "ar"), ("en",)]
    assert _found(mixed, "fr", "arz") == [("arz",), ("de", "fr")]
    assert _found(mixed, "xx") == _found(mixed, "r") == _found(mixed, "ar en") == []
    assert len(_found(mixed)) == len(LANGUAGES)


def test_a_passage_is_counted_once_and_its_second_language_is_named(mixed: Index) -> None:
    assert list(mixed.summary().languages.items()) == [("ar", 2), ("en", 2), ("arz", 1), ("de", 1), ("fr", 0)]
    assert mixed.summary().passages == len(LANGUAGES)


def test_a_filter_on_an_empty_index_finds_nothing(index: Index) -> None:
    assert _found(index, "ar") == []
