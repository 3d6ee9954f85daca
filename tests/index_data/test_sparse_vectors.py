"""The sparse channel against a dense product in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index_data.errors import IndexDamaged
from index_data.index import Index
from index_data.records import Document, FileStamp, Filters, Passage, SparseVector
from index_data.rows import Rows

RawRows = Callable[[], AbstractContextManager[Rows]]
EVERYTHING = Filters()
STAMP = FileStamp(1, 1, "0" * 64)
VOCABULARY = 30


def sparse(weights: dict[int, float]) -> SparseVector:
    return SparseVector(np.array(list(weights), np.int32), np.array(list(weights.values()), np.float32))


def put(index: Index, path: str, vectors: Sequence[SparseVector] | None, *, language: str = "en") -> None:
    """Store a document of as many passages as there are vectors, or of one."""
    passages = [
        Passage(place, f"word{path[1:]}", place, place + 1, 1, language)
        for place in range(1 if vectors is None else len(vectors))
    ]
    same = np.tile(np.eye(1, 64, dtype=np.float32), (len(passages), 1))
    index.replace(Document(Path(path), STAMP, "txt", "", language), passages, same, vectors)


def paths_sharing(index: Index, weights: dict[int, float], filters: Filters = EVERYTHING) -> list[str]:
    found = index.passages([hit.passage_id for hit in index.sharing(sparse(weights), 100, filters)])
    return [str(stored.document.path) for stored in found]


def random_matrix(seed: int, rows: int) -> NDArray[np.float32]:
    """Weights (rows, VOCABULARY), most of them zero and all eighths, so that sums are exact and tie."""
    eighths = np.random.default_rng(seed).integers(-24, 8, (rows, VOCABULARY))
    return (eighths.clip(0) / 8).astype(np.float32)


def rows_of(matrix: NDArray[np.float32]) -> list[SparseVector]:
    return [SparseVector(np.flatnonzero(row).astype(np.int32), row[row > 0]) for row in matrix]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("count", [0, 3, 100])
def test_scores_and_order_are_those_of_a_dense_product(index: Index, seed: int, count: int) -> None:
    matrix = random_matrix(seed, rows=60)
    put(index, "/en", rows_of(matrix[:40]))
    put(index, "/de", rows_of(matrix[40:]), language="de")
    ids = [hit.passage_id for hit in index.nearest(np.eye(1, 64, dtype=np.float32)[0], 60, EVERYTHING)]
    assert ids == sorted(ids)
    queries = random_matrix(seed + 100, rows=10)
    for query, vector in zip(queries, rows_of(queries), strict=True):
        for filters, part in ((EVERYTHING, slice(None)), (Filters(languages=("de",)), slice(40, None))):
            products = (matrix[part] @ query).tolist()
            ranked = sorted(zip(ids[part], products, strict=True), key=lambda found: (-found[1], found[0]))
            wanted = [(passage_id, product) for passage_id, product in ranked if product > 0][:count]
            hits = index.sharing(vector, count, filters)
            assert [(hit.passage_id, hit.score) for hit in hits] == wanted


def test_weights_are_kept_as_they_are(index: Index) -> None:
    put(index, "/a", [sparse({0: 0.1, 250_001: 1e-30})])
    [hit] = index.sharing(sparse({250_001: 1e-30}), 5, EVERYTHING)
    assert hit.score == float(np.float32(1e-30)) ** 2


def test_nothing_shared_is_nothing_found(index: Index) -> None:
    assert paths_sharing(index, {1: 1.0}) == []
    put(index, "/a", [sparse({1: 1.0}), sparse({})])
    assert paths_sharing(index, {1: 1.0}) == ["/a"]
    assert paths_sharing(index, {0: 1.0, 2: 1.0, 2**31 - 1: 1.0}) == []
    assert paths_sharing(index, {}) == []


def test_a_document_without_sparse_vectors_is_found_by_words_only(index: Index) -> None:
    put(index, "/a", None)
    put(index, "/b", [sparse({1: 1.0})])
    assert paths_sharing(index, {1: 1.0}) == ["/b"]
    assert len(index.matching("worda", 5, EVERYTHING)) == 1


def test_replacing_and_removing_leave_nothing_behind(
    index: Index, index_folder: Path, raw_rows: RawRows
) -> None:
    with Index.open(index_folder) as reader:
        put(index, "/a", [sparse({1: 1.0}), sparse({1: 2.0})])
        put(index, "/b", [sparse({1: 3.0})])
        assert paths_sharing(reader, {1: 1.0}) == ["/b", "/a", "/a"]
        put(index, "/a", [sparse({2: 1.0})])
        assert (paths_sharing(reader, {1: 1.0}), paths_sharing(reader, {2: 1.0})) == (["/b"], ["/a"])
        put(index, "/a", None)
        assert paths_sharing(reader, {2: 1.0}) == []
        index.remove([Path("/b")])
        assert paths_sharing(reader, {1: 1.0}) == []
    with raw_rows() as rows:
        assert rows.execute("SELECT count(*) FROM sparse_vectors").fetchone() == (0,)


ODD = {
    "not ascending": SparseVector(np.array([2, 1], np.int32), np.ones(2, np.float32)),
    "twice": SparseVector(np.array([1, 1], np.int32), np.ones(2, np.float32)),
    "below zero": SparseVector(np.array([-1, 1], np.int32), np.ones(2, np.float32)),
    "too few weights": SparseVector(np.array([1, 2], np.int32), np.ones(1, np.float32)),
    "a matrix": SparseVector(np.ones((1, 1), np.int32), np.ones((1, 1), np.float32)),
    "int64": SparseVector(np.array([1]), np.ones(1, np.float32)),
    "float64": SparseVector(np.array([1], np.int32), np.ones(1)),  # type: ignore[arg-type]
    "no weight": sparse({1: 0.0}),
    "less than no weight": sparse({1: -1.0}),
    "not a number": sparse({1: np.nan}),
    "not finite": sparse({1: np.inf}),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_a_vector_that_is_off_is_refused_and_changes_nothing(index: Index, odd: SparseVector) -> None:
    put(index, "/a", [sparse({1: 1.0})])
    with pytest.raises(ValueError, match=r"pieces|weight"):
        put(index, "/a", [sparse({2: 1.0}), odd])
    with pytest.raises(ValueError, match=r"pieces|weight"):
        index.sharing(odd, 5, EVERYTHING)
    assert (index.generation, paths_sharing(index, {1: 1.0})) == (1, ["/a"])


@pytest.mark.parametrize("count", [0, 1, 3])
def test_every_passage_has_one_or_none_has(index: Index, count: int) -> None:
    put(index, "/a", [sparse({1: 1.0})])
    passages = [Passage(place, "x", place, place + 1, 1, "en") for place in range(2)]
    document = Document(Path("/a"), STAMP, "txt", "", "en")
    with pytest.raises(ValueError, match=f"{count} sparse vectors"):
        index.replace(document, passages, np.eye(2, 64, dtype=np.float32), [sparse({1: 1.0})] * count)
    assert (index.generation, paths_sharing(index, {1: 1.0})) == (1, ["/a"])


def test_a_flipped_bit_is_told(index: Index, index_folder: Path, raw_rows: RawRows) -> None:
    put(index, "/a", [sparse({1: 1.0})])
    index.close()
    with raw_rows() as rows:
        [(vector,)] = rows.execute("SELECT vector FROM sparse_vectors").fetchall()
        rows.execute("UPDATE sparse_vectors SET vector = ?", (bytes([vector[0] ^ 1]) + vector[1:],))
    with Index.open(index_folder) as reader, pytest.raises(IndexDamaged, match="not what was stored"):
        paths_sharing(reader, {1: 1.0})
