"""Files against index: what is new, what has changed, moved or gone since the last run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from index_data.documents import MAX_ATTEMPTS
from index_data.errors import UnreadableFile
from index_data.index import Index
from index_data.records import FileStamp, UnreadFile
from ingest.discovery import FoundFile
from ingest.readers.limits import MAX_FILE_BYTES, too_large
from ingest.readers.suffixes import media_type_of
from ingest.source_file import stamp_of


class Kind(StrEnum):
    """What has to be done about a file."""

    UNCHANGED = "unchanged"
    """Nothing; unless everything is read again, it was not even opened."""
    TOUCHED = "touched"
    """It has a new time and the content it had."""
    MOVED = "moved"
    """Its content is known from a path that is gone."""
    READ = "read"
    """It is new, or its content is, or it was not read well and may be now."""
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
    attempts: int = 0
    """How often a reader died on this content already."""


class Comparison:
    """Compares files with an index, once."""

    def __init__(
        self,
        index: Index,
        files: Sequence[FoundFile],
        *,
        roots: Sequence[Path],
        unlisted: Sequence[Path],
        readers: str,
        rehash: bool = False,
    ) -> None:
        """`files` is all that was found under `roots`, except under the `unlisted` folders.

        `readers` is the version of those that would read them now. With `rehash`, a file that looks as it did
        is opened all the same.
        """
        self._files = files
        self._readers = readers
        self._rehash = rehash
        self._documents = index.stamps()
        self._incomplete = index.incomplete()
        self._unread_stamps = index.unread_stamps()
        # Another writer may have noted or forgotten one between the two looks.
        unread = {file.path: file for file in index.summary().unread}
        self._unread = {path: file for path, file in unread.items() if path in self._unread_stamps}
        found = {file.path for file in files}
        inside, outside = frozenset(roots), frozenset(unlisted)
        known = [*self._documents, *self._unread]
        self._gone = {
            path: None
            for path in sorted(known)
            if path not in found and _under(path, inside) and not _under(path, outside)
        }
        self._gone_by_hash = {
            self._documents[path].content_hash: path for path in self._gone if path in self._documents
        }
        self._to_read: set[str] = set()
        self._copies: list[Change] = []

    def changes(self) -> Iterator[Change]:
        """Say what to do about each file, in order, but for copies of a file that is to be read."""
        for change in map(self._change, self._files):
            if change.kind is Kind.READ and change.stamp and change.stamp.content_hash in self._to_read:
                self._copies.append(change)
                continue
            if change.kind is Kind.READ and change.stamp:
                self._to_read.add(change.stamp.content_hash)
            yield change

    def copies(self) -> Iterator[Change]:
        """Say what to do about those copies, for whom nothing has to be embedded once the first is stored."""
        yield from self._copies

    def gone(self) -> tuple[Path, ...]:
        """Name the known paths under the roots that are gone; complete after the last of `changes`."""
        return tuple(self._gone)

    def _change(self, file: FoundFile) -> Change:
        known, unread = self._documents.get(file.path), self._unread.get(file.path)
        if not self._rehash:
            if known and _looks_like(file, known) and self._is_well_read(file.path):
                return Change(Kind.UNCHANGED, file.path)
            if unread and _looks_like(file, self._unread_stamps[file.path]) and self._is_settled(unread):
                return Change(Kind.REFUSED, file.path, reason=unread.reason)
        if file.size > MAX_FILE_BYTES:
            unhashed = FileStamp(file.size, file.modified_ns, content_hash="")
            return Change(Kind.REFUSED, file.path, unhashed, reason=too_large(file.size))
        try:
            stamp = stamp_of(file.path)
        except UnreadableFile as error:
            return Change(Kind.REFUSED, file.path, reason=error.message)
        except OSError as error:
            return Change(Kind.REFUSED, file.path, reason=error.strerror or str(error))
        if known:
            return self._known(file.path, known, stamp)
        return self._unread_before(unread, stamp) if unread else self._opened(file.path, stamp)

    def _known(self, path: Path, known: FileStamp, stamp: FileStamp) -> Change:
        if known.content_hash != stamp.content_hash:
            return self._opened(path, stamp)
        if not self._is_well_read(path):
            return Change(Kind.READ, path, stamp)
        return Change(Kind.UNCHANGED, path) if known == stamp else Change(Kind.TOUCHED, path, stamp)

    def _unread_before(self, unread: UnreadFile, stamp: FileStamp) -> Change:
        noted = self._unread_stamps[unread.path]
        if noted.content_hash != stamp.content_hash:
            return self._opened(unread.path, stamp)
        attempts = unread.attempts if unread.readers == self._readers else 0
        if self._is_settled(unread):
            news = None if noted == stamp else stamp
            return Change(Kind.REFUSED, unread.path, news, reason=unread.reason, attempts=attempts)
        return Change(Kind.READ, unread.path, stamp, attempts=attempts)

    def _opened(self, path: Path, stamp: FileStamp) -> Change:
        old_path = self._gone_by_hash.get(stamp.content_hash)
        # Another kind of file is read in another way.
        if old_path and media_type_of(old_path) == media_type_of(path):
            del self._gone[old_path], self._gone_by_hash[stamp.content_hash]
            return Change(Kind.MOVED, path, stamp, old_path=old_path)
        return Change(Kind.READ, path, stamp)

    def _is_well_read(self, path: Path) -> bool:
        """Tell whether these readers would find no more in a document than was found."""
        return self._incomplete.get(path, self._readers) == self._readers

    def _is_settled(self, unread: UnreadFile) -> bool:
        """Tell whether these readers were tried often enough."""
        return unread.readers == self._readers and unread.attempts not in range(1, MAX_ATTEMPTS)


def _looks_like(file: FoundFile, stamp: FileStamp) -> bool:
    return (file.size, file.modified_ns) == (stamp.size, stamp.modified_ns)


def _under(path: Path, folders: Set[Path]) -> bool:
    return path in folders or not folders.isdisjoint(path.parents)
