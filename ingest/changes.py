"""Files against index: what is new, what has changed, moved or gone since the last run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from index_data.errors import UnreadableFile
from index_data.index import Index
from index_data.records import FileStamp
from ingest.discovery import FoundFile
from ingest.readers.limits import MAX_FILE_BYTES, too_large
from ingest.source_file import stamp_of


class Kind(StrEnum):
    """What has to be done about a file."""

    UNCHANGED = "unchanged"
    """Nothing; it was not even opened."""
    TOUCHED = "touched"
    """It has a new time and the content it had."""
    MOVED = "moved"
    """Its content is known from a path that is gone."""
    READ = "read"
    """It is new, or its content is."""
    REFUSED = "refused"
    """It cannot be read."""


@dataclass(frozen=True, slots=True)
class Change:
    """A file, and what has to be done about it."""

    kind: Kind
    path: Path
    stamp: FileStamp | None = None
    """None where it is not to be stored."""
    old_path: Path | None = None
    """Where it was, if it moved."""
    reason: str = ""
    """Why it is refused."""


class Comparison:
    """Compares files with an index, once."""

    def __init__(
        self, index: Index, files: Sequence[FoundFile], *, roots: Sequence[Path], unlisted: Sequence[Path]
    ) -> None:
        """`files` is all that was found under `roots`, except under the `unlisted` folders."""
        self._files = files
        self._documents = index.stamps()
        self._unread = index.unread_stamps()
        self._reasons = {file.path: file.reason for file in index.summary().unread}
        found = {file.path for file in files}
        known = [*self._documents, *self._unread]
        self._gone = {
            path: None
            for path in sorted(known)
            if path not in found and _under(path, roots) and not _under(path, unlisted)
        }
        self._gone_by_hash = {
            self._documents[path].content_hash: path for path in self._gone if path in self._documents
        }

    def changes(self) -> Iterator[Change]:
        """Say what to do about each file, in order; only files that look different are opened."""
        return map(self._change, self._files)

    def gone(self) -> tuple[Path, ...]:
        """Name the known paths under the roots that are gone; complete after the last of `changes`."""
        return tuple(self._gone)

    def _change(self, file: FoundFile) -> Change:
        known = self._documents.get(file.path)
        if known and _looks_like(file, known):
            return Change(Kind.UNCHANGED, file.path)
        unread = self._unread.get(file.path)
        if unread and _looks_like(file, unread):
            return Change(Kind.REFUSED, file.path, reason=self._reasons[file.path])
        if file.size > MAX_FILE_BYTES:
            unhashed = FileStamp(file.size, file.modified_ns, content_hash="")
            reason = too_large(file.size)
            return Change(Kind.REFUSED, file.path, unhashed, reason=reason)
        try:
            stamp = stamp_of(file.path)
        except UnreadableFile as error:
            return Change(Kind.REFUSED, file.path, reason=error.message)
        except OSError as error:
            return Change(Kind.REFUSED, file.path, reason=error.strerror or str(error))
        return self._opened(file, known, stamp)

    def _opened(self, file: FoundFile, known: FileStamp | None, stamp: FileStamp) -> Change:
        if known and known.content_hash == stamp.content_hash:
            return Change(Kind.TOUCHED, file.path, stamp)
        old_path = self._gone_by_hash.pop(stamp.content_hash, None)
        if old_path:
            del self._gone[old_path]
            return Change(Kind.MOVED, file.path, stamp, old_path=old_path)
        return Change(Kind.READ, file.path, stamp)


def _looks_like(file: FoundFile, stamp: FileStamp) -> bool:
    return (file.size, file.modified_ns) == (stamp.size, stamp.modified_ns)


def _under(path: Path, folders: Sequence[Path]) -> bool:
    return any(folder == path or folder in path.parents for folder in folders)
