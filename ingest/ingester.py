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
from index_data.records import Document
from ingest.batches import Draft, EmbeddedDraft, embed
from ingest.changes import Change, Comparison, Kind
from ingest.discovery import FoundFile, Unsupported, roots_of, walk
from ingest.languages import language_of
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

LOOK_AHEAD = 3
"""Files that are parsed while the encoder is busy with the ones before."""


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
        drafts = (self._draft(change, parsing) for change, parsing in self._parse_ahead(comparison.changes()))
        try:
            for step in embed(drafts, self.embedder):
                yield tally.noted(self._store(step))
            if prune:
                self.index.remove(comparison.gone())
                yield from map(tally.noted, map(Removed, comparison.gone()))
        finally:
            self.index.publish()
        yield Finished(tally.report())

    def _parse_ahead(
        self, changes: Iterable[Change]
    ) -> Iterator[tuple[Change, Future[ParsedDocument] | None]]:
        """Send files to the parser a little before their turn; the changes stay in order."""
        waiting: deque[tuple[Change, Future[ParsedDocument] | None]] = deque()
        for change in changes:
            waiting.append((change, self.parser.submit(change.path) if change.kind is Kind.READ else None))
            if len(waiting) > LOOK_AHEAD:
                yield waiting.popleft()
        yield from waiting

    def _draft(self, change: Change, parsing: Future[ParsedDocument] | None) -> Draft | Change:
        """Cut a document that was read; anything else stays as it is."""
        if parsing is None or change.stamp is None:
            return change
        try:
            parsed = parsing.result()
        except UnreadableFile as error:
            return replace(change, kind=Kind.REFUSED, reason=error.message)
        document = Document(
            path=change.path,
            stamp=change.stamp,
            media_type=parsed.media_type,
            title=(parsed.title or change.path.stem)[:MAX_TITLE_CHARACTERS],
            language=language_of(parsed.text),
            encoding=parsed.encoding,
            notes=parsed.notes,
        )
        windows = cut(
            parsed,
            self.embedder.token_spans(parsed.text),
            window_tokens=self.window_tokens,
            passage_tokens=self.passage_tokens,
            language=document.language,
        )
        return Draft(document, tuple(windows))

    def _store(self, step: EmbeddedDraft | Embedded | Change) -> Progress:
        """Put one step into the index, and say what it was."""
        match step:
            case Embedded():
                return step
            case EmbeddedDraft(draft, vectors):
                self.index.replace(draft.document, draft.passages, vectors)
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
