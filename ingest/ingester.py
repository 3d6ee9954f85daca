"""The whole of ingest, in one function."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path

from encoder.interface import Embedder
from index_data.errors import UnreadableFile
from index_data.index import Index
from index_data.records import Document, FileStamp
from ingest.batches import Batch, Draft, EmbeddedDraft, embed, in_batches
from ingest.changes import Change, Comparison, Kind
from ingest.discovery import FoundFile, Unsupported, roots_of, walk
from ingest.languages import language_of
from ingest.look_ahead import LookAhead
from ingest.parser import Parser
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
from ingest.readers.parsed_document import ParsedDocument
from ingest.sections import MAX_TITLE_CHARACTERS

FILES_AHEAD = 3
"""Files that are parsed while the ones before are cut."""
STEPS_AHEAD = 16
"""Batches, and files without any work for the encoder, that are made ready while it is busy."""


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

    def ingest(self, paths: Sequence[Path], *, prune: bool = True) -> Generator[Progress, None, None]:
        """Read what is new or changed under `paths`, step by step; with `prune`, forget what is gone.

        Each document is safe on disk when its step comes, and stays so if the iterator is closed early.

        Raises:
            UsageError: one of `paths` does not exist.
        """
        tally = Tally()
        roots = roots_of(paths)
        findings = list(walk(roots, leave_out=self.index.summary().folder))
        files = [finding for finding in findings if isinstance(finding, FoundFile)]
        yield tally.noted(_found(files, findings))
        unlisted = [finding for finding in findings if isinstance(finding, Skipped)]
        yield from map(tally.noted, unlisted)
        comparison = Comparison(self.index, files, roots=roots, unlisted=[item.path for item in unlisted])
        try:
            with LookAhead[Batch | Change](STEPS_AHEAD) as ahead:
                drafts = self._drafts(comparison.changes(), ahead)
                steps = ahead.each(in_batches(drafts, self.embedder.batch_tokens))
                for step in embed(steps, self.embedder):
                    yield tally.noted(self._store(step))
            if prune:
                self.index.remove(comparison.gone())
                yield from map(tally.noted, map(Removed, comparison.gone()))
        finally:
            self.index.publish()
        yield Finished(tally.report())

    def _drafts(
        self, changes: Iterable[Change], ahead: LookAhead[Batch | Change]
    ) -> Iterator[Draft | Change]:
        """Cut the documents that are to be read; any other change stays as it is."""
        for change, parsing in self._parse_ahead(changes):
            if parsing is None or change.stamp is None:
                yield change
                continue
            try:
                yield self._draft(change.path, change.stamp, ahead.wait_for(parsing))
            except UnreadableFile as error:
                yield replace(change, kind=Kind.REFUSED, reason=error.message)

    def _parse_ahead(
        self, changes: Iterable[Change]
    ) -> Iterator[tuple[Change, Future[ParsedDocument] | None]]:
        """Send files to the parser a little before their turn; the changes stay in order."""
        waiting: deque[tuple[Change, Future[ParsedDocument] | None]] = deque()
        for change in changes:
            waiting.append((change, self.parser.submit(change.path) if change.kind is Kind.READ else None))
            if len(waiting) > FILES_AHEAD:
                yield waiting.popleft()
        yield from waiting

    def _draft(self, path: Path, stamp: FileStamp, parsed: ParsedDocument) -> Draft:
        document = Document(
            path=path,
            stamp=stamp,
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
        return Draft(document, tuple(windows))

    def _store(self, step: EmbeddedDraft | Embedded | Change) -> Progress:
        """Put one step into the index, and say what it was."""
        match step:
            case Embedded():
                return step
            case EmbeddedDraft(draft, vectors, sparse):
                self.index.replace(draft.document, draft.passages, vectors, sparse)
                return Ingested(draft.document.path, len(draft.passages), len(draft.windows), draft.tokens)
            case Change(Kind.MOVED, path, stamp, old_path) if stamp and old_path:
                self.index.move(old_path, path, stamp)
                return Moved(path, old_path)
            case Change(Kind.TOUCHED, path, stamp) if stamp:
                self.index.restamp(path, stamp)
            case Change(Kind.REFUSED, path, stamp):
                if stamp:
                    self.index.record_unread(path, stamp, step.reason)
                return Skipped(path, step.reason)
        return Unchanged(step.path)


def _found(files: Sequence[FoundFile], findings: Sequence[FoundFile | Unsupported | Skipped]) -> Found:
    suffixes = Counter(item.path.suffix.lower() for item in findings if isinstance(item, Unsupported))
    return Found(len(files), sum(file.size for file in files), dict(suffixes.most_common()))
