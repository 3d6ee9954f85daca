"""A sample of the index against which scores are held."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index_data import background as sampling
from index_data.index import Index
from index_data.records import Document, FileStamp, Filters, Passage


def _put(index: Index, path: str, texts: list[str], language: str = "en") -> None:
    passages = [Passage(place, text, 0, len(text), 1, language) for place, text in enumerate(texts)]
    vectors = np.random.default_rng(len(path)).normal(size=(len(texts), 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index.replace(Document(Path(path), FileStamp(1, 1, "0"), "txt", path, language), passages, vectors)


def test_a_small_index_is_its_own_sample(index: Index) -> None:
    _put(index, "/a", ["black tea", "the river"])
    _put(index, "/bb", ["der Tee"], "de")
    found = index.background("tea", [1, 3])
    assert found.languages == ("en", "en", "de")
    assert (found.vectors == index.vectors([1, 2, 3])).all()
    assert found.language_of == {1: "en", 3: "de"}
    [hit] = index.matching("tea", 9, Filters())
    assert found.bm25 == pytest.approx([hit.score, 0, 0])


def test_no_word_of_the_question_is_anywhere(index: Index) -> None:
    _put(index, "/a", ["black tea"])
    for text in ("?!", "zzz"):
        assert index.background(text, [1]).bm25.tolist() == [0]


def test_an_empty_index_has_an_empty_sample(index: Index) -> None:
    found = index.background("tea", [])
    assert (len(found.vectors), found.languages, found.spread) == (0, (), 0.0)


def test_a_larger_index_is_sampled_evenly_and_alike_each_time(
    index: Index, index_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "SIZE", 50)
    for number in range(10):
        _put(index, f"/{number}", [f"word{number}"] * 100, language=str(number))
    index.remove([Path("/3"), Path("/4")])
    found = index.background("word7", [])
    assert 30 <= len(found.vectors) <= 50
    counts = [found.languages.count(str(number)) for number in (0, 1, 2, 6, 7, 8, 9)]
    assert max(counts) - min(counts) <= 2
    with Index.open(index_folder) as reader:
        assert _same(reader.background("word7", []).vectors, found.vectors)
    _put(index, "/new", ["word"])
    assert not _same(index.background("word7", []).vectors, found.vectors)


def _same(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    return one.shape == other.shape and bool((one == other).all())


def test_the_spread_is_that_of_its_cosines(index: Index) -> None:
    _put(index, "/a", [str(number) for number in range(200)])
    assert index.background("x", []).spread == pytest.approx(1 / np.sqrt(64), rel=0.1)


def test_one_passage_has_to_hold_every_word(index: Index) -> None:
    _put(index, "/a", ["black tea", "red river"])
    _put(index, "/bb", ["weißer Mond"], "de")
    assert index.holds_every_word("tea black", Filters())
    assert not index.holds_every_word("black river", Filters())
    assert not index.holds_every_word("?!", Filters())
    assert not index.holds_every_word("tea", Filters(languages=("de",)))
