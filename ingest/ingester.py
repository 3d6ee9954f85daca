"""The whole of ingest, in one function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from index_data.errors import IndexProblem
from index_data.index import Index
from index_data.records import FileStamp
from ingest.batches import Draft, EmbeddedDraft, EmbeddedParts
from ingest.changes import Change, Comparison, Kind
from ingest.discovery import Finding, FoundFile, Ignored, Unsupported, roots_of, walk
from ingest.pipeline import LocalPipeline
from ingest.progress import (
    Embedded,
    Finished,
    Found,
    Ingested,
    Moved,
    Progress,
    Removed,
    Skipped,
    Tally,
    Unchanged,
)

if TYPE_CHECKING:
    from ingest.cluster.pipeline import RayPipeline


@dataclass(frozen=True, slots=True)
class Manner:
    """How an ingest goes about it."""

    prune: bool = True
    """Forget what is gone."""
    rehash: bool = False
    """Open every file, even one that looks as it did: its time may lie."""
    heed_ignore_files: bool = True
    """Leave out what `.gitignore` and `.dragomanignore` leave out."""
    only: tuple[Path, ...] = ()
    """Absolute: look at nothing else, and forget nothing else; without any, look at everything."""


DEFAULT_MANNER = Manner()


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Ingester:
    """Brings an index up to date with files."""

    index: Index
    pipeline: LocalPipeline | RayPipeline
    """Who reads, cuts and embeds."""
    unpublished_passages: int = 20_000
    """How many new passages searches have to scan one by one while an ingest is under way."""

    def ingest(
        self, paths: Sequence[Path], manner: Manner = DEFAULT_MANNER, stopped: Callable[[], bool] = _never
    ) -> Generator[Progress, None, None]:
        """Read what is new or changed under `paths`, step by step; forget what is gone.

        Each document is safe on disk when its step comes, and stays so if the iterator is closed early. Once
        `stopped` says so, the document that is under way is completed and no other one begun.

        Raises:
            UsageError: one of `paths` does not exist.
            IndexProblem: the index cannot be written; the run stops at once.
        """
        tally = Tally()
        unpublished = 0
        comparison, found = self._compared(roots_of(paths), manner, stopped)
        yield from map(tally.noted, found)
        try:
            for changes in (comparison.changes(), comparison.copies()):
                for step in self._brought_up(changes, stopped):
                    yield tally.noted(step)
                    unpublished += step.passages if isinstance(step, Ingested) else 0
                    if unpublished >= self.unpublished_passages:
                        self._publish(manner)
                        unpublished = 0
            if manner.prune and not stopped() and (gone := comparison.gone()):
                self.index.remove(gone)
                yield from map(tally.noted, map(Removed, gone))
        except IndexProblem:
            # What could not be written is not tried once more; the next run goes on from here.
            raise
        except Exception:
            self._publish(manner)
            raise
        if not manner.only and not stopped():
            self.index.forget_begun()
        self._publish(manner)
        yield Finished(tally.report(stopped=stopped()))

    def _publish(self, manner: Manner) -> None:
        """Make all of the index quick to search; the few documents that somebody names are so as they are."""
        if not manner.only:
            self.index.publish()

    def _compared(
        self, roots: Sequence[Path], manner: Manner, stopped: Callable[[], bool]
    ) -> tuple[Comparison, list[Progress]]:
        """Look at what there is, and say what was found and what could not be looked at."""
        walked = walk(
            roots,
            leave_out=self.index.summary().folder,
            heed_ignore_files=manner.heed_ignore_files,
            only=manner.only,
        )
        findings = list(takewhile(lambda _: not stopped(), walked))
        files = [finding for finding in findings if isinstance(finding, FoundFile)]
        unlisted = [finding for finding in findings if isinstance(finding, Skipped)]
        comparison = Comparison(
            self.index,
            files,
            roots=manner.only or roots,
            unlisted=[item.path for item in unlisted],
            readers=self.pipeline.readers,
            rehash=manner.rehash,
        )
        return comparison, [_found(files, findings), *unlisted]

    def _brought_up(self, changes: Iterable[Change], stopped: Callable[[], bool]) -> Iterator[Progress]:
        """Read, embed and store."""
        for step in self.pipeline.steps(changes, self._recalled, stopped):
            if isinstance(step, EmbeddedParts):
                self.index.keep_begun(step.windows)
            else:
                yield self._store(step)

    def _recalled(self, draft: Draft) -> Draft:
        """Add to `draft` those of its windows that were embedded before."""
        known = self.index.known_windows(window.digest for window in draft.windows)
        if self.pipeline.makes_sparse:
            known = {digest: window for digest, window in known.items() if window.sparse is not None}
        return replace(draft, known=known)

    def _store(self, step: EmbeddedDraft | Embedded | Change) -> Progress:
        """Put one step into the index, and say what it was."""
        match step:
            case Embedded():
                return step
            case EmbeddedDraft(draft, vectors, sparse):
                self.index.replace(
                    draft.document,
                    draft.passages,
                    vectors,
                    sparse,
                    windows=[window.digest for window in draft.windows],
                    coverage=draft.coverage,
                )
                return _ingested(draft)
            case Change(Kind.MOVED | Kind.TOUCHED, path, stamp) if stamp:
                return self._restamped(step, stamp)
            case Change(Kind.REFUSED, path, stamp):
                if stamp:
                    self.index.record_unread(
                        path, stamp, step.reason, attempts=step.attempts, readers=self.pipeline.readers
                    )
                return Skipped(path, step.reason)
        return Unchanged(step.path)

    def _restamped(self, change: Change, stamp: FileStamp) -> Progress:
        """Note where a document is now, or what its file is stamped with."""
        try:
            if change.old_path:
                self.index.move(change.old_path, change.path, stamp)
                return Moved(change.path, change.old_path)
            self.index.restamp(change.path, stamp)
        except KeyError:
            return Skipped(change.path, "another writer forgot it meanwhile; the next run reads it")
        return Unchanged(change.path)


def _found(files: Sequence[FoundFile], findings: Sequence[Finding]) -> Found:
    suffixes = Counter(item.path.suffix.lower() for item in findings if isinstance(item, Unsupported))
    ignored = sum(isinstance(item, Ignored) for item in findings)
    return Found(len(files), sum(file.size for file in files), dict(suffixes.most_common()), ignored)


def _ingested(draft: Draft) -> Ingested:
    passages, unknown = draft.passages, draft.unknown
    return Ingested(
        path=draft.document.path,
        passages=len(passages),
        windows=len(draft.windows),
        tokens=draft.tokens,
        reused=len(passages) - sum(len(window.passages) for window in unknown),
    )
