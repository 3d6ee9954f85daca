"""An index as those see it who only read; what writes is in `index.py`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index_data import opening, store
from index_data.background import Background, Backgrounds
from index_data.channels import Channels
from index_data.cluster.elsewhere import Elsewhere
from index_data.documents import Documents
from index_data.errors import IndexMissing
from index_data.ledger import Ledger
from index_data.lookup import Lookup
from index_data.passage_languages import PassageLanguages
from index_data.passages import Passages
from index_data.paths import IndexPaths
from index_data.phrases import words_begun
from index_data.records import (
    Candidate,
    FileAccount,
    FileStamp,
    Filters,
    Fingerprint,
    IndexSummary,
    SparseVector,
    StoredPassage,
)
from index_data.rows import Database
from index_data.selection import Selection
from index_data.server_summary import ServerSummary
from index_data.vectors import refuse_odd


class IndexReader:
    """What a folder of documents became, for any number of readers beside one writer.

    Any thread may call it. Each method sees one whole generation.
    """

    def __init__(
        self, paths: IndexPaths, database: Database, channels: Channels, resources: ExitStack
    ) -> None:
        self._paths = paths
        self._database = database
        self._channels = channels
        self._resources = resources
        with database.reading() as rows:
            self.fingerprint = store.fingerprint(rows)
        self.lookup = Lookup(database, channels)
        self._backgrounds = Backgrounds(channels.words, self.fingerprint.dimension)
        self._selection = Selection(channels.words)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the index in `folder` for reading.

        Raises:
            IndexMissing: there is none.
        """
        with ExitStack() as resources:
            paths, database, channels = opening.to_read(folder, resources)
            return cls(paths, database, channels, resources.pop_all())

    @classmethod
    def read_fingerprint(cls, folder: Path) -> Fingerprint | None:
        """Return the fingerprint of the index in `folder`, or None if there is no index."""
        try:
            if elsewhere := Elsewhere.of(folder):
                from index_data.cluster import opening as opening_elsewhere

                return opening_elsewhere.read_fingerprint(folder, elsewhere)
            with cls.open(folder) as index:
                return index.fingerprint
        except IndexMissing:
            return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder."""
        self._resources.close()

    @property
    def generation(self) -> int:
        """Grows by one with every committed change."""
        with self._database.reading() as rows:
            return store.generation(rows)

    def stamps(self) -> dict[Path, FileStamp]:
        """Return the path and stamp of every document."""
        with self._database.reading() as rows:
            return Documents(rows).stamps()

    def unread_stamps(self) -> dict[Path, FileStamp]:
        """Return the path and stamp of every file that could not be read."""
        with self._database.reading() as rows:
            return Documents(rows).unread_stamps()

    def accounts(self) -> list[FileAccount]:
        """Say what became of every file, by path."""
        with self._database.reading() as rows:
            return Ledger(rows).accounts()

    def account(self, path: Path) -> FileAccount | None:
        """Say what became of one file, without a look at the others; None where it is not known."""
        with self._database.reading() as rows:
            return Ledger(rows).account(path)

    def incomplete(self) -> dict[Path, str]:
        """Name the documents of which more may be read, each with the version of the readers that read it."""
        with self._database.reading() as rows:
            return Ledger(rows).incomplete()

    def summary(self) -> IndexSummary:
        """Count what the index holds."""
        with self._database.reading() as rows:
            languages = PassageLanguages(rows).counts()
            return IndexSummary(
                folder=self._paths.folder,
                fingerprint=self.fingerprint,
                generation=store.generation(rows),
                documents=Documents(rows).count(),
                passages=sum(languages.values()),
                languages=languages,
                unread=Documents(rows).unread(),
                media_types=Documents(rows).media_types(),
                segments=self._channels.summaries(rows),
                server=self._server(),
            )

    def _server(self) -> ServerSummary | None:
        elsewhere, server = Elsewhere.of(self._paths.folder), self._channels.server()
        if elsewhere is None or server is None:
            return None
        return ServerSummary(elsewhere.address, elsewhere.catalogue, *server)

    def nearest(self, vector: NDArray[np.float32], count: int, filters: Filters) -> list[Candidate]:
        """Find the `count` passages nearest to `vector`, float32 (D,), out of what `filters` lets through."""
        refuse_odd(vector, (self.fingerprint.dimension,))
        with self._database.reading() as rows:
            return self._selection.best(rows, filters, count, partial(self._channels.nearest, rows, vector))

    def matching(self, text: str, count: int, filters: Filters) -> list[Candidate]:
        """Find the `count` passages that best match words of `text`, out of what `filters` lets through."""
        with self._database.reading() as rows:
            find = partial(self._channels.words(rows).matching, text, beginnings=words_begun(filters))
            return self._selection.best(rows, filters, count, find)

    def holds_every_word(self, text: str, filters: Filters) -> bool:
        """Whether one passage, out of what `filters` lets through, has every telling word of `text`."""
        with self._database.reading() as rows:
            find = partial(self._channels.words(rows).with_every_word, text)
            return bool(self._selection.best(rows, filters, 1, find))

    def background(self, text: str, passage_ids: Sequence[int]) -> Background:
        """Hold `text` against a sample of all passages; `passage_ids` are what it may have found by words."""
        with self._database.reading() as rows:
            return self._backgrounds.background(rows, text, passage_ids)

    def sharing(self, sparse: SparseVector, count: int, filters: Filters) -> list[Candidate]:
        """Find the `count` passages that share most with `sparse`, out of what `filters` lets through."""
        with self._database.reading() as rows:
            find = partial(self._channels.sharing, rows, sparse)
            return self._selection.best(rows, filters, count, find)

    def passage_ids(self) -> NDArray[np.int64]:
        """Return the ids of all passages, ascending, those of a document together: int64 (N,)."""
        with self._database.reading() as rows:
            return Passages(rows).ids()

    def passages(self, passage_ids: Sequence[int]) -> list[StoredPassage]:
        """Return the passages with these ids, in this order, without those that are gone."""
        with self._database.reading() as rows:
            return Passages(rows).fetch(passage_ids)

    def passages_around(self, passage_id: int, before: int, after: int) -> list[StoredPassage]:
        """Return a passage among its neighbours in the document, in order; nothing if it is gone."""
        with self._database.reading() as rows:
            return Passages(rows).fetch(Passages(rows).around(passage_id, before, after))

    def vectors(self, passage_ids: Sequence[int]) -> NDArray[np.float32]:
        """Return the vectors of the passages with these ids: float32 (N, D), zeros where one is gone."""
        with self._database.reading() as rows:
            return Passages(rows).vectors_or_zeros(passage_ids, self.fingerprint.dimension)

    def languages(self, passage_ids: Sequence[int]) -> list[tuple[str, ...]]:
        """Return the languages of these passages, the main one first; `und` for one that is gone."""
        with self._database.reading() as rows:
            return PassageLanguages(rows).of(passage_ids)
