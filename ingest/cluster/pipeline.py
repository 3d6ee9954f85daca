"""Files become embedded documents on the nodes of a Ray cluster, in the order and batches of one machine."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from index_data.errors import EncoderUnavailable, ReaderDied, UnreadableFile
from index_data.records import FileStamp
from ingest.batches import NO_VECTORS, Batch, Draft, EmbeddedBatch, Vectors, in_batches, put_together, until
from ingest.changes import Change
from ingest.cluster.crew import IN_HAND, MOST_DEATHS, Crew, WorkKills
from ingest.cluster.encoding_worker import EncoderFacts
from ingest.cluster.reading_worker import NotSeen, ReaderFacts, SentFile, SharedFile, Unread
from ingest.look_ahead import LookAhead
from ingest.pipeline import STEPS_AHEAD, Recall, Step, drafted
from ingest.readers.limits import MAX_FILE_BYTES, too_large
from ingest.readers.remedies import CONVERT
from ingest.source_file import open_regular

FILES_OF_A_READER = 4
"""Files that are with each reader or wait for their turn, which a slow one before them may hold up."""


@dataclass(frozen=True, slots=True)
class RayPipeline:
    """Has readers read and cut, and encoders embed; what they have made comes in the order of the files.

    So batches hold what they hold on one machine, and vectors are the same to the last bit.
    """

    reading: Crew[ReaderFacts]
    encoding: Crew[EncoderFacts]

    @property
    def readers(self) -> str:
        """Which readers read."""
        return self.reading.description.readers

    @property
    def makes_sparse(self) -> bool:
        """Whether passages get sparse vectors too."""
        return self.encoding.description.makes_sparse

    def steps(self, changes: Iterable[Change], recall: Recall, stopped: Callable[[], bool]) -> Iterator[Step]:
        """Do what `changes` ask for, in their order, many steps ahead of whoever stores them.

        Once `stopped` says so, the documents that are with the encoders are completed and no other one begun.

        Raises:
            EncoderUnavailable: no worker is left.
        """
        with LookAhead[Batch | Change](STEPS_AHEAD) as ahead:

            def draft(_change: Change, reading: Future[Draft]) -> Draft:
                return recall(ahead.wait_for(reading))

            drafts = drafted(changes, self._submit, draft, FILES_OF_A_READER * self.reading.size)
            batches = ahead.each(in_batches(drafts, self.encoding.description.batch_tokens))
            yield from put_together(self._embedded(until(batches, stopped)), makes_sparse=self.makes_sparse)

    def _submit(self, change: Change) -> Future[Draft]:
        return self.reading.submit(self._read, change)

    def _read(self, change: Change) -> Draft:
        """Have a node read the file where it lies, or send it there.

        Raises:
            UnreadableFile: it cannot be read.
            ReaderDied: reader after reader died of it.
        """
        assert change.stamp is not None
        try:
            answer = self.reading.do(SharedFile(change.path, change.stamp.content_hash))
            if isinstance(answer, NotSeen):
                answer = self.reading.do(_sent(change.path))
        except WorkKills as error:
            raise ReaderDied(
                f"{MOST_DEATHS} workers of the cluster died while they read it", remedy=CONVERT
            ) from error
        if isinstance(answer, Unread):
            raise answer.error()
        assert isinstance(answer, Draft)
        return answer

    def _embedded(self, steps: Iterable[Batch | Change]) -> Iterator[EmbeddedBatch | Change]:
        """Keep every encoder busy; the steps stay in order."""
        waiting: deque[Future[EmbeddedBatch] | Change] = deque()
        for step in steps:
            waiting.append(self.encoding.submit(self._embed, step) if isinstance(step, Batch) else step)
            while waiting and (len(waiting) > IN_HAND * self.encoding.size or _is_done(waiting[0])):
                yield _awaited(waiting.popleft())
        yield from map(_awaited, waiting)

    def _embed(self, batch: Batch) -> EmbeddedBatch:
        if not batch.windows:
            return EmbeddedBatch(batch, NO_VECTORS)
        try:
            vectors = self.encoding.do([window.window for window in batch.windows])
        except WorkKills as error:
            raise EncoderUnavailable(
                f"{MOST_DEATHS} encoders of the cluster died with the same batch in hand",
                remedy="Give each more memory: fewer --ray-encoders, a larger part of a GPU by --ray-gpus.",
            ) from error
        assert isinstance(vectors, Vectors)
        return EmbeddedBatch(batch, vectors)


def _is_done(step: Future[EmbeddedBatch] | Change) -> bool:
    return isinstance(step, Change) or step.done()


def _awaited(step: Future[EmbeddedBatch] | Change) -> EmbeddedBatch | Change:
    return step if isinstance(step, Change) else step.result()


def _sent(path: Path) -> SentFile:
    """Read a file to be sent.

    Raises:
        UnreadableFile: it cannot be read, or is too large.
    """
    try:
        with open_regular(path) as file:
            status = os.fstat(file.fileno())
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise UnreadableFile(error.strerror or str(error), remedy=CONVERT) from error
    if len(content) > MAX_FILE_BYTES:
        raise UnreadableFile(too_large(max(status.st_size, len(content))), remedy=CONVERT)
    digest = hashlib.sha256(content).hexdigest()
    return SentFile(path, FileStamp(len(content), status.st_mtime_ns, digest), content)
