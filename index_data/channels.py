"""What proposes passages, by their vectors and by their words; beside the rows, never the truth.

The rows hold every text and every vector. What a channel has lost, or has too much of, costs time or recall,
never a wrong score or text: ids that the rows do not know are dropped, and all of it can be made anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from index_data.full_text import WordUse
from index_data.records import Candidate, Passage, Phrase, SegmentSummary, SparseVector
from index_data.rows import Rows


class Words(Protocol):
    """Which passages have which words, within one transaction; what words are says `index_data.words`."""

    def matching(
        self, text: str, count: int, allowed: NDArray[np.int64] | None, beginnings: Sequence[str] = ()
    ) -> list[Candidate]:
        """Find the passages with any telling word of `text`, best first, out of `allowed`, int64 (N,).

        Any of `beginnings`, each a word in double quotes with a star after it, counts like one word more.
        """

    def bm25(self, text: str, passage_ids: NDArray[np.int64]) -> dict[int, float]:
        """Score those of `passage_ids`, int64 (N,), that have a telling word of `text`, as `matching`."""

    def with_every_word(self, text: str, count: int, allowed: NDArray[np.int64] | None) -> list[Candidate]:
        """Find `count` passages with all telling words of `text`, out of `allowed`, int64 (N,), unranked."""

    def uses(self, text: str, passage_ids: Sequence[int]) -> list[WordUse]:
        """Count for each word that `text` asks for the passages with it, and name those of `passage_ids`."""

    def with_all(self, phrases: Sequence[Phrase]) -> list[NDArray[np.int64]]:
        """Return ids, int64 (N,) each, that have to be among the passages with all of `phrases`.

        Where `index_data.phrases.settled`, they are those passages; else there may be more of them.
        """

    def with_any(self, phrases: Sequence[Phrase]) -> list[NDArray[np.int64]]:
        """Return ids, int64 (N,) each, of the passages with any of `phrases`, all of them `settled`."""


class Channels(Protocol):
    """The channels of one index; methods that take `rows` run inside the caller's transaction."""

    def words(self, rows: Rows) -> Words:
        """Look at the words."""

    def nearest(
        self, rows: Rows, vector: NDArray[np.float32], count: int, allowed: NDArray[np.int64] | None
    ) -> list[Candidate]:
        """Find the passages nearest to `vector`, float32 (D,), best first, out of `allowed`, int64 (N,).

        The score is the cosine with the vector in the rows; at the same score the lower id is first.

        Raises:
            IndexDamaged: a vector is not what was stored.
        """

    def sharing(
        self, rows: Rows, query: SparseVector, count: int, allowed: NDArray[np.int64] | None
    ) -> list[Candidate]:
        """Find the passages with the highest dot product, best first, out of `allowed`, int64 (N,).

        Raises:
            ValueError: the query is not what `SparseVector` says.
        """

    def add(
        self,
        rows: Rows,
        passage_ids: Sequence[int],
        passages: Sequence[Passage],
        vectors: NDArray[np.float32],
        sparse: Sequence[SparseVector] | None,
    ) -> None:
        """Take in passages whose rows stand in this transaction, with their vectors, float32 (N, D)."""

    def remove(self, rows: Rows, texts: Iterable[tuple[int, str]]) -> None:
        """Let go of passages, given as id and text, whose rows are still there and go in this transaction."""

    def summaries(self, rows: Rows) -> tuple[SegmentSummary, ...]:
        """Say how vectors are searched, and how well."""

    def server(self) -> tuple[str, int] | None:
        """Name the version of the server that has them, and how many passages it has; None without one."""

    def settle(self) -> None:
        """Do what had to wait until the transaction was on disk; if it never came, a later one does it."""

    def publish(self) -> None:
        """Make what was added quick to search; nothing depends on it but speed."""

    def close(self) -> None:
        """Let go of what is open."""
