from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from index_data.errors import IndexForeign, IndexMismatch, IndexMissing, IndexProblem
from index_data.index import Index
from index_data.records import Document, FileStamp, Filters, Fingerprint, Passage, UnreadFile
from index_data.rows import Rows

Store = Callable[..., list[int]]
VectorOf = Callable[[str], NDArray[np.float32]]

STAMP = FileStamp(size=7, modified_ns=1_790_000_000_123_456_789, content_hash="ab" * 32)
EVERYTHING = Filters()


def unit(*seeds: int) -> NDArray[np.float32]:
    vectors = np.array([np.random.default_rng(seed).normal(size=64) for seed in seeds], np.float32)
    lengths: NDArray[np.float32] = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / lengths


def paths_matching(index: Index, text: str) -> list[str]:
    found = index.passages([hit.passage_id for hit in index.matching(text, 100, EVERYTHING)])
    return sorted(str(passage.document.path) for passage in found)


def test_what_was_stored_comes_back(index: Index) -> None:
    document = Document(
        path=Path("/a/b.pdf"),
        stamp=STAMP,
        media_type="pdf",
        title="Über\x00 \udcff [bold]",
        language="de",
        encoding="cp1252",
        notes=("page 3 has no text", "\ud800"),
    )
    passages = [
        Passage(0, "Erste\x00 \x1b[2J Stelle. ", 0, 22, 1, "de", 0, 23, 1, ("Teil I", "§ 1 \udc80")),
        Passage(1, "第二 \ud83d", 22, 26, 2, "und", second_language="zh"),
    ]
    index.replace(document, passages, unit(1, 2))
    found = index.passages([hit.passage_id for hit in index.nearest(unit(1)[0], 2, EVERYTHING)])
    assert [stored.document for stored in found] == [document, document]
    assert [stored.passage for stored in found] == passages


@pytest.mark.parametrize("name", [b"new\nline.txt", b"not-utf8-\xff\xfe.txt", "名前 é.txt".encode()])
def test_any_file_name_survives(index: Index, store: Store, index_folder: Path, name: bytes) -> None:
    path = Path(os.fsdecode(b"/folder/" + name))
    store(str(path), "some words")
    index.record_unread(Path(f"{path}.pdf"), STAMP, f"cannot read {path}")
    with Index.open(index_folder) as reader:
        assert list(reader.stamps()) == [path]
        assert reader.summary().unread == (UnreadFile(Path(f"{path}.pdf"), f"cannot read {path}"),)
        hits = reader.matching("words", 5, Filters(path_globs=("/folder/*.txt",)))
        assert [stored.document.path for stored in reader.passages([hit.passage_id for hit in hits])] == [
            path
        ]


def test_a_document_takes_the_place_of_its_older_version(index: Index, store: Store) -> None:
    old = store("/a", "red apple", "green pear")
    new = store("/a", "blue plum")
    assert index.passages(old) == []
    assert [stored.passage.text for stored in index.passages(new)] == ["blue plum"]
    assert index.matching("apple pear", 5, EVERYTHING) == []
    assert min(new) > max(old)


def test_an_id_is_never_used_again(index: Index, store: Store) -> None:
    old = store("/a", "red apple")
    index.remove([Path("/a")])
    assert store("/b", "blue plum")[0] > old[0]


def test_removing_leaves_the_others(index: Index, store: Store, vector_of: VectorOf) -> None:
    store("/a", "red apple")
    kept = store("/b", "red apple")
    index.record_unread(Path("/c"), STAMP, "encrypted")
    index.remove([Path("/a"), Path("/c"), Path("/never-seen")])
    assert [hit.passage_id for hit in index.nearest(vector_of("red apple"), 9, EVERYTHING)] == kept
    assert paths_matching(index, "apple") == ["/b"]
    assert index.unread_stamps() == {}


def test_moving_keeps_the_passages(index: Index, store: Store) -> None:
    moved = store("/old", "red apple")
    store("/new", "blue plum")
    index.move(Path("/old"), Path("/new"), STAMP)
    assert index.stamps() == {Path("/new"): STAMP}
    assert [stored.passage_id for stored in index.passages(moved)] == moved
    assert index.matching("plum", 5, EVERYTHING) == []


def test_a_move_that_another_writer_has_noted_changes_nothing(index: Index, store: Store) -> None:
    moved = store("/old", "red apple")
    for _ in range(2):
        index.move(Path("/old"), Path("/new"), STAMP)
    assert index.stamps() == {Path("/new"): STAMP}
    assert [stored.passage_id for stored in index.passages(moved)] == moved
    with pytest.raises(KeyError):
        index.move(Path("/old"), Path("/new"), replace(STAMP, content_hash="cd" * 32))


def test_a_new_stamp_is_noted(index: Index, store: Store) -> None:
    kept = store("/a", "red apple")
    index.restamp(Path("/a"), STAMP)
    assert index.stamps() == {Path("/a"): STAMP}
    assert len(index.passages(kept)) == 1
    with pytest.raises(KeyError):
        index.restamp(Path("/b"), STAMP)


def test_a_path_is_either_read_or_unread(index: Index, store: Store) -> None:
    store("/a", "red apple")
    index.record_unread(Path("/a"), STAMP, "encrypted")
    assert (index.stamps(), index.unread_stamps()) == ({}, {Path("/a"): STAMP})
    assert index.matching("apple", 5, EVERYTHING) == []
    index.record_unread(Path("/a"), STAMP, "damaged")
    assert index.summary().unread == (UnreadFile(Path("/a"), "damaged"),)
    store("/a", "red apple")
    assert (list(index.stamps()), index.unread_stamps()) == ([Path("/a")], {})


def test_passages_come_in_the_order_asked_without_those_that_are_gone(index: Index, store: Store) -> None:
    first, second = store("/a", "red apple", "green pear")
    found = index.passages([second, 999, first, second])
    assert [stored.passage_id for stored in found] == [second, first, second]


def test_neighbours_stay_in_the_document(index: Index, store: Store) -> None:
    store("/before", "one")
    ids = store("/a", "two", "three", "four", "five")
    store("/after", "six")
    assert [stored.passage_id for stored in index.passages_around(ids[1], 5, 1)] == ids[:3]
    assert index.passages_around(999, 1, 1) == []


def test_vectors_come_in_the_order_asked_with_zeros_for_those_that_are_gone(index: Index) -> None:
    vectors = unit(1, 2, 3)
    passages = [Passage(place, "x", place, place + 1, 1, "en") for place in range(3)]
    index.replace(Document(Path("/a"), STAMP, "txt", "a", "en"), passages, vectors)
    ids = [hit.passage_id for vector in vectors for hit in index.nearest(vector, 1, EVERYTHING)]
    found = index.vectors([ids[2], 999, ids[0], ids[0]])
    assert np.array_equal(found, np.array([vectors[2], np.zeros(64), vectors[0], vectors[0]]))
    assert index.vectors([]).shape == (0, 64)


def test_the_summary_counts(index: Index, store: Store, index_folder: Path) -> None:
    store("/a", "red apple", "green pear", language="en")
    store("/b", "rote Birne", language="de", media_type="md")
    summary = index.summary()
    assert (summary.documents, summary.passages) == (2, 3)
    assert list(summary.languages.items()) == [("en", 2), ("de", 1)]
    assert summary.media_types == {"md": 1, "txt": 1}
    assert (summary.folder, summary.generation) == (index_folder, 2)


def test_every_change_is_a_generation_that_readers_see(
    index: Index, store: Store, index_folder: Path, vector_of: VectorOf
) -> None:
    with Index.open(index_folder) as reader:
        assert (reader.generation, reader.nearest(vector_of("x"), 5, EVERYTHING)) == (0, [])
        store("/a", "red apple")
        index.publish()
        # In a folder, new segments are a generation of their own.
        published = reader.generation
        store("/b", "blue plum")
        assert reader.generation == published + 1 == index.generation > 1
        assert len(reader.nearest(vector_of("x"), 5, EVERYTHING)) == 2
        assert paths_matching(reader, "apple plum") == ["/a", "/b"]


def test_a_reader_cannot_write(index: Index, index_folder: Path) -> None:
    with Index.open(index_folder) as reader:
        for change in (reader.publish, lambda: reader.remove([Path("/a")])):
            with pytest.raises(RuntimeError, match="opened for reading"):
                change()


@pytest.mark.parametrize(
    "vectors",
    [
        unit(1, 2) * np.float32(1.01),
        unit(1, 2) * np.float32(np.nan),
        unit(1, 2).astype(np.float64),
        unit(1),
        unit(1, 2)[:, :32],
    ],
    ids=["not unit", "not finite", "not float32", "one too few", "too short"],
)
def test_vectors_that_are_off_change_nothing(
    index: Index, store: Store, vectors: NDArray[np.float32]
) -> None:
    store("/a", "red apple")
    passages = [Passage(place, "new text", place * 8, place * 8 + 8, 1, "en") for place in range(2)]
    with pytest.raises(ValueError, match=r"vector|float32"):
        index.replace(Document(Path("/a"), STAMP, "txt", "a", "en"), passages, vectors)
    assert (index.generation, paths_matching(index, "apple new")) == (1, ["/a"])


def test_passages_that_are_out_of_order_are_refused(index: Index) -> None:
    passages = [Passage(1, "x", 0, 1, 1, "en")]
    with pytest.raises(ValueError, match="numbered"):
        index.replace(Document(Path("/a"), STAMP, "txt", "a", "en"), passages, unit(1))


def test_a_change_that_fails_half_way_leaves_the_older_version(index: Index, store: Store) -> None:
    kept = store("/a", "red apple")
    passages = [Passage(0, "new text", 0, 8, 1, "en"), Passage(1, "more", 8, 12, 1, "\ud800")]
    with pytest.raises(UnicodeEncodeError):
        index.replace(Document(Path("/a"), STAMP, "txt", "a", "en"), passages, unit(1, 2))
    assert [hit.passage_id for hit in index.matching("apple", 5, EVERYTHING)] == kept
    assert index.matching("new text more", 5, EVERYTHING) == []
    assert [hit.passage_id for hit in index.nearest(unit(1)[0], 5, EVERYTHING)] == kept


@pytest.mark.parametrize(
    "vector",
    [unit(1), np.full(64, np.inf, np.float32), np.ones(64, np.float64), np.ones(63, np.float32)],
    ids=["a matrix", "not finite", "not float32", "too short"],
)
def test_a_query_vector_that_is_off_is_refused(index: Index, vector: NDArray[np.float32]) -> None:
    with pytest.raises(ValueError, match=r"finite|float32"):
        index.nearest(vector, 5, EVERYTHING)


def test_other_vectors_are_not_mixed_in(
    index_folder: Path, fingerprint: Fingerprint, raw_rows: Callable[[], AbstractContextManager[Rows]]
) -> None:
    def stored() -> list[object]:
        with raw_rows() as rows:
            return rows.execute("SELECT * FROM store").fetchall()

    Index.create_or_open(index_folder, fingerprint).close()
    before = stored()
    with pytest.raises(IndexMismatch, match="passage_tokens: 64, not 65") as caught:
        Index.create_or_open(index_folder, replace(fingerprint, passage_tokens=65))
    assert "--model letters" in caught.value.remedy
    assert stored() == before


def test_a_model_that_changed_under_its_name_is_not_advised(
    index_folder: Path, fingerprint: Fingerprint
) -> None:
    Index.create_or_open(index_folder, fingerprint).close()
    with pytest.raises(IndexMismatch, match="dimension: 64, not 9") as caught:
        Index.create_or_open(index_folder, replace(fingerprint, encoder="other", dimension=9))
    assert "letters is another encoder since then" in caught.value.remedy


def test_a_model_may_move(index_folder: Path, fingerprint: Fingerprint) -> None:
    Index.create_or_open(index_folder, fingerprint).close()
    moved = replace(fingerprint, model="/elsewhere/letters")
    Index.create_or_open(index_folder, moved).close()
    assert Index.read_fingerprint(index_folder) == moved


def test_there_may_be_no_index(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "meta.sqlite3").touch()
    for folder in (tmp_path / "nothing", tmp_path, tmp_path / "empty"):
        with pytest.raises(IndexMissing) as caught:
            Index.open(folder)
        assert "dragoman ingest PATH" in caught.value.remedy
        assert Index.read_fingerprint(folder) is None


def _another_program(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE recipes (name)")
    connection.close()


def _newer_format(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute(f"PRAGMA application_id = {0x44524147}")
        connection.execute("PRAGMA user_version = 999")
    connection.close()


@pytest.mark.parametrize(
    "make",
    [lambda database: database.write_bytes(os.urandom(8192)), _another_program, _newer_format],
    ids=["random bytes", "another program", "newer format"],
)
def test_what_is_not_ours_is_left_alone(
    tmp_path: Path, fingerprint: Fingerprint, make: Callable[[Path], None]
) -> None:
    database = tmp_path / "meta.sqlite3"
    make(database)
    before = database.read_bytes()
    for opening in (Index.open, Index.read_fingerprint):
        with pytest.raises(IndexForeign):
            opening(tmp_path)
    with pytest.raises(IndexForeign):
        Index.create_or_open(tmp_path, fingerprint)
    assert database.read_bytes() == before
    assert list(tmp_path.iterdir()) == [database]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, fingerprint: Fingerprint) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(IndexProblem, match="cannot be used"):
        Index.create_or_open(tmp_path / "file" / "index", fingerprint)


def test_only_the_owner_may_look(index: Index, store: Store, index_folder: Path, backend: str) -> None:
    store("/a", "red apple")
    index.publish()
    for path in (index_folder, *index_folder.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    # Where all is elsewhere, there is nothing but the note that says so.
    files = 1 if backend == "postgres" else 5
    assert len([path for path in index_folder.rglob("*") if path.is_file()]) == files


def test_threads_take_turns(index: Index, store: Store, index_folder: Path, vector_of: VectorOf) -> None:
    store("/a", *(f"passage {number}" for number in range(50)))
    answers: list[int] = []

    def search(reader: Index) -> None:
        for _ in range(20):
            answers.append(len(reader.nearest(vector_of("passage"), 50, EVERYTHING)))
            answers.append(len(reader.matching("passage", 50, EVERYTHING)))

    with Index.open(index_folder) as reader:
        threads = [threading.Thread(target=search, args=(reader,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [50] * 160
