"""An index: rows and vectors kept in step; the one class that the other packages use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index_data import entries, opening, store
from index_data.begun_windows import BegunWindows
from index_data.documents import Documents
from index_data.index_reader import IndexReader
from index_data.records import (
    Coverage,
    Document,
    FileStamp,
    Fingerprint,
    KnownWindow,
    Passage,
    SparseVector,
    UnreadFile,
    WindowDigest,
)
from index_data.rows import Rows
from index_data.seals import Part, Seals
from index_data.vectors import refuse_odd, refuse_other_lengths
from index_data.windows import Windows


class Index(IndexReader):
    """What a folder of documents became; made by `create_or_open` for the one writer, by `open` for readers.

    Any thread may call it. Each method sees, or makes, one whole generation; a change is on disk when its
    method returns. The methods that change something are for the writer only.
    """

    @classmethod
    def create_or_open(cls, folder: Path, fingerprint: Fingerprint, *, any_file_system: bool = False) -> Self:
        """Open the index in `folder` for writing, made first if there is none.

        IndexForeign, IndexMismatch and IndexLocked are raised before anything in it is changed.
        """
        stored = cls.read_fingerprint(folder)
        if stored is not None:
            store.refuse_differences(folder, stored, fingerprint)
        with ExitStack() as resources:
            opened = opening.to_write(folder, fingerprint, resources, any_file_system=any_file_system)
            return cls(*opened, resources.pop_all())

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
        with self._changing(document.path) as rows:
            entries.put(rows, self._channels, document, passages, vectors, sparse, windows, coverage)

    def known_windows(self, windows: Iterable[WindowDigest]) -> dict[bytes, KnownWindow]:
        """Return the vectors of those windows that were embedded before, by digest."""
        wanted = tuple(windows)
        with self._database.reading() as rows:
            begun = BegunWindows(rows).known(wanted, self.fingerprint.dimension)
            return begun | Windows(rows).known(wanted, self.fingerprint.dimension)

    def keep_begun(self, windows: Mapping[bytes, KnownWindow]) -> None:
        """Keep the vectors of windows, by digest, until their document is stored."""
        with self._database.writing() as rows:
            BegunWindows(rows).add(windows)

    def forget_begun(self) -> None:
        """Forget windows whose document never came, unless it may be another writer's."""
        with self._database.alone() as alone:
            if alone:
                with self._database.writing() as rows:
                    BegunWindows(rows).clear()

    def restamp(self, path: Path, stamp: FileStamp) -> None:
        """Note that the document at `path` has a new stamp and the content it had."""
        self.move(path, path, stamp)

    def move(self, old_path: Path, new_path: Path, stamp: FileStamp) -> None:
        """Note that a document is elsewhere with the content it had, in place of what `new_path` held.

        Nothing changes where another writer has noted it already.

        Raises:
            KeyError: there is no document at `old_path`.
        """
        with self._changing(old_path, new_path) as rows:
            document_id = Documents(rows).find(old_path)
            if document_id is None:
                if Documents(rows).holds(new_path, stamp.content_hash):
                    return
                raise KeyError(old_path)
            if new_path != old_path:
                entries.forget(rows, self._channels, new_path)
            Documents(rows).restamp(document_id, old_path, new_path, stamp)
            Seals(rows).seal_anew(document_id, Part.ROW)

    def record_unread(
        self, path: Path, stamp: FileStamp, reason: str, *, attempts: int = 0, readers: str = ""
    ) -> None:
        """Note that a file could not be read, in place of what its path held."""
        with self._changing(path) as rows:
            entries.forget(rows, self._channels, path)
            Documents(rows).add_unread(UnreadFile(path, reason, attempts, readers), stamp)

    def remove(self, paths: Iterable[Path]) -> None:
        """Forget the documents and the unread files at `paths`."""
        gone = tuple(paths)
        with self._changing(*gone) as rows:
            for path in gone:
                entries.forget(rows, self._channels, path)

    def publish(self) -> None:
        """Put new vectors into a FAISS segment, and merge small ones; nothing depends on it but speed."""
        self._database.refuse_readers()
        self._channels.publish()

    @contextmanager
    def _changing(self, *paths: Path) -> Iterator[Rows]:
        with self._database.writing(paths) as rows:
            yield rows
            store.grow(rows)
        self._channels.settle()
