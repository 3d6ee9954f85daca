"""Documents inside a document: each is read by its own reader, and what is not read is noted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from index_data.errors import UnreadableFile
from ingest.readers.flowing_text import FlowingText
from ingest.readers.parsed_document import ParsedDocument
from ingest.readers.suffixes import media_type_of

ReadPart = Callable[[PurePosixPath, bytes], ParsedDocument]
"""Reads a document that holds no others."""

MAX_NOTES = 50
_LONGEST_NAME = 200


class Parts:
    """Adds documents to the text of the one that holds them, each below its name."""

    def __init__(self, flow: FlowingText, read_part: ReadPart | None) -> None:
        """Without `read_part`, everything is noted and nothing read: one level is deep enough."""
        self._flow = flow
        self._read_part = read_part
        self._notes: list[str] = []

    @property
    def notes(self) -> tuple[str, ...]:
        """What was not read; of very many, the first, and how many more."""
        if len(self._notes) <= MAX_NOTES:
            return tuple(self._notes)
        return (*self._notes[:MAX_NOTES], f"and {len(self._notes) - MAX_NOTES:,} more")

    def add(self, name: str, load: Callable[[], bytes], *, level: int) -> None:
        """Add one document below a heading of `level`; `load` gives its bytes if they are wanted."""
        shown = name[-_LONGEST_NAME:]
        path = PurePosixPath(name.replace("\0", ""))
        if self._read_part is None:
            self.note(f"{shown!r} was not read: it is inside a document inside another")
        elif media_type_of(path) is None:
            self.note(f"{shown!r} was not read: not a kind of file that is read")
        else:
            try:
                part = self._read_part(path, load())
            except UnreadableFile as error:
                self.note(f"{shown!r} was not read: {error.message}")
                return
            self._flow.add_heading(shown, level)
            self._flow.add_part(part, below=level)
            for note in part.notes:
                self.note(f"{shown!r}: {note}")

    def note(self, note: str) -> None:
        """Remember something else that was not read."""
        self._notes.append(note)
