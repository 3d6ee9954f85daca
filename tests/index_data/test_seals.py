"""What seals vouch for, across a migration and where windows are used again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from index_data.checking import check
from index_data.findings import Invariant
from index_data.index import Index
from index_data.paths import IndexPaths
from index_data.records import Fingerprint, WindowDigest
from tests.index_data.conftest import EARLIER_SEALS

Alter = Callable[[str], None]


def invariants(folder: Path) -> set[Invariant]:
    return {finding.invariant for finding in check(folder, full=True)}


def digests(folder: Path) -> list[WindowDigest]:
    with closing(sqlite3.connect(IndexPaths(folder).database)) as rows:
        query = "SELECT digest, last_id - first_id + 1 FROM windows ORDER BY first_id"
        return [WindowDigest(digest, passages) for digest, passages in rows.execute(query)]


def test_a_migration_vouches_for_what_it_finds_and_keeps_what_was_said_before(
    sound: Path, alter: Alter, fingerprint: Fingerprint
) -> None:
    alter(EARLIER_SEALS + "UPDATE documents SET language = 'xx' WHERE document_id = 5")
    assert invariants(sound) == {Invariant.STAMPED}
    Index.create_or_open(sound, fingerprint).close()
    assert invariants(sound) == {Invariant.STAMPED}
    alter("UPDATE ledger SET readers = 'x' WHERE document_id = 6; DELETE FROM windows WHERE first_id = 4")
    assert invariants(sound) == {Invariant.STAMPED, Invariant.ACCOUNTED, Invariant.WINDOWED}


def test_an_older_index_has_windows_and_accounts_that_nobody_vouches_for(sound: Path, alter: Alter) -> None:
    alter(EARLIER_SEALS + "UPDATE ledger SET readers = 'x'; UPDATE windows SET digest = zeroblob(16)")
    assert check(sound, full=True) == []


@pytest.mark.parametrize("broken", [False, True])
def test_windows_are_used_again_only_as_they_were_sealed(
    sound: Path, alter: Alter, fingerprint: Fingerprint, broken: bool
) -> None:
    known = digests(sound)
    if broken:
        # Two windows change places: each of them is there, with the passages of the other.
        one, other = (window.digest.hex() for window in (known[0], known[-1]))
        alter(
            f"UPDATE windows SET digest = iif(digest = x'{one}', x'{other}', x'{one}')"
            f" WHERE digest IN (x'{one}', x'{other}')"
        )
    with Index.create_or_open(sound, fingerprint) as index:
        found = index.known_windows(digests(sound))
    assert set(found) == {window.digest for window in (known[1:-1] if broken else known)}
