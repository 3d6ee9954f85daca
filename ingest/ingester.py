"""The whole of ingest, in one function."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from encoder.interface import Embedder, SparseEmbedder
from index_data.errors import IndexProblem, ReaderDied, UnreadableFile
from index_data.index import Index
from index_data.records import Document
from ingest.batches import Batch, Draft, EmbeddedDraft, EmbeddedParts, embed, in_batches, until
from ingest.changes import Change, Comparison, Kind
from ingest.coverage import coverage_of, refuse_gaps
from ingest.discovery import Finding, FoundFile, Ignored, Unsupported, roots_of, walk
from ingest.languages import language_of
from ingest.look_ahead import LookAhead
from ingest.parser import ParsedFile, Parser
from ingest.passages import cut
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
from ingest.sections import MAX_TITLE_CHARACTERS

FILES_AHEAD = 3
"""Files that are parsed while the ones before are cut."""
STEPS_AHEAD = 16
"""Batches, and files without any work for the encoder, that are made ready while it is busy."""


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
    embedder: Embedder
    parser: Parser
    window_tokens: int
    """What the encoder sees at once; at most `embedder.max_window_tokens`."""
    passage_tokens: int
    """What a passage aims at."""
    overlap_tokens: int = 0
    """What a window shows of each neighbour, so that the passages at its edges are read in context.

    The encoder reads that again: 64 of 512 tokens are a third more work, 128 almost twice the work.
    """
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
            readers=self.parser.readers,
            rehash=manner.rehash,
        )
        return comparison, [_found(files, findings), *unlisted]

    def _brought_up(self, changes: Iterable[Change], stopped: Callable[[], bool]) -> Iterator[Progress]:
        """Parse, cut, embed and store, each step a little ahead of the next."""
        with LookAhead[Batch | Change](STEPS_AHEAD) as ahead:
            steps = ahead.each(in_batches(self._drafts(changes, ahead), self.embedder.batch_tokens))
            for step in embed(until(steps, stopped), self.embedder):
                if isinstance(step, EmbeddedParts):
                    self.index.keep_begun(step.windows)
                else:
                    yield self._store(step)

    def _drafts(
        self, changes: Iterable[Change], ahead: LookAhead[Batch | Change]
    ) -> Iterator[Draft | Change]:
        """Cut the documents that are to be read; any other change stays as it is."""
        for change, parsing in self._parse_ahead(changes):
            if parsing is None or change.stamp is None:
                yield change
                continue
            try:
                yield self._draft(change.path, ahead.wait_for(parsing))
            except ReaderDied as error:
                yield replace(change, kind=Kind.REFUSED, reason=error.message, attempts=change.attempts + 1)
            except UnreadableFile as error:
                yield replace(change, kind=Kind.REFUSED, reason=error.message, attempts=0)

    def _parse_ahead(self, changes: Iterable[Change]) -> Iterator[tuple[Change, Future[ParsedFile] | None]]:
        """Send files to the parser a little before their turn; the changes stay in order."""
        waiting: deque[tuple[Change, Future[ParsedFile] | None]] = deque()
        for change in changes:
            waiting.append((change, self.parser.submit(change.path) if change.kind is Kind.READ else None))
            if len(waiting) > FILES_AHEAD:
                yield waiting.popleft()
        yield from waiting

    def _draft(self, path: Path, file: ParsedFile) -> Draft:
        parsed = file.document
        document = Document(
            path=path,
            stamp=file.stamp,
            media_type=parsed.media_type,
            title=(parsed.title or path.stem)[:MAX_TITLE_CHARACTERS],
            language=language_of(parsed.text),
            encoding=parsed.encoding,
            notes=parsed.notes,
        )
        windows = cut(
            parsed,
            self.embedder.token_spans(parsed.text),
            window_tokens=self.window_tokens,
            passage_tokens=self.passage_tokens,
            overlap_tokens=self.overlap_tokens,
            language=document.language,
        )
        refuse_gaps(parsed.text, windows)
        known = self.index.known_windows(window.digest for window in windows)
        if isinstance(self.embedder, SparseEmbedder):
            known = {digest: window for digest, window in known.items() if window.sparse is not None}
        return Draft(document, tuple(windows), known, coverage_of(parsed, self.parser.readers))

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
            case Change(Kind.MOVED, path, stamp, old_path) if stamp and old_path:
                self.index.move(old_path, path, stamp)
                return Moved(path, old_path)
            case Change(Kind.TOUCHED, path, stamp) if stamp:
                self.index.restamp(path, stamp)
            case Change(Kind.REFUSED, path, stamp):
                if stamp:
                    self.index.record_unread(
                        path, stamp, step.reason, attempts=step.attempts, readers=self.parser.readers
                    )
                return Skipped(path, step.reason)
        return Unchanged(step.path)


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
