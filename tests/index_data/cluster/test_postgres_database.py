"""One connection: what it sees, what it promises, and what it says when it cannot."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import numpy as np
import psycopg
import pytest

from index_data.cluster import postgres_schema
from index_data.cluster.postgres_database import PostgresDatabase
from index_data.cluster.postgres_errors import told
from index_data.cluster.postgres_rows import PostgresRows
from index_data.errors import (
    IndexDamaged,
    IndexForeign,
    IndexLocked,
    IndexMismatch,
    IndexProblem,
    UsageError,
)
from index_data.records import Document, FileStamp, Fingerprint, Passage
from tests.index_data.cluster.scanning import NAME, writer

PATHS = (Path("/a"), Path("/b"))
PAGE = Path(__file__).parents[3] / "docs" / "index-format.md"


@contextmanager
def opened(url: str, *, writable: bool = True, name: str = NAME) -> Iterator[PostgresDatabase]:
    with closing(PostgresDatabase(url, name, writable=writable)) as database:
        yield database


@pytest.fixture
def database(postgres: str, fingerprint: Fingerprint) -> Iterator[PostgresDatabase]:
    with opened(postgres) as writer:
        prepare(writer, fingerprint)
        yield writer


def prepare(writer: PostgresDatabase, fingerprint: Fingerprint, name: str = NAME) -> None:
    with writer.writing() as rows:
        postgres_schema.prepare(rows, name, Path("/handle"), fingerprint)


def generation(database: PostgresDatabase) -> int:
    with database.reading() as rows:
        return int(rows.execute("SELECT generation FROM store").fetchone()[0])


def grow(database: PostgresDatabase) -> None:
    with database.writing() as rows:
        rows.execute("UPDATE store SET generation = generation + 1")


def change_and(database: PostgresDatabase, *meanwhile: Callable[[PostgresRows], object]) -> None:
    """Set the generation to 7, and do something more before that is on disk."""
    with database.writing() as rows:
        rows.execute("UPDATE store SET generation = 7")
        for step in meanwhile:
            step(rows)


def as_owner(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as owner:
        for statement in statements:
            owner.execute(statement.encode())


def end_others(url: str) -> None:
    """Do what a server that is shut down does to its clients."""
    as_owner(
        url,
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )


def test_a_reader_sees_one_state_until_it_has_read(postgres: str, database: PostgresDatabase) -> None:
    with opened(postgres, writable=False) as reader:
        with reader.reading() as rows:
            before = rows.execute("SELECT generation FROM store").fetchone()
            grow(database)
            assert rows.execute("SELECT generation FROM store").fetchone() == before == (0,)
        assert generation(reader) == 1
        for change in (reader.writing, reader.alone):
            with pytest.raises(RuntimeError, match="opened for reading"), change():
                pass


def test_roles_need_no_more_than_the_page_says(
    postgres: str, database: PostgresDatabase, fingerprint: Fingerprint
) -> None:
    number = postgres.partition("?")[0].rpartition("_")[2]
    searcher, ingester = f"searcher_{number}", f"ingester_{number}"
    grants = re.findall("^GRANT.*;$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    names = {"dragoman_NAME": postgres_schema.schema_of(NAME), "searcher": searcher, "ingester": ingester}
    as_owner(postgres, f"CREATE ROLE {searcher} LOGIN", f"CREATE ROLE {ingester} LOGIN")
    as_owner(postgres, *(re.sub("|".join(names), lambda name: names[name[0]], grant) for grant in grants))
    try:
        with writer(postgres.replace("postgres@", f"{ingester}@"), fingerprint) as index:
            vector = np.eye(1, fingerprint.dimension, dtype=np.float32)
            passage = Passage(0, "text", 0, 4, 1, "en")
            index.replace(Document(PATHS[0], FileStamp(4, 1, ""), "txt", "", "en"), [passage], vector)
            index.remove(PATHS)
        url = postgres.replace("postgres@", f"{searcher}@")
        with opened(url, writable=False) as reader:
            assert generation(reader) == 2
        with opened(url) as greedy, pytest.raises(IndexProblem, match="does not let this user") as caught:
            grow(greedy)
        assert "GRANT" in caught.value.remedy
    finally:
        as_owner(postgres, *(f"DROP OWNED BY {role}; DROP ROLE {role}" for role in (searcher, ingester)))


def test_all_of_a_change_is_there_or_nothing(postgres: str, database: PostgresDatabase) -> None:
    with pytest.raises(ZeroDivisionError):
        change_and(database, lambda _: 1 // 0)
    assert generation(database) == 0


def test_a_change_that_failed_inside_is_never_told_as_done(database: PostgresDatabase) -> None:
    def stumble(rows: PostgresRows) -> None:
        with suppress(psycopg.DataError):
            rows.execute("SELECT 1 / 0")

    with pytest.raises(IndexProblem, match="undid a change"):
        change_and(database, stumble)
    assert generation(database) == 0


def test_our_own_mistakes_pass_as_they_are(database: PostgresDatabase) -> None:
    with pytest.raises(psycopg.errors.SyntaxError), database.reading() as rows:
        rows.execute("SELEC")
    assert generation(database) == 0


def test_of_two_who_make_it_one_does(postgres: str, fingerprint: Fingerprint) -> None:
    together = threading.Barrier(4)
    ids: list[str] = []

    def make() -> None:
        with opened(postgres) as writer:
            together.wait()
            prepare(writer, fingerprint)
            with writer.reading() as rows:
                ids.append(postgres_schema.store_id(rows))

    makers = [threading.Thread(target=make) for _ in range(4)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert len(ids) == 4
    assert len(set(ids)) == 1


def test_indexes_share_a_database_by_their_names(
    postgres: str, database: PostgresDatabase, fingerprint: Fingerprint
) -> None:
    grow(database)
    with opened(postgres, name="Others") as other:
        with other.reading() as rows:
            assert postgres_schema.format_version(rows) == 0
        prepare(other, fingerprint, "Others")
        assert (generation(other), generation(database)) == (0, 1)
        with other.reading() as rows, database.reading() as others:
            assert postgres_schema.store_id(rows) != postgres_schema.store_id(others)


@pytest.mark.parametrize("name", ["", "a b", 'x"; DROP', "x" * 55, "1st", "ü"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name"):
        PostgresDatabase("postgresql://localhost/x", name, writable=False)


def test_vectors_made_another_way_are_refused(database: PostgresDatabase) -> None:
    with pytest.raises(IndexMismatch):
        prepare(database, Fingerprint("other", "other", 3, 1, 1, 1))


def test_a_newer_format_is_refused(database: PostgresDatabase, fingerprint: Fingerprint) -> None:
    with database.writing() as rows:
        rows.execute("UPDATE identity SET format = 99")
    with pytest.raises(IndexForeign, match="format 99"):
        prepare(database, fingerprint)


def test_tables_of_somebody_else_are_left_alone(postgres: str, fingerprint: Fingerprint) -> None:
    schema = postgres_schema.schema_of(NAME)
    as_owner(postgres, f"CREATE SCHEMA {schema}", f"CREATE TABLE {schema}.documents (theirs text)")
    with opened(postgres) as writer, pytest.raises(IndexForeign, match="not ours"):
        prepare(writer, fingerprint)


def test_who_else_writes_is_known(postgres: str, database: PostgresDatabase) -> None:
    with opened(postgres, writable=False), database.alone() as alone:
        assert alone
    with opened(postgres) as second:
        for writer in (database, second):
            with writer.alone() as alone:
                assert not alone
    # The server lets go of what the second one held when it notices that it is gone.
    patience = time.monotonic() + 10
    while time.monotonic() < patience:
        with database.alone() as alone:
            if alone:
                break
        time.sleep(0.05)
    with database.alone() as alone:
        assert alone
        came = threading.Event()

        def come() -> None:
            with opened(postgres):
                came.set()

        coming = threading.Thread(target=come)
        coming.start()
        grow(database)
        assert not came.wait(0.2)
    coming.join()
    assert came.is_set()


def test_a_path_is_changed_by_one_at_a_time_and_others_meanwhile(
    postgres: str, database: PostgresDatabase
) -> None:
    with opened(postgres) as second:
        second._connection.execute("SET lock_timeout = '50ms'")
        with database.writing([PATHS[0]]):
            with pytest.raises(IndexLocked, match="another writer"), second.writing(reversed(PATHS)):
                pass
            with second.writing([PATHS[1]]) as rows:
                rows.execute("UPDATE store SET generation = 9")
        with second.writing(PATHS):
            pass
    assert generation(database) == 9


def test_ids_of_one_allotment_follow_each_other_whoever_else_takes_some(
    postgres: str, database: PostgresDatabase
) -> None:
    taken: list[list[int]] = []

    def take() -> None:
        with opened(postgres) as writer, writer.writing() as rows:
            for _ in range(50):
                [first] = rows.execute("SELECT allot(?)", (3,)).fetchone()
                taken.append([first, first + 1, first + 2])

    takers = [threading.Thread(target=take) for _ in range(3)]
    for taker in takers:
        taker.start()
    for taker in takers:
        taker.join()
    assert len(taken) == 150
    assert len({passage_id for ids in taken for passage_id in ids}) == 450
    # The control: what a sequence gives out one by one.
    with database.writing() as rows, opened(postgres) as second, second.writing() as others:
        one = "SELECT nextval(pg_get_serial_sequence('passages', 'passage_id'))"
        ids = [others.execute(one).fetchone()[0], rows.execute(one).fetchone()[0]]
        ids.append(others.execute(one).fetchone()[0])
        assert ids == [451, 452, 453]


def test_a_connection_that_was_lost_is_made_anew_between_changes(
    postgres: str, database: PostgresDatabase
) -> None:
    end_others(postgres)
    assert generation(database) == 0
    end_others(postgres)
    grow(database)
    assert generation(database) == 1
    with opened(postgres) as second, second.alone() as alone:
        assert not alone


def test_a_connection_that_is_lost_within_a_change_undoes_it(
    postgres: str, database: PostgresDatabase
) -> None:
    with pytest.raises(IndexProblem, match="terminating connection") as caught:
        change_and(database, lambda _: end_others(postgres), lambda rows: rows.execute("SELECT 1"))
    assert "run the same command again" in caught.value.remedy
    with pytest.raises(IndexProblem):
        change_and(database, lambda _: end_others(postgres))
    assert generation(database) == 0


def test_who_was_alone_is_told_when_that_ends(postgres: str, database: PostgresDatabase) -> None:
    with database.alone() as alone:
        assert alone
        end_others(postgres)
        with pytest.raises(IndexProblem, match="was lost"):
            grow(database)
    assert generation(database) == 0


def test_what_takes_too_long_is_told_in_one_line(postgres: str, fingerprint: Fingerprint) -> None:
    name = postgres.partition("?")[0].rpartition("/")[2]
    as_owner(postgres, f"ALTER DATABASE {name} SET statement_timeout = '20ms'")
    with opened(postgres) as database, pytest.raises(IndexProblem) as caught, database.reading() as rows:
        rows.execute("SELECT pg_sleep(5)")
    assert "took too long" in caught.value.message
    assert "\n" not in caught.value.message
    assert "statement_timeout" in caught.value.remedy


def test_a_server_that_can_only_be_read_says_so(postgres: str) -> None:
    with (
        opened(postgres) as database,
        pytest.raises(IndexProblem, match="can only be read"),
        database.reading() as rows,
    ):
        rows.execute("CREATE TABLE x (y int)")


@pytest.mark.parametrize(
    ("error", "kind", "what"),
    [
        (psycopg.errors.DiskFull("could not extend file"), IndexProblem, "no room left"),
        (psycopg.errors.DeadlockDetected("deadlock"), IndexProblem, "undid a change"),
        (psycopg.errors.OutOfMemory("out of memory"), IndexProblem, "not enough memory"),
        (psycopg.errors.IndexCorrupted("index"), IndexDamaged, "is damaged"),
        (psycopg.OperationalError("the server closed\nthe connection"), IndexProblem, "the server closed"),
    ],
)
def test_each_trouble_is_told_with_a_remedy(
    error: psycopg.Error, kind: type[IndexProblem], what: str
) -> None:
    with pytest.raises(kind, match=what) as caught, told("the server"):
        raise error
    assert "\n" not in caught.value.message
    assert caught.value.remedy


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    for url in (f"postgresql://postgres@/x?host={tmp_path}", "postgresql://me@127.0.0.1:9/x"):
        with pytest.raises(IndexProblem, match="cannot be used") as caught:
            PostgresDatabase(url, NAME, writable=False)
        assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "url", ["postgresql://me:secret@h/x", "postgresql://h/x?password=secret", "host=h password=secret"]
)
def test_an_address_with_a_password_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        PostgresDatabase(url, NAME, writable=False)
    assert "secret" not in f"{caught.value.message} {caught.value.remedy} {caught.value.__cause__}"
    assert "PGPASSWORD" in caught.value.remedy


def test_an_address_that_is_none_is_not_shown() -> None:
    with pytest.raises(UsageError, match="none of PostgreSQL") as caught:
        PostgresDatabase("postgresql://me:sec%zzret@h/x", NAME, writable=False)
    assert "sec" not in f"{caught.value.message} {caught.value.__cause__}"


def test_a_password_that_is_wrong_or_missing_is_told(
    postgres: str, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = Path(postgres_server, "data", "pg_hba.conf")
    before = lines.read_text(encoding="utf-8")
    as_owner(postgres, "DROP ROLE IF EXISTS guarded", "CREATE ROLE guarded LOGIN PASSWORD 'right'")
    with lines.open("r+", encoding="utf-8") as file:
        file.write("local all guarded scram-sha-256\n" + before)
    as_owner(postgres, "SELECT pg_reload_conf()")
    url = postgres.replace("postgres@", "guarded@")
    try:
        monkeypatch.setenv("PGPASSFILE", "/nowhere")
        with pytest.raises(IndexProblem) as missing:
            PostgresDatabase(url, NAME, writable=False)
        monkeypatch.setenv("PGPASSWORD", "hidden-wrong")
        with pytest.raises(IndexProblem) as wrong:
            PostgresDatabase(url, NAME, writable=False)
        for caught in (missing, wrong):
            assert "~/.pgpass" in caught.value.remedy
            assert "hidden" not in f"{caught.value.message} {caught.value.__cause__}"
        monkeypatch.setenv("PGPASSWORD", "right")
        PostgresDatabase(url, NAME, writable=False).close()
    finally:
        lines.write_text(before, encoding="utf-8")
        as_owner(postgres, "SELECT pg_reload_conf()", "DROP ROLE guarded")


def test_a_forked_process_neither_uses_nor_ends_the_connection(database: PostgresDatabase) -> None:
    def refused() -> bool:
        try:
            generation(database)
        except RuntimeError:
            database.close()
            return True
        return False

    assert in_child(refused)
    assert generation(database) == 0

    # The control: ended by its child, the connection is lost to the parent.
    def end() -> bool:
        database._connection.close()
        return True

    assert in_child(end)
    with pytest.raises(psycopg.OperationalError):
        database._connection.execute("SELECT 1")


def in_child(work: Callable[[], bool]) -> bool:
    process_id = os.fork()
    if not process_id:
        done = False
        try:
            done = work()
        finally:
            os._exit(0 if done else 1)
    return os.waitpid(process_id, 0)[1] == 0


def test_without_psycopg_the_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from index_data.errors import UsageError\n"
        "try:\n    import index_data.cluster.postgres_database\n"
        "except UsageError as error: print(error.remedy)"
    )
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert "pip install 'dragoman[postgres]'" in said
