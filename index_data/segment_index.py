"""One segment's file, mapped into memory: opened in a moment, whatever its size.

Nothing that it says is believed: what it finds is looked up, and scored anew, in the rows.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from index_data import kinds
from index_data.kinds import Kind

_BATCH = 10_000
_LIMIT = Lock()
"""Held by who changes how much FAISS may read, which is one number for all threads."""


class SegmentIndex:
    """A FAISS index that proposes passages."""

    def __init__(self, index: Any, kind: Kind) -> None:
        self._index = index
        self._kind = kind

    @classmethod
    def open(
        cls, file: Path, *, size: int, head: tuple[int, int], kind: Kind, count: int, dimension: int
    ) -> Self | None:
        """Map a file; None if it is missing, or not a segment of this shape.

        `size` is in bytes, and `head` says how many of them have which CRC-32.
        """
        import faiss

        try:
            with file.open("rb") as content:
                sound = zlib.crc32(content.read(head[0])) == head[1]
            if not sound or file.stat().st_size != size:
                return None
            # FAISS believes any size that a header claims; nothing in a file is larger than the file.
            with _limited_to(size):
                index = faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC)
        except (OSError, RuntimeError, MemoryError):
            return None
        fits = kinds.is_of(kind, index) and (index.ntotal, index.d) == (count, dimension)
        return cls(index, kind) if fits else None

    @property
    def ids(self) -> NDArray[np.int64]:
        """The passages that it knows, in the order of its vectors: int64 (N,)."""
        import faiss

        ids: NDArray[np.int64]
        lists = kinds.lists_of(self._index)
        if lists is None:
            ids = faiss.vector_to_array(self._index.id_map)
        else:
            sizes = [lists.list_size(number) for number in range(lists.nlist)]
            ids = np.concatenate(
                [
                    faiss.rev_swig_ptr(lists.get_ids(number), size) if size else np.empty(0, np.int64)
                    for number, size in enumerate(sizes)
                ]
            )
        return ids

    @property
    def lists(self) -> int:
        """Among how many lists its passages are divided; 0 if they are not."""
        lists = kinds.lists_of(self._index)
        return 0 if lists is None else int(lists.nlist)

    def nearest(
        self,
        vectors: NDArray[np.float32],
        count: int,
        *,
        probes: int = 0,
        only: NDArray[np.uint8] | None = None,
    ) -> NDArray[np.int64]:
        """Propose the ids of what is nearest to each of `vectors`, float32 (Q, D): int64 (Q, K), best first.

        K is `count` or, if that is less, the number of passages; -1 stands where there are no more of them.
        `only` lets those ids through whose bit is set, the lowest first: uint8 (B,).

        Raises:
            RuntimeError: the file is damaged.
        """
        import faiss

        # FAISS searches one vector on one thread; the others would only spin.
        threads = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)
        try:
            _, ids = self._index.search(
                vectors, min(count, self._index.ntotal), params=kinds.parameters(self._kind, probes, only)
            )
        finally:
            faiss.omp_set_num_threads(threads)
        found: NDArray[np.int64] = ids
        return found

    def exact(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Yield ids, int64 (N,), and vectors, float32 (N, D), in batches; nothing if it only approximates."""
        if self._kind is not Kind.EXACT:
            return
        ids, inner = self.ids, kinds.innermost(self._index)
        for start in range(0, len(ids), _BATCH):
            batch = ids[start : start + _BATCH]
            yield batch, inner.reconstruct_n(start, len(batch))


@contextmanager
def _limited_to(size: int) -> Iterator[None]:
    """Let FAISS read so many bytes meanwhile; milvus-lite, in the same process, may read more afterwards."""
    import faiss

    with _LIMIT:
        usual = faiss.get_deserialization_vector_byte_limit()
        faiss.set_deserialization_vector_byte_limit(size)
        try:
            yield
        finally:
            faiss.set_deserialization_vector_byte_limit(usual)
