"""A parsed file becomes a document with its windows, ready for the encoder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index_data.records import Document
from ingest.batches import Draft
from ingest.coverage import coverage_of, refuse_gaps
from ingest.languages import language_of
from ingest.parser import ParsedFile
from ingest.passages import cut
from ingest.sections import MAX_TITLE_CHARACTERS


@dataclass(frozen=True, slots=True)
class Cutter:
    """Cuts documents for one encoder, in one way."""

    token_spans: Callable[[str], NDArray[np.int32]]
    """The encoder's: int32 (T, 2), characters."""
    readers: str
    """Which readers read, for what the index notes of their work."""
    window_tokens: int
    """What the encoder sees at once; at most its `max_window_tokens`."""
    passage_tokens: int
    """What a passage aims at."""
    overlap_tokens: int = 0
    """What a window shows of each neighbour, so that the passages at its edges are read in context.

    The encoder reads that again: 64 of 512 tokens are a third more work, 128 almost twice the work.
    """

    def draft(self, path: Path, file: ParsedFile) -> Draft:
        """Cut the file that was read from `path`.

        Raises:
            UnreadableFile: its passages would not hold the whole of its text.
        """
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
            self.token_spans(parsed.text),
            window_tokens=self.window_tokens,
            passage_tokens=self.passage_tokens,
            overlap_tokens=self.overlap_tokens,
            language=document.language,
        )
        refuse_gaps(parsed.text, windows)
        return Draft(document, tuple(windows), coverage=coverage_of(parsed, self.readers))
