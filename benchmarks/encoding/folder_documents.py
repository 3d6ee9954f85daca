"""The documents of a folder, parsed as an ingest parses them: real text, of the sample in many languages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from benchmarks.report import RESULTS
from index_data.errors import UnreadableFile
from ingest.discovery import FoundFile, roots_of, walk
from ingest.parser import Parser
from ingest.readers.parsed_document import ParsedDocument


def documents(folder: Path) -> Iterator[ParsedDocument]:
    """Parse what can be read in `folder`, in the order of names."""
    with Parser() as parser:
        for found in walk(roots_of([folder]), leave_out=RESULTS):
            if isinstance(found, FoundFile):
                with suppress(UnreadableFile):
                    yield parser.parse(found.path)
