"""What is asked of an index now and then: the passages of a file, what a filter hides, who has which word."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index_data.channels import Channels
from index_data.documents import Documents
from index_data.full_text import WordUse
from index_data.passages import Passages
from index_data.records import Candidate, Filters
from index_data.rows import Database
from index_data.selection import Selection
from index_data.whole_documents import WholeDocument, whole_document


class Lookup:
    """The rarer questions; any thread may ask them."""

    def __init__(self, database: Database, channels: Channels) -> None:
        self._database = database
        self._channels = channels

    def passages_of(self, path: Path) -> list[int]:
        """Return the ids of the passages of the document at `path`, in order; none where there is none."""
        with self._database.reading() as rows:
            document_id = Documents(rows).find(path)
            return [] if document_id is None else Passages(rows).of_document(document_id)

    def paths(self) -> list[Path]:
        """Return where the documents are, in the order in which they came."""
        with self._database.reading() as rows:
            return Documents(rows).paths()

    def whole(self, path: Path, dimension: int) -> WholeDocument | None:
        """Return all that is held of the document at `path`, vectors float32 (N, D); None if there is none.

        Raises:
            IndexDamaged: something of it is not what was stored.
        """
        with self._database.reading() as rows:
            return whole_document(rows, path, dimension)

    def let_through(self, passage_ids: Sequence[int], filters: Filters) -> list[int]:
        """Return those of `passage_ids` that `filters` lets a search see."""

        def propose(count: int, allowed: NDArray[np.int64] | None) -> list[Candidate]:
            seen = passage_ids if allowed is None else np.intersect1d(allowed, passage_ids).tolist()
            return [Candidate(passage_id, 0.0) for passage_id in seen[:count]]

        with self._database.reading() as rows:
            found = Selection(self._channels.words).best(rows, filters, len(passage_ids), propose)
        return [candidate.passage_id for candidate in found]

    def word_uses(self, text: str, passage_ids: Sequence[int]) -> list[WordUse]:
        """Tell for each word that `text` asks for how many passages have it, and which of `passage_ids`."""
        with self._database.reading() as rows:
            return self._channels.words(rows).uses(text, passage_ids)
