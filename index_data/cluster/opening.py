"""The parts of an index elsewhere, opened for readers or for a writer."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path

from index_data.cluster import catalogue, milvus_upkeep
from index_data.cluster.elsewhere import Elsewhere
from index_data.cluster.milvus_channels import MilvusChannels
from index_data.cluster.milvus_owner import Owner
from index_data.cluster.milvus_server import MilvusServer
from index_data.cluster.permission import refuse_forbidden
from index_data.paths import IndexPaths
from index_data.records import Fingerprint
from index_data.rows import Database


def to_read(
    folder: Path, elsewhere: Elsewhere, resources: ExitStack
) -> tuple[IndexPaths, Database, MilvusChannels]:
    """Open what the handle in `folder` names; `resources` close it.

    Raises:
        IndexMissing: there is no index.
        IndexProblem: a server cannot be asked, or must not.
    """
    paths, database, channels = to_look_at(folder, elsewhere, resources)
    milvus_upkeep.recognise(channels)
    return paths, database, channels


def to_look_at(
    folder: Path, elsewhere: Elsewhere, resources: ExitStack
) -> tuple[IndexPaths, Database, MilvusChannels]:
    """Open it as readers do, though its collections may be gone, or be another index's."""
    refuse_forbidden(elsewhere)
    paths = IndexPaths(folder)
    database, owner = catalogue.to_read(paths, elsewhere, resources)
    return paths, database, _channels(elsewhere, owner, database, resources)


def read_fingerprint(folder: Path, elsewhere: Elsewhere) -> Fingerprint:
    """Return what made the vectors, also where Milvus has lost them.

    Raises:
        IndexMissing: there is no index.
        IndexProblem: a server cannot be asked, or must not.
    """
    refuse_forbidden(elsewhere)
    with ExitStack() as resources:
        _, owner = catalogue.to_read(IndexPaths(folder), elsewhere, resources)
        return owner.fingerprint


def to_write(
    folder: Path, elsewhere: Elsewhere, fingerprint: Fingerprint, resources: ExitStack
) -> tuple[IndexPaths, Database, MilvusChannels]:
    """Open what the handle in `folder` names, made first if there is nothing; `resources` close it.

    What an interrupted writer has left over in Milvus is taken out, if there is no other writer, and what
    Milvus lacks is put in.

    Raises:
        IndexProblem: it is locked, foreign or damaged, or its vectors were made another way.
    """
    paths, database, channels = to_renew(folder, elsewhere, fingerprint, resources)
    with database.alone() as alone, database.reading() as rows:
        milvus_upkeep.make_ready(rows, channels, alone=alone)
    return paths, database, channels


def to_renew(
    folder: Path, elsewhere: Elsewhere, fingerprint: Fingerprint, resources: ExitStack
) -> tuple[IndexPaths, Database, MilvusChannels]:
    """Open it as writers do, though its collections may be gone or damaged."""
    refuse_forbidden(elsewhere)
    paths = IndexPaths(folder)
    database, owner = catalogue.to_write(paths, elsewhere, fingerprint, resources)
    return paths, database, _channels(elsewhere, owner, database, resources)


def _channels(elsewhere: Elsewhere, owner: Owner, database: Database, resources: ExitStack) -> MilvusChannels:
    server = MilvusServer(elsewhere.milvus)
    return resources.enter_context(closing(MilvusChannels(server, elsewhere.collection, owner, database)))
