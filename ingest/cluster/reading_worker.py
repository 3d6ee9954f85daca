"""What reads and cuts on a node of a cluster: the same parser, its child confined, and cutter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from index_data.errors import DragomanError, ReaderDied, UnreadableFile
from index_data.records import FileStamp
from ingest.batches import Draft
from ingest.cluster.refusal import Refusal
from ingest.cutter import Cutter
from ingest.parser import ParsedFile, Parser
from ingest.passages import SPLITTER_VERSION
from ingest.source_file import stamp_of


@dataclass(frozen=True, slots=True)
class ReaderFacts:
    """Which readers read, and how they cut."""

    readers: str
    splitter: int = SPLITTER_VERSION

    def __str__(self) -> str:
        return f"{self.readers}, splitter {self.splitter}"


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A file that a node may see under the same path."""

    path: Path
    content_hash: str
    """Of what has to be there; anything else is another file that has the same name on that node."""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that no node but the one of the index need see."""

    path: Path
    stamp: FileStamp
    content: bytes


@dataclass(frozen=True, slots=True)
class NotSeen:
    """The file is not on this node."""


@dataclass(frozen=True, slots=True)
class Unread:
    """The file cannot be read."""

    reason: str
    remedy: str
    reader_died: bool

    def error(self) -> UnreadableFile:
        """Make the error of it that the parser raised."""
        return (ReaderDied if self.reader_died else UnreadableFile)(self.reason, remedy=self.remedy)


class ReadingWorker:
    """An actor."""

    def __init__(self, open_parser: Callable[[], Parser], make_cutter: Callable[[str], Cutter]) -> None:
        """`make_cutter` is given which readers read."""
        self._open_parser = open_parser
        self._make_cutter = make_cutter

    @cached_property
    def _parser(self) -> Parser:
        return self._open_parser()

    @cached_property
    def _cutter(self) -> Cutter:
        return self._make_cutter(self._parser.readers)

    def describe(self) -> ReaderFacts | Refusal:
        """Make ready, and say who reads here."""
        try:
            return ReaderFacts(self._cutter.readers)
        except DragomanError as error:
            return Refusal(error.message, error.remedy)

    def do(self, file: SharedFile | SentFile) -> Draft | NotSeen | Unread:
        """Read a file and cut it."""
        if isinstance(file, SharedFile) and not _is_here(file):
            return NotSeen()
        try:
            return self._cutter.draft(file.path, self._parsed(file))
        except UnreadableFile as error:
            return Unread(error.message, error.remedy, isinstance(error, ReaderDied))

    def _parsed(self, file: SharedFile | SentFile) -> ParsedFile:
        if isinstance(file, SharedFile):
            return self._parser.submit(file.path).result()
        with TemporaryDirectory(prefix="dragoman-") as folder:
            # Its name tells its kind.
            copy = Path(folder, file.path.name)
            copy.write_bytes(file.content)
            return ParsedFile(self._parser.submit(copy).result().document, file.stamp)


def _is_here(file: SharedFile) -> bool:
    try:
        return stamp_of(file.path).content_hash == file.content_hash
    except (UnreadableFile, OSError):
        return False
