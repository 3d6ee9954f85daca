"""What Milvus has made anew from the rows, and damaged documents taken out of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from index_data import store
from index_data.begun_windows import BegunWindows
from index_data.checking import check
from index_data.cluster import milvus_upkeep, opening
from index_data.cluster.elsewhere import Elsewhere
from index_data.cluster.milvus_channels import MilvusChannels
from index_data.connection import Connection
from index_data.documents import Documents
from index_data.errors import IndexDamaged, IndexLocked
from index_data.findings import Finding, Invariant, Severity, is_sound
from index_data.repair import Repair, account_anew
from index_data.rows import Database
from index_data.seals import Seals


def rebuild(folder: Path, elsewhere: Elsewhere) -> None:
    """Make the collections anew; no text is embedded.

    Raises:
        IndexLocked: somebody else writes.
        IndexDamaged: a row that is needed for it is damaged.
    """
    with _held_alone(folder, elsewhere) as (database, channels), database.reading() as rows:
        milvus_upkeep.make_anew(rows, channels)


def sweep(folder: Path, elsewhere: Elsewhere) -> int:
    """Take out of Milvus what is left over, and give back the room of deleted rows: bytes in the folder.

    Raises:
        IndexLocked: somebody else writes.
    """
    with _held_alone(folder, elsewhere) as (database, channels):
        with database.reading() as rows:
            milvus_upkeep.make_ready(rows, channels, alone=True)
            milvus_upkeep.sweep(channels, milvus_upkeep.differences(rows, channels))
        return _compacted(database, folder)


def repair(folder: Path, elsewhere: Elsewhere) -> Repair:
    """Make the index that `folder` stands for sound, without embedding a text.

    Raises:
        IndexLocked: somebody else writes.
        IndexDamaged: the database itself is damaged.
    """
    with _held_alone(folder, elsewhere) as (database, channels):
        found = tuple(check(folder, full=True))
        if is_sound(found):
            return Repair(found)
        lost = _mended(database, found)
        with database.reading() as rows:
            if any(finding.invariant in {Invariant.NAMED, Invariant.AGREEING} for finding in found):
                milvus_upkeep.make_anew(rows, channels)
            milvus_upkeep.make_ready(rows, channels, alone=True)
            different = milvus_upkeep.differences(rows, channels)
            milvus_upkeep.fill(rows, channels, different)
            milvus_upkeep.sweep(channels, different)
        left = [finding for finding in check(folder, full=True) if not is_sound([finding])]
    if left:
        raise IndexDamaged(
            f"the index in {folder} is still damaged: {left[0].what}",
            remedy="Restore its database from a backup, or ingest its folders into another index.",
        )
    return Repair(found, tuple(sorted(lost)))


def _mended(database: Database, found: Sequence[Finding]) -> list[Path]:
    """Take out the documents that are damaged, and return their paths."""
    damaged = {item.document_id: item.path for item in found if item.severity is Severity.DAMAGE}
    lost: list[Path] = []
    with database.writing() as rows:
        for document_id, path in damaged.items():
            if document_id is not None and path is not None:
                # What Milvus has of it is left over then, and swept.
                Documents(rows).remove(document_id)
                lost.append(path)
        account_anew(rows, found)
        BegunWindows(rows).clear()
        Seals(rows).seal_all()
        store.grow(rows)
    return lost


def _compacted(database: Database, folder: Path) -> int:
    """Shrink the database, where it is in the folder, and return by how many bytes."""
    if not isinstance(database, Connection):
        return 0
    file = folder / "meta.sqlite3"
    before = file.stat().st_size
    database.compact()
    return max(0, before - file.stat().st_size)


@contextmanager
def _held_alone(folder: Path, elsewhere: Elsewhere) -> Iterator[tuple[Database, MilvusChannels]]:
    """Hold an index that is there, beside no other writer.

    Raises:
        IndexLocked: there is one.
        IndexMissing: there is no index.
    """
    with ExitStack() as resources:
        fingerprint = opening.read_fingerprint(folder, elsewhere)
        _, database, channels = opening.to_renew(folder, elsewhere, fingerprint, resources)
        if not resources.enter_context(database.alone()):
            raise IndexLocked(
                f"another process is writing to {elsewhere.address}",
                remedy="Wait until it has finished, or stop it; searching goes on meanwhile.",
            )
        yield database, channels
