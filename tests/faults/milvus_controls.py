"""Writers that keep Milvus and the rows in step the wrong way round, and see to nothing when they open.

Fault tests that do not find their indexes damaged would find nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from index_data.cluster import milvus_upkeep
from index_data.cluster.milvus_channels import MilvusChannels
from index_data.rows import Rows
from tests.faults.worker import Say, ingest

_late: list[Callable[[], None]] = []


def rows_first(say: Say, *, folder: str, documents: str) -> None:
    """Put passages in Milvus once their rows are committed."""
    add, settle = MilvusChannels.add, MilvusChannels.settle

    def add_later(self: MilvusChannels, *what: Any) -> None:
        _late.append(partial(add, self, *what))

    def settle_late(self: MilvusChannels) -> None:
        while _late:
            _late.pop(0)()
        settle(self)

    setattr(MilvusChannels, "add", add_later)  # noqa: B010 - mypy would have it the way it was
    setattr(MilvusChannels, "settle", settle_late)  # noqa: B010
    _see_to_nothing()
    ingest(say, folder=folder, documents=documents)


def removed_first(say: Say, *, folder: str, documents: str) -> None:
    """Take passages out of Milvus before their rows are gone."""

    def remove_now(self: MilvusChannels, rows: Rows, texts: Iterable[tuple[int, str]]) -> None:
        del rows
        self.take_out(np.array([passage_id for passage_id, _ in texts], np.int64))

    setattr(MilvusChannels, "remove", remove_now)  # noqa: B010
    _see_to_nothing()
    ingest(say, folder=folder, documents=documents)


def _see_to_nothing() -> None:
    def see_to_nothing(*_: Any) -> None:
        """Leave it as it is."""

    for name in ("fill", "sweep"):
        setattr(milvus_upkeep, name, see_to_nothing)


def warm_up() -> None:
    """Import what a writer to Milvus imports; nothing is connected to, so that it can be forked."""
    from index_data.cluster import milvus_server

    milvus_server.import_quietly()
