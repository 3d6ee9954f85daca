from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from encoder.interface import Embedder
from index_data.checking import check
from index_data.errors import IndexDamaged, IndexLocked, IndexMissing
from index_data.findings import is_sound
from index_data.index import Index
from index_data.paths import IndexPaths
from index_data.quarantine import start_anew
from index_data.records import Filters
from index_data.repair import repair, would_repair

Alter = Callable[[str], None]
EVERYTHING = Filters()
IN_SEGMENT = 5
AFTER_IT = "(SELECT max(passage_id) FROM passages)"


def answers(folder: Path, embedder: Embedder) -> list[tuple[str, str, float]]:
    """Answer one question in both ways, in full."""
    with Index.open(folder) as index:
        question = embedder.embed_queries(["Brot oven 面团"])[0]
        found = index.nearest(question, 1_000, EVERYTHING)
        found += index.matching("Brot oven 面团", 1_000, EVERYTHING)
        passages = index.passages([hit.passage_id for hit in found])
        return sorted(
            (str(stored.document.path), stored.passage.text, round(hit.score, 5))
            for hit, stored in zip(found, passages, strict=True)
        )


def paths_in(folder: Path) -> set[Path]:
    with Index.open(folder) as index:
        return set(index.stamps())


def path_of(folder: Path, passage: str) -> Path:
    query = f"SELECT path FROM passages JOIN documents USING (document_id) WHERE passage_id = {passage}"
    with closing(sqlite3.connect(IndexPaths(folder).database)) as connection:
        return Path(connection.execute(query).fetchone()[0].decode())


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE documents SET language = 'xx' WHERE document_id = 5",
        "UPDATE documents SET title = x'ff' WHERE document_id = 5",
        "UPDATE passages SET text = x'79' WHERE document_id = 5",
        "UPDATE passages SET ordinal = ordinal + 1000 WHERE document_id = 5",
        "UPDATE passages SET heading_path = '' WHERE document_id = 5",
        "UPDATE sparse_vectors SET vector = x'00' WHERE passage_id IN"
        " (SELECT passage_id FROM passages WHERE document_id = 5)",
    ],
)
def test_a_damaged_document_is_taken_out_and_named(sound: Path, alter: Alter, damage: str) -> None:
    before = paths_in(sound)
    (damaged,) = before & {Path("/library/5.txt")}
    owner = f"(SELECT document_id FROM documents WHERE path = x'{bytes(damaged).hex()}')"
    alter(damage.replace("= 5", f"= {owner}"))
    assert would_repair(sound).lost == (damaged,)
    report = repair(sound)
    assert report.lost == (damaged,)
    assert check(sound, full=True) == []
    assert paths_in(sound) == before - {damaged}
    assert repair(sound).found == ()


@pytest.mark.parametrize(
    "damage",
    [
        f"UPDATE vectors SET vector = zeroblob(256) WHERE passage_id = {IN_SEGMENT}",
        f"UPDATE vectors SET vector = x'00' WHERE passage_id = {IN_SEGMENT}",
        f"DELETE FROM vectors WHERE passage_id = {IN_SEGMENT}",
    ],
)
def test_a_vector_comes_back_from_a_segment(
    sound: Path, alter: Alter, letter_embedder: Embedder, damage: str
) -> None:
    before = answers(sound, letter_embedder)
    alter(damage)
    report = repair(sound)
    assert (report.rescued, report.lost) == (1, ())
    assert check(sound, full=True) == []
    assert answers(sound, letter_embedder) == before


def test_a_vector_that_no_segment_has_is_lost_with_its_document(sound: Path, alter: Alter) -> None:
    damaged = path_of(sound, AFTER_IT)
    alter(f"UPDATE vectors SET vector = zeroblob(256) WHERE passage_id = {AFTER_IT}")
    report = repair(sound)
    assert (report.rescued, report.lost) == (0, (damaged,))
    assert check(sound, full=True) == []


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM passage_words_docsize WHERE id = 5",
        "UPDATE passage_words_data SET block = x'00' WHERE id > 10",
        "DELETE FROM passage_words_data",
        "INSERT INTO passage_words (rowid, words) VALUES (999, 'ghost')",
        "INSERT INTO vectors VALUES (999, x'00', 0)",
        "INSERT INTO windows VALUES (999, 999, x'00')",
        "INSERT INTO ledger VALUES (999, 0, NULL, '[]', '[]', '')",
        "UPDATE unread_files SET path = (SELECT path FROM documents LIMIT 1)",
        "UPDATE sqlite_sequence SET seq = 1",
        "DELETE FROM sqlite_sequence",
        "UPDATE segments SET sha256 = 'x'",
        "UPDATE segments SET count = 1",
        "DELETE FROM segments",
        "DELETE FROM seals",
        "UPDATE ledger SET characters = 1",
        "UPDATE ledger SET textless_pages = '[' WHERE document_id = 5",
        "DELETE FROM ledger",
        "UPDATE windows SET digest = zeroblob(16)",
        "DELETE FROM windows",
        "UPDATE unread_files SET attempts = 7",
        "DROP INDEX passages_by_language",
        "UPDATE store SET words_version = 0",
    ],
)
def test_what_is_derived_is_made_anew_without_loss(
    sound: Path, alter: Alter, letter_embedder: Embedder, damage: str
) -> None:
    before = answers(sound, letter_embedder)
    alter(damage)
    assert repair(sound).lost == ()
    assert is_sound(check(sound, full=True))
    assert answers(sound, letter_embedder) == before


def test_ids_are_not_given_again_after_a_repair(sound: Path, alter: Alter) -> None:
    highest = "SELECT max(passage_id) FROM passages"
    with closing(sqlite3.connect(IndexPaths(sound).database)) as connection:
        (before,) = connection.execute(highest).fetchone()
    alter("UPDATE documents SET language = 'xx' WHERE document_id = (SELECT max(document_id) FROM documents)")
    repair(sound)
    with closing(sqlite3.connect(IndexPaths(sound).database)) as connection:
        query = "SELECT seq FROM sqlite_sequence WHERE name = 'passages'"
        assert connection.execute(query).fetchone()[0] >= before


def test_passages_without_a_document_go(sound: Path, alter: Alter) -> None:
    alter("DELETE FROM documents WHERE path = CAST('/library/5.txt' AS BLOB)")
    repair(sound)
    assert check(sound, full=True) == []


def test_a_damaged_segment_goes_to_quarantine(sound: Path, letter_embedder: Embedder) -> None:
    before = answers(sound, letter_embedder)
    (segment,) = IndexPaths(sound).segments.iterdir()
    spoilt = segment.read_bytes()[:-1]
    segment.write_bytes(spoilt)
    report = repair(sound)
    assert [file.read_bytes() for file in report.quarantined] == [spoilt]
    assert answers(sound, letter_embedder) == before


def test_deleting_all_segments_loses_no_answer(sound: Path, letter_embedder: Embedder) -> None:
    before = answers(sound, letter_embedder)
    for segment in IndexPaths(sound).segments.iterdir():
        segment.unlink()
    IndexPaths(sound).segments.rmdir()
    assert answers(sound, letter_embedder) == before
    assert not is_sound(check(sound))
    repair(sound)
    assert check(sound, full=True) == []
    assert answers(sound, letter_embedder) == before


def test_a_dry_run_changes_nothing(sound: Path, alter: Alter) -> None:
    alter("UPDATE passages SET text = x'79' WHERE passage_id = 5")
    before = {path: path.read_bytes() for path in sound.rglob("*") if path.is_file()}
    assert would_repair(sound).lost
    assert {path: path.read_bytes() for path in before} == before


def test_an_index_in_use_is_left_alone(index: Index, index_folder: Path) -> None:
    with pytest.raises(IndexLocked):
        repair(index_folder)


def test_no_index_is_told(tmp_path: Path) -> None:
    for verb in (repair, would_repair, start_anew):
        with pytest.raises(IndexMissing):
            verb(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def large(index: Index, store: Callable[..., list[int]], index_folder: Path) -> Path:
    """Make an index of many pages, so that one page is not all of a table."""
    for number in range(60):
        store(f"/library/{number:02}", *(f"passage {number} {place} of the book" for place in range(12)))
    index.publish()
    index.close()
    return index_folder


def test_zeroed_pages_lose_only_documents_that_are_named(large: Path, letter_embedder: Embedder) -> None:
    everything = paths_in(large)
    database = IndexPaths(large).database
    whole = database.read_bytes()
    mended = 0
    for page in random.Random(20261124).sample(range(1, len(whole) // 4096), 10):
        database.write_bytes(whole[: 4096 * page] + bytes(4096) + whole[4096 * page + 4096 :])
        assert not is_sound(check(large, full=True))
        if not says_what_it_is(database):
            with pytest.raises(IndexDamaged, match=r"malformed|which encoder"):
                repair(large)
            continue
        report = repair(large)
        assert check(large, full=True) == []
        assert paths_in(large) == everything - set(report.lost)
        assert len(report.lost) + report.nameless < len(everything) / 2
        mended += 1
        for file in IndexPaths(large).quarantine.iterdir():
            file.unlink()
    assert mended > 5


def says_what_it_is(database: Path) -> bool:
    """Tell whether the pages are whole without which nothing says what the others are."""
    with closing(sqlite3.connect(database)) as connection, suppress(sqlite3.DatabaseError):
        connection.execute("SELECT count(*) FROM sqlite_schema")
        return len(connection.execute("SELECT fingerprint FROM store").fetchall()) == 1
    return False
