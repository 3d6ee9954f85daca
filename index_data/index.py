"""An index: rows and vectors kept in step; the one class that the other packages use."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index_data import entries, schema, store
from index_data.begun_windows import BegunWindows
from index_data.connection import Connection
from index_data.custody import custody
from index_data.documents import Documents
from index_data.errors import IndexMissing
from index_data.full_text import FullText
from index_data.ledger import Ledger
from index_data.passages import Passages
from index_data.paths import IndexPaths
from index_data.publishing import publish
from index_data.records import (
    Candidate,
    Coverage,
    Document,
    FileAccount,
    FileStamp,
    Filters,
    Fingerprint,
    IndexSummary,
    KnownWindow,
    Passage,
    SegmentSummary,
    SparseVector,
    StoredPassage,
    UnreadFile,
    WindowDigest,
)
from index_data.seals import Part, Seals
from index_data.segments import Segments
from index_data.selection import allowed_ids
from index_data.sparse_vectors import SparseVectors
from index_data.vectors import Vectors, refuse_odd, refuse_other_lengths
from index_data.windows import Windows


class Index:
    """What a folder of documents became; made by `create_or_open` for the one writer, by `open` for readers.

    Any thread may call it. Each method sees, or makes, one whole generation; a change is on disk when its
    method returns. The methods that change something are for the writer only.
    """

    def __init__(self, paths: IndexPaths, connection: Connection, resources: ExitStack) -> None:
        self._paths = paths
        self._connection = connection
        self._resources = resources
        with connection.reading() as rows:
            self.fingerprint = store.fingerprint(rows)
        self._segments = Segments(paths)
        self._vectors = Vectors(self._segments, self.fingerprint.dimension)
        self._sparse_vectors = SparseVectors()

    @classmethod
    def create_or_open(cls, folder: Path, fingerprint: Fingerprint, *, any_file_system: bool = False) -> Self:
        """Open the index in `folder` for writing, made first if there is none.

        IndexForeign, IndexMismatch and IndexLocked are raised before anything in it is changed.
        """
        stored = cls.read_fingerprint(folder)
        if stored is not None:
            store.refuse_differences(folder, stored, fingerprint)
        with ExitStack() as resources:
            paths, connection = resources.enter_context(custody(folder, any_file_system=any_file_system))
            with connection.writing() as rows:
                store.prepare(rows, folder, fingerprint)
                named = Segments(paths).rows(rows)
            with paths.touched():
                Segments(paths).sweep(named)
            return cls(paths, connection, resources.pop_all())

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the index in `folder` for reading.

        Raises:
            IndexMissing: there is none.
        """
        paths = IndexPaths(folder)
        if not paths.database.is_file():
            raise paths.missing()
        with ExitStack() as resources:
            connection = resources.enter_context(closing(Connection(paths.database, writable=False)))
            with connection.reading() as rows:
                if schema.format_version(rows) == 0:
                    raise paths.missing()
            return cls(paths, connection, resources.pop_all())

    @classmethod
    def read_fingerprint(cls, folder: Path) -> Fingerprint | None:
        """Return the fingerprint of the index in `folder`, or None if there is no index."""
        try:
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
        with self._connection.reading() as rows:
            return store.generation(rows)

    def stamps(self) -> dict[Path, FileStamp]:
        """Return the path and stamp of every document."""
        with self._connection.reading() as rows:
            return Documents(rows).stamps()

    def unread_stamps(self) -> dict[Path, FileStamp]:
        """Return the path and stamp of every file that could not be read."""
        with self._connection.reading() as rows:
            return Documents(rows).unread_stamps()

    def accounts(self) -> list[FileAccount]:
        """Say what became of every file, by path."""
        with self._connection.reading() as rows:
            return Ledger(rows).accounts()

    def incomplete(self) -> dict[Path, str]:
        """Name the documents of which more may be read, each with the version of the readers that read it."""
        with self._connection.reading() as rows:
            return Ledger(rows).incomplete()

    def summary(self) -> IndexSummary:
        """Count what the index holds."""
        with self._connection.reading() as rows:
            languages = Passages(rows).languages()
            return IndexSummary(
                folder=self._paths.folder,
                fingerprint=self.fingerprint,
                generation=store.generation(rows),
                documents=Documents(rows).count(),
                passages=sum(languages.values()),
                languages=languages,
                unread=Documents(rows).unread(),
                media_types=Documents(rows).media_types(),
                segments=tuple(
                    SegmentSummary(one.count, one.setting.kind, one.setting.recall)
                    for one in self._segments.rows(rows)
                ),
            )

    def replace(
        self,
        document: Document,
        passages: Sequence[Passage],
        vectors: NDArray[np.float32],
        sparse: Sequence[SparseVector] | None = None,
        *,
        windows: Sequence[WindowDigest] = (),
        coverage: Coverage | None = None,
    ) -> None:
        """Store a document, its passages and their vectors, float32 (N, D), in place of what its path held.

        With `windows`, what they show the encoder is known from now on.

        Raises:
            ValueError: passages are out of order, or vectors are not N finite unit vectors of D float32, or
                sparse vectors are not N valid ones, or the windows do not hold N passages.
        """
        if [passage.ordinal for passage in passages] != list(range(len(passages))):
            raise ValueError("passages are not numbered 0, 1, 2, ...")
        refuse_odd(vectors, (len(passages), self.fingerprint.dimension))
        refuse_other_lengths(vectors)
        with self._changing() as rows:
            entries.put(rows, document, passages, vectors, sparse, windows, coverage)

    def known_windows(self, windows: Iterable[WindowDigest]) -> dict[bytes, KnownWindow]:
        """Return the vectors of those windows that were embedded before, by digest."""
        wanted = tuple(windows)
        with self._connection.reading() as rows:
            begun = BegunWindows(rows).known(wanted, self.fingerprint.dimension)
            return begun | Windows(rows).known(wanted, self.fingerprint.dimension)

    def keep_begun(self, windows: Mapping[bytes, KnownWindow]) -> None:
        """Keep the vectors of windows, by digest, until their document is stored."""
        with self._connection.writing() as rows:
            BegunWindows(rows).add(windows)

    def forget_begun(self) -> None:
        """Forget windows whose document never came."""
        with self._connection.writing() as rows:
            BegunWindows(rows).clear()

    def restamp(self, path: Path, stamp: FileStamp) -> None:
        """Note that the document at `path` has a new stamp and the content it had."""
        self.move(path, path, stamp)

    def move(self, old_path: Path, new_path: Path, stamp: FileStamp) -> None:
        """Note that a document is elsewhere with the content it had, in place of what `new_path` held.

        Raises:
            KeyError: there is no document at `old_path`.
        """
        with self._changing() as rows:
            document_id = Documents(rows).find(old_path)
            if document_id is None:
                raise KeyError(old_path)
            if new_path != old_path:
                entries.forget(rows, new_path)
            Documents(rows).restamp(document_id, old_path, new_path, stamp)
            Seals(rows).seal_anew(document_id, Part.ROW)

    def record_unread(
        self, path: Path, stamp: FileStamp, reason: str, *, attempts: int = 0, readers: str = ""
    ) -> None:
        """Note that a file could not be read, in place of what its path held."""
        with self._changing() as rows:
            entries.forget(rows, path)
            Documents(rows).add_unread(UnreadFile(path, reason, attempts, readers), stamp)

    def remove(self, paths: Iterable[Path]) -> None:
        """Forget the documents and the unread files at `paths`."""
        with self._changing() as rows:
            for path in paths:
                entries.forget(rows, path)

    def publish(self) -> None:
        """Put the vectors that are in no FAISS segment yet into one, and merge what has become small.

        Nothing depends on it but speed.
        """
        self._connection.refuse_readers()
        publish(self._paths, self._connection)

    def nearest(self, vector: NDArray[np.float32], count: int, filters: Filters) -> list[Candidate]:
        """Find the `count` passages nearest to `vector`, float32 (D,), out of what `filters` lets through."""
        refuse_odd(vector, (self.fingerprint.dimension,))
        with self._connection.reading() as rows:
            return self._vectors.nearest(rows, vector, count, allowed_ids(rows, filters))

    def matching(self, text: str, count: int, filters: Filters) -> list[Candidate]:
        """Find the `count` passages that best match words of `text`, out of what `filters` lets through."""
        with self._connection.reading() as rows:
            return FullText(rows).matching(text, count, allowed_ids(rows, filters))

    def sharing(self, sparse: SparseVector, count: int, filters: Filters) -> list[Candidate]:
        """Find the `count` passages that share most with `sparse`, out of what `filters` lets through."""
        with self._connection.reading() as rows:
            return self._sparse_vectors.sharing(rows, sparse, count, allowed_ids(rows, filters))

    def passage_ids(self) -> NDArray[np.int64]:
        """Return the ids of all passages, ascending, those of a document together: int64 (N,)."""
        with self._connection.reading() as rows:
            return Passages(rows).ids()

    def passages(self, passage_ids: Sequence[int]) -> list[StoredPassage]:
        """Return the passages with these ids, in this order, without those that are gone."""
        with self._connection.reading() as rows:
            return Passages(rows).fetch(passage_ids)

    def passages_around(self, passage_id: int, before: int, after: int) -> list[StoredPassage]:
        """Return a passage among its neighbours in the document, in order; nothing if it is gone."""
        with self._connection.reading() as rows:
            return Passages(rows).fetch(Passages(rows).around(passage_id, before, after))

    def vectors(self, passage_ids: Sequence[int]) -> NDArray[np.float32]:
        """Return the vectors of the passages with these ids: float32 (N, D), zeros where one is gone."""
        wanted = np.asarray(passage_ids, np.int64)
        vectors = np.zeros((len(wanted), self.fingerprint.dimension), np.float32)
        with self._connection.reading() as rows:
            there = Passages(rows).ids(among=passage_ids)
            found = np.isin(wanted, there)
            stored = Passages(rows).vectors(there, self.fingerprint.dimension)
            vectors[found] = stored[np.searchsorted(there, wanted[found])]
        return vectors

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with self._connection.writing() as rows:
            yield rows
            store.grow(rows)
