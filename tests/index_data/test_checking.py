from __future__ import annotations

import hashlib
import random
import sqlite3
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

from index_data.checking import check
from index_data.errors import IndexForeign, IndexMissing
from index_data.findings import Invariant, Severity, is_sound
from index_data.index import Index
from index_data.paths import IndexPaths
from index_data.seals import Seals
from index_data.words import words

Alter = Callable[[str], None]
Break = str | Callable[[Path], None]

IN_SEGMENT = "(SELECT min(passage_id) FROM passages WHERE passage_id BETWEEN 3 AND 9)"
AFTER_IT = "(SELECT max(passage_id) FROM passages)"
TWICE = """
CREATE TABLE copy AS SELECT * FROM documents;
DROP TABLE documents;
CREATE TABLE documents (document_id INTEGER PRIMARY KEY, path BLOB, size, modified_ns, content_hash,
    media_type, title, language, encoding, notes);
INSERT INTO documents SELECT * FROM copy;
INSERT INTO documents SELECT 99, path, size, modified_ns, content_hash, media_type, title, language, encoding,
    notes FROM copy LIMIT 1;
DROP TABLE copy;
"""


def rows_of(folder: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(IndexPaths(folder).database)) as connection:
        return connection.execute(query).fetchall()


def segment_of(folder: Path) -> Path:
    (segment,) = IndexPaths(folder).segments.iterdir()
    return segment


def flip(file: Path, bit: int) -> None:
    data = bytearray(file.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    file.write_bytes(data)


def spoil_a_page(folder: Path) -> None:
    ((page, size),) = rows_of(
        folder, "SELECT rootpage, page_size FROM sqlite_schema, pragma_page_size WHERE name = 'documents'"
    )
    assert isinstance(page, int)
    assert isinstance(size, int)
    with IndexPaths(folder).database.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


def cut_the_segment(folder: Path) -> None:
    data = segment_of(folder).read_bytes()
    segment_of(folder).write_bytes(data[: len(data) // 2])


def flip_in_the_segment(folder: Path) -> None:
    flip(segment_of(folder), 8 * segment_of(folder).stat().st_size // 2)


def forge_the_segment(folder: Path) -> None:
    """Give every vector another's id, with a row that vouches for it."""
    index: Any = faiss.read_index(str(segment_of(folder)))
    ids = faiss.vector_to_array(index.id_map)
    forged = faiss.IndexIDMap2(faiss.IndexFlatIP(index.d))
    forged.add_with_ids(faiss.downcast_index(index.index).reconstruct_n(0, len(ids)), ids[::-1].copy())
    data = faiss.serialize_index(forged).tobytes()
    digest = hashlib.sha256(data).hexdigest()
    name = f"{ids.min()}-{ids.max()}-{digest[:16]}.faiss"
    segment_of(folder).unlink()
    (IndexPaths(folder).segments / name).write_bytes(data)
    with closing(sqlite3.connect(IndexPaths(folder).database)) as connection, connection:
        connection.execute("UPDATE segments SET name = ?, sha256 = ?", (name, digest))


def confuse_the_words(folder: Path) -> None:
    with closing(sqlite3.connect(IndexPaths(folder).database)) as connection, connection:
        (passage_id, text) = connection.execute("SELECT passage_id, text FROM passages").fetchone()
        insert = "INSERT INTO passage_words (passage_words, rowid, words) VALUES ('delete', ?, ?)"
        found = words(text.decode())
        connection.execute(insert, (passage_id, " ".join(found)))
        insert = "INSERT INTO passage_words (rowid, words) VALUES (?, ?)"
        connection.execute(insert, (passage_id, " ".join(reversed(found))))


def a_vector(scale: float) -> str:
    """Put in a vector that is what was stored, but ought not to have been."""
    payload = (np.eye(1, 64, dtype=np.float32) * np.float32(scale)).tobytes()
    return (
        f"UPDATE vectors SET vector = x'{payload.hex()}', vector_crc = {zlib.crc32(payload)}"
        f" WHERE passage_id = {AFTER_IT}"
    )


def unseen(statement: str) -> Break:
    """Break rows and the seals of them with one stroke, so that only what they say can tell."""

    def run(folder: Path) -> None:
        with closing(sqlite3.connect(IndexPaths(folder).database)) as connection:
            connection.execute(statement)
            connection.execute("DELETE FROM seals")
            Seals(connection).seal_all()
            connection.commit()

    return run


QUICK: list[tuple[Invariant, Severity, Break]] = [
    (Invariant.READABLE, Severity.DAMAGE, spoil_a_page),
    (Invariant.STAMPED, Severity.DAMAGE, "UPDATE documents SET content_hash = 'x' WHERE document_id = 5"),
    (Invariant.WHOLE, Severity.DAMAGE, "DELETE FROM passages WHERE ordinal = 0 AND document_id = 2"),
    (Invariant.WHOLE, Severity.DAMAGE, f"DELETE FROM vectors WHERE passage_id = {AFTER_IT}"),
    (Invariant.WHOLE, Severity.COPY, f"DELETE FROM passage_words_docsize WHERE id = {AFTER_IT}"),
    (Invariant.OWNED, Severity.DAMAGE, "DELETE FROM documents WHERE document_id = 5"),
    (Invariant.OWNED, Severity.COPY, "INSERT INTO vectors VALUES (999, x'00', 0)"),
    (Invariant.OWNED, Severity.COPY, "INSERT INTO sparse_vectors VALUES (999, x'00', 0)"),
    (Invariant.OWNED, Severity.COPY, "INSERT INTO seals VALUES (999, 0, 0, 0, 0)"),
    (Invariant.OWNED, Severity.COPY, "INSERT INTO ledger VALUES (999, 0, NULL, '[]', '[]', '')"),
    (Invariant.OWNED, Severity.COPY, "INSERT INTO windows VALUES (999, 999, x'00')"),
    (Invariant.OWNED, Severity.COPY, "INSERT INTO passage_words_docsize VALUES (999, x'01')"),
    (Invariant.ONCE, Severity.DAMAGE, TWICE),
    (Invariant.ONCE, Severity.COPY, "UPDATE unread_files SET path = (SELECT path FROM documents LIMIT 1)"),
    (Invariant.GROWING, Severity.COPY, "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'passages'"),
    (Invariant.GROWING, Severity.COPY, "DELETE FROM sqlite_sequence WHERE name = 'documents'"),
    (Invariant.NAMED, Severity.COPY, lambda folder: segment_of(folder).unlink()),
    (Invariant.NAMED, Severity.COPY, cut_the_segment),
    (Invariant.NAMED, Severity.COPY, "UPDATE segments SET name = '../meta.sqlite3'"),
    (Invariant.TIDY, Severity.NOTE, lambda folder: (IndexPaths(folder).scratch / "half").touch()),
    (Invariant.TIDY, Severity.NOTE, lambda folder: (IndexPaths(folder).segments / "1-2-x.faiss").touch()),
    (Invariant.COVERED, Severity.COPY, "UPDATE segments SET count = 2"),
    (
        Invariant.COVERED,
        Severity.COPY,
        "INSERT INTO segments SELECT 'x', lowest_id + 1, highest_id, count, bytes, sha256 FROM segments",
    ),
    (Invariant.COMPARABLE, Severity.DAMAGE, "UPDATE store SET fingerprint = '{}'"),
    (Invariant.COMPARABLE, Severity.DAMAGE, "DELETE FROM store"),
    (
        Invariant.COMPARABLE,
        Severity.DAMAGE,
        f"UPDATE vectors SET vector = zeroblob(128) WHERE passage_id = {AFTER_IT}",
    ),
    (Invariant.LOGGED, Severity.NOTE, "PRAGMA journal_mode = DELETE"),
    (Invariant.EXPENDABLE, Severity.DAMAGE, f"DELETE FROM vectors WHERE passage_id = {IN_SEGMENT}"),
    (Invariant.REFUSED, Severity.COPY, "UPDATE unread_files SET reason = x''"),
    (Invariant.REFUSED, Severity.COPY, "UPDATE unread_files SET attempts = 4"),
    (Invariant.REFUSED, Severity.COPY, "UPDATE unread_files SET attempts = -1"),
]
FULL: list[tuple[Invariant, Severity, Break]] = [
    (Invariant.STAMPED, Severity.DAMAGE, "UPDATE documents SET language = 'xx' WHERE document_id = 5"),
    (Invariant.STAMPED, Severity.DAMAGE, "UPDATE documents SET path = x'2f' WHERE document_id = 5"),
    (Invariant.WHOLE, Severity.DAMAGE, "UPDATE passages SET page = 2 WHERE passage_id = 5"),
    (Invariant.WHOLE, Severity.DAMAGE, 'UPDATE passages SET start = 1, "end" = 9 WHERE passage_id = 5'),
    (Invariant.WHOLE, Severity.DAMAGE, f"DELETE FROM passages WHERE passage_id = {AFTER_IT}"),
    (Invariant.WHOLE, Severity.DAMAGE, f"DELETE FROM sparse_vectors WHERE passage_id = {AFTER_IT}"),
    (Invariant.WHOLE, Severity.COPY, confuse_the_words),
    (Invariant.WHOLE, Severity.COPY, f"UPDATE passage_words_docsize SET sz = x'7f' WHERE id = {AFTER_IT}"),
    (Invariant.WHOLE, Severity.COPY, "UPDATE passage_words_data SET block = x'0102' WHERE id = 1"),
    (Invariant.WHOLE, Severity.COPY, "DELETE FROM passage_words_data WHERE id > 10"),
    (Invariant.WHOLE, Severity.COPY, "UPDATE passage_words_idx SET pgno = pgno + 2"),
    (Invariant.WHOLE, Severity.NOTE, "UPDATE store SET words_version = 0"),
    (Invariant.OWNED, Severity.COPY, "INSERT INTO passage_words (rowid, words) VALUES (999, 'ghost')"),
    (Invariant.NAMED, Severity.COPY, flip_in_the_segment),
    (Invariant.NAMED, Severity.COPY, forge_the_segment),
    (Invariant.AGREEING, Severity.COPY, forge_the_segment),
    (
        Invariant.INTACT,
        Severity.DAMAGE,
        "UPDATE passages SET text = CAST(x'79' || text AS BLOB) WHERE passage_id = 5",
    ),
    (Invariant.INTACT, Severity.DAMAGE, "UPDATE vectors SET vector = zeroblob(256) WHERE passage_id = 5"),
    (Invariant.INTACT, Severity.DAMAGE, "UPDATE sparse_vectors SET vector_crc = 7 WHERE passage_id = 5"),
    (Invariant.ACCOUNTED, Severity.COPY, "UPDATE ledger SET characters = characters - 1"),
    (Invariant.ACCOUNTED, Severity.COPY, unseen("UPDATE ledger SET characters = characters - 1")),
    (Invariant.ACCOUNTED, Severity.COPY, unseen("UPDATE ledger SET textless_pages = '[3]'")),
    (Invariant.ACCOUNTED, Severity.COPY, unseen("UPDATE ledger SET recognised_pages = '[0]'")),
    (Invariant.ACCOUNTED, Severity.COPY, unseen("UPDATE ledger SET textless_pages = '[2'")),
    (Invariant.ACCOUNTED, Severity.COPY, unseen("UPDATE ledger SET textless_pages = '[\"2\"]'")),
    (Invariant.ACCOUNTED, Severity.COPY, "UPDATE ledger SET textless_pages = '[]' WHERE document_id = 5"),
    (Invariant.ACCOUNTED, Severity.COPY, "UPDATE ledger SET readers = 'readers 2' WHERE document_id = 5"),
    (Invariant.ACCOUNTED, Severity.COPY, "DELETE FROM ledger WHERE document_id = 5"),
    (Invariant.WINDOWED, Severity.COPY, "UPDATE windows SET digest = zeroblob(16) WHERE first_id = 4"),
    (Invariant.WINDOWED, Severity.COPY, "DELETE FROM windows WHERE first_id = 4"),
    (Invariant.WINDOWED, Severity.COPY, unseen("UPDATE windows SET last_id = last_id + 1")),
    (Invariant.INTACT, Severity.DAMAGE, a_vector(1.01)),
    (Invariant.INTACT, Severity.DAMAGE, a_vector(float("nan"))),
]


def apply(break_it: Break, folder: Path, alter: Alter) -> None:
    alter(break_it) if isinstance(break_it, str) else break_it(folder)


def kinds(folder: Path, *, full: bool) -> set[tuple[Invariant, Severity]]:
    return {(finding.invariant, finding.severity) for finding in check(folder, full=full)}


def test_a_sound_index_gives_no_finding(sound: Path) -> None:
    before = {path: path.read_bytes() for path in sound.rglob("*") if path.is_file()}
    assert check(sound) == check(sound, full=True) == []
    after = {path: path.read_bytes() for path in before}
    assert after == before, "a check changes nothing"


def test_an_empty_index_is_sound(index: Index, index_folder: Path) -> None:
    assert check(index_folder, full=True) == []


def test_an_index_that_is_written_to_is_sound(
    index: Index, store: Callable[..., list[int]], index_folder: Path
) -> None:
    store("/a", "red apple", "green pear")
    index.publish()
    store("/b", "blue plum")
    index.remove([Path("/a")])
    assert check(index_folder, full=True) == []


def test_every_invariant_is_broken_below() -> None:
    assert {invariant for invariant, *_ in (*QUICK, *FULL)} == set(Invariant)


@pytest.mark.parametrize(("invariant", "severity", "break_it"), QUICK)
def test_a_quick_check_finds(
    sound: Path, alter: Alter, invariant: Invariant, severity: Severity, break_it: Break
) -> None:
    apply(break_it, sound, alter)
    assert (invariant, severity) in kinds(sound, full=False)
    assert (invariant, severity) in kinds(sound, full=True)


@pytest.mark.parametrize(("invariant", "severity", "break_it"), FULL)
def test_a_full_check_finds(
    sound: Path, alter: Alter, invariant: Invariant, severity: Severity, break_it: Break
) -> None:
    apply(break_it, sound, alter)
    assert (invariant, severity) in kinds(sound, full=True)


def test_a_finding_names_the_document_and_what_helps(sound: Path, alter: Alter) -> None:
    alter("UPDATE passages SET text = CAST(x'79' || text AS BLOB) WHERE document_id = 6")
    ((path, count),) = rows_of(
        sound, "SELECT path, count(*) FROM passages JOIN documents USING (document_id) WHERE document_id = 6"
    )
    assert isinstance(path, bytes)
    (finding,) = check(sound, full=True)
    assert finding.path == Path(path.decode())
    assert finding.what == f"{count} of its texts are not what was stored"
    assert "dragoman repair" in finding.remedy
    assert not is_sound([finding])


def test_what_is_no_index_is_told(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        check(tmp_path)
    (tmp_path / "meta.sqlite3").write_bytes(random.Random(1).randbytes(4096))
    with pytest.raises(IndexForeign):
        check(tmp_path)


LIVE = {
    "texts": "SELECT text FROM passages",
    "vectors": "SELECT vector FROM vectors",
    "sparse vectors": "SELECT vector FROM sparse_vectors",
    "titles": "SELECT title FROM documents",
    "digests": "SELECT CAST(content_hash AS BLOB) FROM documents",
    "accounts": "SELECT CAST(textless_pages || recognised_pages || readers AS BLOB) FROM ledger",
    "words": "SELECT block FROM passage_words_data WHERE id > 10 AND length(block) < 4000",
}


def payloads(folder: Path) -> Iterator[tuple[str, Path, int, int]]:
    """Yield a kind, a file, and where a live payload of it starts and ends in it, in bits."""
    database = IndexPaths(folder).database
    content = database.read_bytes()
    for kind, query in LIVE.items():
        for (payload,) in rows_of(folder, query):
            assert isinstance(payload, bytes)
            if content.count(payload) == 1:
                start = content.index(payload)
                yield kind, database, 8 * start, 8 * (start + len(payload))
    yield "segments", segment_of(folder), 0, 8 * segment_of(folder).stat().st_size


def test_a_full_check_finds_every_flipped_bit(sound: Path, alter: Alter) -> None:
    # Without what was taken out, which nothing reads any more, and in small pages.
    alter("INSERT INTO passage_words (passage_words, rank) VALUES ('pgsz', 1000)")
    alter("INSERT INTO passage_words (passage_words) VALUES ('optimize')")
    dice = random.Random(20261124)
    places = list(payloads(sound))
    assert {kind for kind, *_ in places} == {*LIVE, "segments"}
    by_kind = {kind: [place for place in places if place[0] == kind] for kind in (*LIVE, "segments")}
    missed: Counter[str] = Counter()
    unseen_by_sqlite = 0
    for number in range(200):
        kind, file, start, end = dice.choice(by_kind[[*by_kind][number % len(by_kind)]])
        bit = dice.randrange(start, end)
        flip(file, bit)
        missed[kind] += is_sound(check(sound, full=True))
        unseen_by_sqlite += rows_of(sound, "PRAGMA integrity_check") == [("ok",)]
        flip(file, bit)
    assert +missed == Counter()
    assert check(sound, full=True) == []
    # The control: SQLite by itself sees almost none.
    assert unseen_by_sqlite > 190
