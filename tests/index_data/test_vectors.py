from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import faiss
import numpy as np
import pytest
from numpy.typing import NDArray

from index_data.errors import IndexDamaged
from index_data.index import Index
from index_data.paths import IndexPaths
from index_data.records import Candidate, Document, FileStamp, Filters, Fingerprint, Passage
from index_data.segments import Segment, Segments

EVERYTHING = Filters()
Vectors = NDArray[np.float32]


def put(index: Index, path: str, vectors: Vectors, language: str = "en") -> None:
    passages = [Passage(place, "x", place, place + 1, 1, language) for place in range(len(vectors))]
    index.replace(Document(Path(path), FileStamp(1, 1, "0"), "txt", path, language), passages, vectors)


def random_vectors(count: int) -> Vectors:
    vectors = np.random.default_rng(count).normal(size=(count, 64)).astype(np.float32)
    lengths: Vectors = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / lengths


def by_hand(index: Index, query: Vectors, count: int) -> list[int]:
    """Find the nearest passages by a second implementation, over every id there may be."""
    ids = [stored.passage_id for stored in index.passages(range(1, 1_000))]
    return [ids[place] for place in np.argsort(-(index.vectors(ids) @ query), kind="stable")[:count]]


def ids_of(candidates: list[Candidate]) -> list[int]:
    return [candidate.passage_id for candidate in candidates]


@pytest.fixture
def mixed(index: Index) -> Index:
    """Make a segment with living and dead passages, and passages newer than it."""
    for number in range(20):
        put(index, f"/{number}", random_vectors(30 + number))
    index.publish()
    index.remove([Path("/3"), Path("/7")])
    put(index, "/5", random_vectors(50))
    put(index, "/20", random_vectors(40), language="th")
    return index


@pytest.fixture
def segment(mixed: Index, index_folder: Path) -> Path:
    (file,) = IndexPaths(index_folder).segments.iterdir()
    return file


@pytest.fixture
def reader(mixed: Index, index_folder: Path) -> Iterator[Index]:
    with Index.open(index_folder) as opened:
        yield opened


def flip_a_bit(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0x10
    file.write_bytes(data)


def test_the_nearest_are_those_that_numpy_finds(mixed: Index) -> None:
    for query in random_vectors(10):
        found = mixed.nearest(query, 25, EVERYTHING)
        assert ids_of(found) == by_hand(mixed, query, 25)
        assert [candidate.score for candidate in found] == pytest.approx(
            (mixed.vectors(ids_of(found)) @ query).tolist(), abs=1e-6
        )


def test_publishing_changes_no_answer(mixed: Index) -> None:
    query = random_vectors(1)[0]
    before = mixed.nearest(query, 1_000, EVERYTHING)
    mixed.publish()
    after = mixed.nearest(query, 1_000, EVERYTHING)
    assert ids_of(after) == ids_of(before)
    assert len(after) == mixed.summary().passages


def test_equal_scores_come_in_the_order_of_ids(index: Index) -> None:
    put(index, "/a", np.repeat(random_vectors(1), 3, axis=0))
    index.publish()
    put(index, "/b", np.repeat(random_vectors(1), 3, axis=0))
    assert ids_of(index.nearest(random_vectors(1)[0], 6, EVERYTHING)) == [1, 2, 3, 4, 5, 6]


def test_a_filter_works_inside_the_search(mixed: Index) -> None:
    query = random_vectors(1)[0]
    for wanted in (Filters(languages=("th",)), Filters(path_globs=("/1?",)), Filters(media_types=("txt",))):
        found = mixed.nearest(query, 12, wanted)
        assert len(found) == 12
        allowed = set(ids_of(mixed.nearest(query, 1_000, wanted)))
        assert ids_of(found) == [hit for hit in by_hand(mixed, query, 1_000) if hit in allowed][:12]
    # The control: filtering the best afterwards would have lost hits.
    thai = {stored.passage_id for stored in mixed.passages(ids_of(found)) if stored.passage.language == "th"}
    assert len(thai) < 12


def test_filters_are_joined_by_and(mixed: Index) -> None:
    query = random_vectors(1)[0]
    assert mixed.nearest(query, 5, Filters(languages=("th",), path_globs=("/1*",))) == []
    assert mixed.nearest(query, 5, Filters(languages=("xx",))) == []
    assert len(mixed.nearest(query, 100, Filters(languages=("th", "en"), path_globs=("/20", "/1")))) == 71


@pytest.mark.parametrize("count", [0, -1])
def test_nothing_is_found_where_nothing_is_asked_for(mixed: Index, count: int) -> None:
    assert mixed.nearest(random_vectors(1)[0], count, EVERYTHING) == []


def test_a_lost_segment_loses_no_answer(mixed: Index, segment: Path, reader: Index) -> None:
    query = random_vectors(1)[0]
    segment.unlink()
    assert ids_of(reader.nearest(query, 50, EVERYTHING)) == by_hand(mixed, query, 50)
    mixed.publish()
    assert ids_of(mixed.nearest(query, 50, EVERYTHING)) == by_hand(mixed, query, 50)
    assert not segment.exists()


def test_a_flipped_bit_costs_no_more_than_a_hit(
    mixed: Index, segment: Path, reader: Index, index_folder: Path
) -> None:
    flip_a_bit(segment)
    # The control: FAISS itself does not notice.
    assert faiss.deserialize_index(np.fromfile(segment, np.uint8)).ntotal > 0
    query = random_vectors(1)[0]
    before = segment.read_bytes()
    found = reader.nearest(query, 50, EVERYTHING)
    assert len(set(ids_of(found)) & set(by_hand(mixed, query, 50))) >= 49
    assert [one.score for one in found] == pytest.approx(
        (mixed.vectors(ids_of(found)) @ query).tolist(), abs=1e-6
    )
    assert segment.read_bytes() == before, "a reader changes nothing"
    mixed.publish()
    assert (IndexPaths(index_folder).quarantine / segment.name).read_bytes() == before
    assert ids_of(reader.nearest(query, 50, EVERYTHING)) == by_hand(mixed, query, 50)


def test_a_bad_segment_is_made_anew_even_if_nothing_else_changed(index: Index, index_folder: Path) -> None:
    put(index, "/a", random_vectors(40))
    index.publish()
    (segment,) = IndexPaths(index_folder).segments.iterdir()
    sound = segment.read_bytes()
    flip_a_bit(segment)
    index.publish()
    assert segment.read_bytes() == sound


def test_publishing_twice_writes_once(index: Index) -> None:
    put(index, "/a", random_vectors(40))
    index.publish()
    generation = index.generation
    index.publish()
    assert index.generation == generation


def test_an_emptied_index_has_no_segment(index: Index, index_folder: Path) -> None:
    put(index, "/a", random_vectors(4))
    index.publish()
    index.remove([Path("/a")])
    index.publish()
    assert list(IndexPaths(index_folder).segments.iterdir()) == []
    assert index.nearest(random_vectors(1)[0], 5, EVERYTHING) == []


def test_death_between_a_segment_and_its_row(index_folder: Path, fingerprint: Fingerprint) -> None:
    paths = IndexPaths(index_folder)
    with Index.create_or_open(index_folder, fingerprint) as index:
        put(index, "/a", random_vectors(40))
        index.publish()
        put(index, "/b", random_vectors(30))
        orphan = faiss.IndexIDMap2(faiss.IndexFlatIP(64))
        orphan.add_with_ids(random_vectors(2), np.array([1, 2]))
        Segments(paths).write(orphan, np.array([1, 2]))
        (paths.scratch / ".half.unfinished").write_bytes(b"half")
    assert len(list(paths.segments.iterdir())) == 2
    query = random_vectors(1)[0]
    with Index.open(index_folder) as reader:
        assert ids_of(reader.nearest(query, 70, EVERYTHING)) == by_hand(reader, query, 70)
    with Index.create_or_open(index_folder, fingerprint) as index:
        assert len(list(paths.segments.iterdir())) == 1
        assert list(paths.scratch.iterdir()) == []
        assert ids_of(index.nearest(query, 70, EVERYTHING)) == by_hand(index, query, 70)


def test_death_before_the_older_segment_is_deleted(index_folder: Path, fingerprint: Fingerprint) -> None:
    paths = IndexPaths(index_folder)
    with Index.create_or_open(index_folder, fingerprint) as index:
        put(index, "/a", random_vectors(40))
        index.publish()
        (older,) = paths.segments.iterdir()
        content = older.read_bytes()
        put(index, "/b", random_vectors(30))
        index.publish()
        older.write_bytes(content)
    with Index.create_or_open(index_folder, fingerprint) as index:
        assert not older.exists()
        query = random_vectors(1)[0]
        assert ids_of(index.nearest(query, 70, EVERYTHING)) == by_hand(index, query, 70)


def test_a_file_that_claims_more_than_it_holds_is_refused(index: Index, index_folder: Path) -> None:
    forged = faiss.IndexIDMap2(faiss.IndexFlatIP(64))
    forged.add_with_ids(random_vectors(2), np.array([1, 2]))
    data = faiss.serialize_index(forged).tobytes()
    segments = Segments(IndexPaths(index_folder))

    def load(content: bytes) -> object:
        (IndexPaths(index_folder).segments / "x").write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        return segments.open_sound(Segment("x", 1, 2, 2, len(content), digest), 64)

    # The number of values stands before them, as 64 bits.
    assert load(data) is not None
    assert load(data.replace((2 * 64).to_bytes(8, "little"), (1 << 36).to_bytes(8, "little"))) is None
    assert load(b"not an index") is None


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE vectors SET vector = zeroblob(256) WHERE passage_id = 20",
        "UPDATE vectors SET vector = x'00' WHERE passage_id = 20",
        "DELETE FROM vectors WHERE passage_id = 20",
    ],
)
def test_a_damaged_vector_is_never_searched(index: Index, index_folder: Path, damage: str) -> None:
    put(index, "/a", random_vectors(40))
    with sqlite3.connect(IndexPaths(index_folder).database) as connection:
        connection.execute(damage)
    connection.close()
    with pytest.raises(IndexDamaged, match="the vector of passage 20 of /a is not") as caught:
        index.nearest(random_vectors(1)[0], 5, EVERYTHING)
    assert "dragoman repair" in caught.value.remedy
    with pytest.raises(IndexDamaged):
        index.publish()
