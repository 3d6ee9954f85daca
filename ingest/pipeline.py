"""Files become embedded documents: read in a child process, embedded here."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import TypeVar

from encoder.interface import Embedder, SparseEmbedder
from index_data.errors import ReaderDied, UnreadableFile
from ingest.batches import Batch, Draft, EmbeddedDraft, EmbeddedParts, embed, in_batches, until
from ingest.changes import Change, Kind
from ingest.cutter import Cutter
from ingest.look_ahead import LookAhead
from ingest.parser import ParsedFile, Parser
from ingest.progress import Embedded

FILES_AHEAD = 3
"""Files that are parsed while the ones before are cut."""
STEPS_AHEAD = 16
"""Batches, and files without any work for the encoder, that are made ready while it is busy."""

Read = TypeVar("Read")
Step = EmbeddedDraft | EmbeddedParts | Embedded | Change
"""What comes out: documents and parts of them, and every change that needs no encoder, as it was."""
Recall = Callable[[Draft], Draft]
"""Adds to a draft those of its windows that need not be embedded."""


@dataclass(frozen=True, slots=True)
class LocalPipeline:
    """Reads, cuts and embeds on this machine; `ingest.cluster.pipeline.RayPipeline` does it on several."""

    embedder: Embedder
    parser: Parser
    window_tokens: int
    """What the encoder sees at once; at most `embedder.max_window_tokens`."""
    passage_tokens: int
    """What a passage aims at."""
    overlap_tokens: int = 0
    """What a window shows of each neighbour."""

    @property
    def readers(self) -> str:
        """Which readers read."""
        return self.parser.readers

    @property
    def makes_sparse(self) -> bool:
        """Whether passages get sparse vectors too."""
        return isinstance(self.embedder, SparseEmbedder)

    def steps(self, changes: Iterable[Change], recall: Recall, stopped: Callable[[], bool]) -> Iterator[Step]:
        """Do what `changes` ask for, in their order, each step a little ahead of the next.

        Once `stopped` says so, the documents that are under way are completed and no other one begun.
        """
        cutter = Cutter(
            self.embedder.token_spans,
            self.parser.readers,
            self.window_tokens,
            self.passage_tokens,
            self.overlap_tokens,
        )
        with LookAhead[Batch | Change](STEPS_AHEAD) as ahead:

            def draft(change: Change, parsing: Future[ParsedFile]) -> Draft:
                return recall(cutter.draft(change.path, ahead.wait_for(parsing)))

            drafts = drafted(changes, self._submit, draft, FILES_AHEAD)
            steps = ahead.each(in_batches(drafts, self.embedder.batch_tokens))
            yield from embed(until(steps, stopped), self.embedder)

    def _submit(self, change: Change) -> Future[ParsedFile]:
        return self.parser.submit(change.path)


def drafted(
    changes: Iterable[Change],
    submit: Callable[[Change], Future[Read]],
    draft: Callable[[Change, Future[Read]], Draft],
    files_ahead: int,
) -> Iterator[Draft | Change]:
    """Have the files that are to be read read a little before their turn; any other change stays as it is."""
    for change, reading in _submitted_ahead(changes, submit, files_ahead):
        if reading is None:
            yield change
            continue
        try:
            yield draft(change, reading)
        except ReaderDied as error:
            yield replace(change, kind=Kind.REFUSED, reason=error.message, attempts=change.attempts + 1)
        except UnreadableFile as error:
            yield replace(change, kind=Kind.REFUSED, reason=error.message, attempts=0)


def _submitted_ahead(
    changes: Iterable[Change], submit: Callable[[Change], Future[Read]], files_ahead: int
) -> Iterator[tuple[Change, Future[Read] | None]]:
    """Keep the changes in order."""
    waiting: deque[tuple[Change, Future[Read] | None]] = deque()
    for change in changes:
        waiting.append((change, submit(change) if change.kind is Kind.READ and change.stamp else None))
        if len(waiting) > files_ahead:
            yield waiting.popleft()
    yield from waiting
