"""T17: two writers on one catalogue, and kill -9 of either or both, again and again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import psycopg
import pytest

from index_data.cluster.postgres_database import PostgresDatabase
from index_data.cluster.postgres_schema import schema_of
from index_data.index import Index
from index_data.records import Document, FileStamp, KnownWindow, Passage, WindowDigest
from tests.faults import catalogue, oracle
from tests.faults.killing import paths_told
from tests.faults.library import Library
from tests.faults.nursery import Child, Nursery
from tests.faults.oracle import Fault, Kind, Promise
from tests.faults.worker import FINGERPRINT, ingest, print_nothing
from tests.index_data.cluster.scanning import NAME, ScanningChannels, writer

SEED = 20_261_130
DOCUMENT = Document(Path("/same"), FileStamp(4, 1, "0" * 64), "txt", "", "en")
PASSAGES = [Passage(number, "text", 4 * number, 4 * number + 4, 1, "en") for number in range(4)]
VECTORS = np.eye(4, FINGERPRINT.dimension, dtype=np.float32)
VECTOR = np.eye(1, FINGERPRINT.dimension, dtype=np.float32)
ROUNDS = 3
"""After so many changes of the documents comes a new index."""
LONGEST_WAIT = 0.05
"""Seconds between the last line that is waited for and the kill."""


class Writers:
    """Pairs of writers that start together."""

    def __init__(self, nursery: Nursery, url: str, scratch: Path, *, careless: bool = False) -> None:
        self._nursery = nursery
        self._url = url
        self._scratch = scratch
        self._careless = careless
        self._number = 0

    def two(self, documents: Path) -> list[Child]:
        writers = []
        for _ in range(2):
            self._number += 1
            writers.append(
                self._nursery.fork(
                    "tests.faults.catalogue:ingest",
                    self._scratch / f"{self._number}.log",
                    catalogue=self._url,
                    documents=documents,
                    careless=self._careless,
                )
            )
        return writers

    def forget(self) -> None:
        """Leave an empty database, once the server has let go of what was killed."""
        with psycopg.connect(self._url, autocommit=True) as owner:
            owner.execute(f"DROP SCHEMA IF EXISTS {schema_of(NAME)} CASCADE".encode())


def kills(writers: Writers, url: str, scratch: Path, number: int, seed: int) -> Iterator[list[Fault]]:
    """Kill one or both of two writers, `number` times; yield what was wrong after each."""
    moments = Random(seed)
    while True:
        library = Library(scratch / f"documents-{seed}", seed)
        seed += 1
        writers.forget()
        before: dict[Path, str] = {}
        for _ in range(ROUNDS):
            told: frozenset[Path] = frozenset()
            for _ in range(moments.randint(1, 3)):
                pair = writers.two(library.folder)
                killed = moments.choice(([0], [1], [0, 1]))
                told |= kill(pair, killed, moments, len(library.texts))
                found = crashes(pair)
                yield found + catalogue.faults(url, Promise(before, dict(library.texts), told))
                number -= 1
                if not number:
                    return
            yield from at_the_end(writers, url, library)
            before = dict(library.texts)
            library.change(moments.randrange(1 << 30))


def kill(pair: list[Child], killed: list[int], moments: Random, work: int) -> frozenset[Path]:
    """Kill some of two writers, let the other end, and return the paths that either said to be safe."""
    pair[killed[0]].wait_for(moments.randint(0, work), apart_from="unchanged")
    time.sleep(moments.uniform(0, LONGEST_WAIT))
    for place in killed:
        pair[place].kill()
    for child in pair:
        child.wait()
    return frozenset().union(*(paths_told(child.said()) for child in pair))


def crashes(pair: list[Child]) -> list[Fault]:
    return [
        Fault(Kind.CRASHED, str(words))
        for child in pair
        for words in child.said()
        if words[0] in {"broke", "refused"}
    ]


def at_the_end(writers: Writers, url: str, library: Library) -> Iterator[list[Fault]]:
    """Let two writers end: what they leave is what a single one would have left in a folder."""
    pair = writers.two(library.folder)
    for child in pair:
        child.wait()
    yield crashes(pair) + catalogue.faults(url, Promise({}, library.texts, frozenset(library.texts)))
    alone = library.folder.with_name(
        f"{library.folder.name}-alone-{len(library.texts)}-{time.monotonic_ns()}"
    )
    ingest(print_nothing, folder=alone, documents=library.folder)
    if oracle.dump(alone) != catalogue.dump(url):
        yield [Fault(Kind.PARTIAL, "it differs from an index that one writer made")]


@pytest.mark.parametrize("number", [10, pytest.param(300, marks=pytest.mark.slow)])
def test_two_writers_lose_and_double_nothing_when_either_is_killed(
    nursery: Nursery, postgres: str, tmp_path: Path, number: int
) -> None:
    writers = Writers(nursery, postgres, tmp_path)
    looked = list(kills(writers, postgres, tmp_path, number, SEED))
    assert [found for found in looked if found] == []
    assert len(looked) >= number


def test_without_transactions_the_same_kills_do_damage(
    nursery: Nursery, postgres: str, tmp_path: Path
) -> None:
    writers = Writers(nursery, postgres, tmp_path, careless=True)
    damage = (found for found in kills(writers, postgres, tmp_path, 40, SEED) if found)
    assert next(damage, [])


def test_two_who_put_in_the_same_file_both_succeed(postgres: str) -> None:
    assert all_put_in(postgres, PostgresDatabase) == []


def test_without_an_order_of_paths_one_of_them_fails(postgres: str) -> None:
    [error] = all_put_in(postgres, catalogue.UnorderedDatabase)
    assert isinstance(error, psycopg.errors.UniqueViolation)


@pytest.mark.parametrize("steps", [40, pytest.param(1_000, marks=pytest.mark.slow)])
def test_no_two_writers_wait_for_each_other(postgres: str, steps: int) -> None:
    assert crossed(postgres, PostgresDatabase, steps) == []


def test_without_an_order_of_paths_two_writers_do(postgres: str) -> None:
    assert crossed(postgres, catalogue.UnorderedDatabase, 1_000)


def crossed(url: str, database: type[PostgresDatabase], steps: int) -> list[Exception]:
    """Let three writers change the same four files and windows in any order; return what failed first."""
    failed: list[Exception] = []

    def change(seed: int) -> None:
        random = Random(seed)
        with writer(url, FINGERPRINT, database) as index:
            for _ in range(steps):
                try:
                    change_something(index, random)
                except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
                    failed.append(error)
                if failed:
                    return

    writers = [threading.Thread(target=change, args=[seed], daemon=True) for seed in range(3)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    return failed


def change_something(index: Index, random: Random) -> None:
    one, *others = random.sample([Path(f"/{number}") for number in range(4)], 4)
    digests = random.sample([bytes([number] * 16) for number in range(4)], 4)
    match random.randrange(4):
        case 0:
            begun = [WindowDigest(digest, 1) for digest in digests]
            index.replace(replace(DOCUMENT, path=one), PASSAGES, VECTORS, windows=begun)
        case 1:
            index.remove(others)
        case 2:
            with suppress(KeyError):
                index.move(one, others[0], DOCUMENT.stamp)
        case _:
            index.keep_begun({digest: KnownWindow(VECTOR, None) for digest in digests})


def all_put_in(url: str, database: type[PostgresDatabase]) -> list[Exception]:
    """Let a second writer put in a file while the first is at it, and return what failed."""
    failed: list[Exception] = []
    inside, waiting = threading.Event(), threading.Event()

    def put(index: Index) -> None:
        try:
            index.replace(DOCUMENT, [Passage(0, "text", 0, 4, 1, "en")], VECTOR)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            failed.append(error)

    class Slow(ScanningChannels):
        def add(self, *_: object) -> None:
            inside.set()
            waiting.wait()

    with writer(url, FINGERPRINT, database) as one, writer(url, FINGERPRINT, database) as other:
        one._channels = Slow()
        first = threading.Thread(target=put, args=[one], daemon=True)
        first.start()
        inside.wait()
        second = threading.Thread(target=put, args=[other], daemon=True)
        second.start()
        until_one_waits(url)
        waiting.set()
        first.join()
        second.join()
        assert len(one.stamps()) == 1
        assert one.generation == 2 - len(failed)
    return failed


def until_one_waits(url: str) -> None:
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with psycopg.connect(url, autocommit=True) as owner:
        while owner.execute(query).fetchone() == (0,):
            time.sleep(0.01)
