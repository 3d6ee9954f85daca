"""One collection of Milvus: entities by the ids of passages, made, changed and asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from index_data.cluster.milvus_server import SECONDS, MilvusServer

if TYPE_CHECKING:
    from pymilvus import CollectionSchema
    from pymilvus.milvus_client.index import IndexParams

ID = "passage_id"
MOST_FOUND = 16_384
"""What Milvus finds at most in one search."""
MOST_NAMED = 10_000
"""Ids that are named in one condition."""
_MOST_SENT = 500
"""Entities in one message, which may have 64 MiB; one has 65 KiB of words at most, and its vector."""
_TO_LOAD = 1_800.0
"""Seconds that a server may take to read, or to write, all of a collection."""
_STRONG = "Strong"
"""A reader sees all that a writer had committed before."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a search found, best first."""

    passage_ids: NDArray[np.int64]
    """(N,)."""
    scores: NDArray[np.float64]
    """As Milvus has them, more is better: (N,)."""
    words: Sequence[str]
    """Of each, where they were asked for: N, or none."""


class MilvusCollection:
    """Entities of one collection, which is loaded when it is first asked."""

    def __init__(self, server: MilvusServer, name: str) -> None:
        self.server = server
        self.name = name
        self._loaded = False

    def exists(self) -> bool:
        """Whether it is there."""
        with self.server.answering():
            return bool(self.server.client.has_collection(self.name, timeout=SECONDS))

    def properties(self) -> Mapping[str, str]:
        """Return what was noted of it when it was made."""
        with self.server.answering():
            described = self.server.client.describe_collection(self.name, timeout=SECONDS)
            return dict(described.get("properties") or {})

    def make(self, schema: CollectionSchema, indexes: IndexParams, properties: Mapping[str, str]) -> None:
        """Make it, empty."""
        with self.server.answering():
            self.server.client.create_collection(
                self.name,
                schema=schema,
                properties=dict(properties),
                consistency_level=_STRONG,
                timeout=SECONDS,
            )
            # There is nothing to index yet, so there is nothing to wait for.
            self.server.client.create_index(self.name, indexes, timeout=SECONDS, sync=False)

    def is_whole(self, indexes: int) -> bool:
        """Whether its making came to its end: it has so many indexes."""
        with self.server.answering():
            return len(self.server.client.list_indexes(self.name)) == indexes

    def drop(self) -> None:
        """Unmake it, if it is there."""
        with self.server.answering():
            self.server.client.drop_collection(self.name, timeout=SECONDS)
        self._loaded = False

    def put(self, entities: Sequence[Mapping[str, object]]) -> None:
        """Put entities in, in place of those with the same ids."""
        with self.server.answering():
            for start in range(0, len(entities), _MOST_SENT):
                some = [dict(entity) for entity in entities[start : start + _MOST_SENT]]
                self.server.client.upsert(self.name, some, timeout=SECONDS)

    def remove(self, passage_ids: NDArray[np.int64]) -> None:
        """Take out the entities with these ids, int64 (N,), that are there."""
        with self.server.answering():
            for some in named(passage_ids):
                self.server.client.delete(self.name, ids=some.tolist(), timeout=SECONDS)

    def flush(self) -> None:
        """Have what was put in written and made quick to search."""
        with self.server.answering():
            self.server.client.flush(self.name, timeout=_TO_LOAD)

    def count(self, condition: str = "") -> int:
        """Count the entities of which `condition` holds."""
        with self._asking():
            [counted] = self.server.client.query(
                self.name,
                filter=condition,
                output_fields=["count(*)"],
                consistency_level=_STRONG,
                timeout=SECONDS,
            )
            return int(counted["count(*)"])

    def ids(self, condition: str, most: int | None = None) -> NDArray[np.int64]:
        """Return the ids of `most` entities of which `condition` holds, or of all, ascending: int64 (N,)."""
        if most is not None and most <= MOST_FOUND:
            return np.sort(self._some_ids(condition, most))
        found: list[int] = []
        with self._asking():
            pages = self.server.client.query_iterator(
                self.name,
                batch_size=MOST_FOUND,
                limit=-1 if most is None else most,
                filter=condition,
                output_fields=[ID],
                consistency_level=_STRONG,
                timeout=SECONDS,
            )
            while page := pages.next():
                found += [one[ID] for one in page]
            pages.close()
        return np.unique(np.array(found, np.int64))

    def contents(self, passage_ids: NDArray[np.int64]) -> dict[int, Mapping[str, Any]]:
        """Return all fields of the entities with these ids, int64 (N,), `MOST_NAMED` at most, by id."""
        with self._asking():
            found = self.server.client.query(
                self.name,
                filter=is_among(passage_ids),
                output_fields=["*"],
                consistency_level=_STRONG,
                timeout=SECONDS,
            )
            return {one[ID]: one for one in found}

    def search(
        self,
        field: str,
        query: object,
        count: int,
        condition: str = "",
        *,
        metric: str,
        with_words: str | None = None,
    ) -> Found:
        """Find the `count` entities nearest to `query` by `field`, out of those `condition` holds of."""
        with self._asking():
            [hits] = self.server.client.search(
                self.name,
                data=[query],
                anns_field=field,
                limit=count,
                filter=condition,
                output_fields=[with_words or ID],
                search_params={"metric_type": metric},
                consistency_level=_STRONG,
                timeout=SECONDS,
            )
            return Found(
                np.array([hit.id for hit in hits], np.int64),
                # One server gives BM25 with its sign turned.
                np.array([abs(hit.distance) for hit in hits], np.float64),
                [hit["entity"][with_words] for hit in hits] if with_words else (),
            )

    def _some_ids(self, condition: str, most: int) -> NDArray[np.int64]:
        with self._asking():
            found = self.server.client.query(
                self.name,
                filter=condition,
                output_fields=[ID],
                limit=most,
                consistency_level=_STRONG,
                timeout=SECONDS,
            )
        return np.array([one[ID] for one in found], np.int64)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        with self.server.answering():
            try:
                if not self._loaded:
                    self.server.client.load_collection(self.name, timeout=_TO_LOAD)
                    self._loaded = True
                yield
            except BaseException:
                # A server that was started anew may have to be told again.
                self._loaded = False
                raise


def is_among(passage_ids: NDArray[np.int64]) -> str:
    """Write the condition that an entity has one of these ids, int64 (N,), of which there are few enough."""
    return f"{ID} in [{', '.join(map(str, passage_ids.tolist()))}]"


def within(allowed: NDArray[np.int64] | None) -> str:
    """Write the condition that an entity is one of `allowed`, int64 (N,); nothing where they are too many."""
    return is_among(allowed) if allowed is not None and len(allowed) <= MOST_NAMED else ""


def named(passage_ids: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Yield ids, int64 (N,), as many at a time as a condition may name."""
    for start in range(0, len(passage_ids), MOST_NAMED):
        yield passage_ids[start : start + MOST_NAMED]
