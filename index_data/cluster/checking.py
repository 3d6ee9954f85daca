"""Whether an index elsewhere is sound: its rows, and Milvus held against them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index_data import store
from index_data.checking import found_by
from index_data.checks import accounts, documents
from index_data.checks import rows as all_rows
from index_data.cluster import milvus_upkeep, opening
from index_data.cluster.elsewhere import Elsewhere
from index_data.cluster.milvus_channels import MilvusChannels
from index_data.cluster.milvus_upkeep import Differences
from index_data.errors import IndexDamaged
from index_data.findings import Finding, Invariant, Severity
from index_data.passages import Passages
from index_data.rows import Rows

_QUESTIONS = 8
_HITS = 10
_LEAST_RECALL = 0.9
_ROUNDING = 1e-4
_BATCH = 10_000


def check(folder: Path, elsewhere: Elsewhere, *, full: bool) -> list[Finding]:
    """Look for what is wrong with the index that `folder` stands for; with `full`, at all there is.

    It only reads, beside writers too.

    Raises:
        IndexProblem: there is none, or a server cannot be asked.
    """
    with ExitStack() as resources:
        _, database, channels = opening.to_look_at(folder, elsewhere, resources)
        try:
            with database.reading() as rows:
                found = found_by(rows, _checks_of_rows(elsewhere, full=full, dimension=_dimension(rows)))
                return found + _found_in_milvus(rows, channels, full=full)
        except IndexDamaged as error:
            return [Finding(Invariant.READABLE, Severity.DAMAGE, error.message)]


def _dimension(rows: Rows) -> int:
    return store.fingerprint(rows).dimension


def _checks_of_rows(
    elsewhere: Elsewhere, *, full: bool, dimension: int
) -> list[Callable[[Any], Iterator[Finding]]]:
    """List what has to hold of the rows alone; PostgreSQL sees to some of it by itself."""
    looked_at: list[Callable[[Any], Iterator[Finding]]]
    if elsewhere.catalogue is None:
        looked_at = [
            partial(all_rows.readable, full=full),
            *(all_rows.stamped, all_rows.whole, all_rows.owned, all_rows.once, all_rows.growing),
            *(all_rows.comparable, all_rows.logged, all_rows.refused),
        ]
    else:
        looked_at = [all_rows.numbered, _with_vectors, all_rows.comparable]
    if full:
        looked_at += [
            partial(documents.intact, dimension=dimension),
            partial(documents.begun, dimension=dimension),
            accounts.accounted,
            accounts.windowed,
        ]
    return looked_at


def _with_vectors(rows: Rows) -> Iterator[Finding]:
    """I2: no passage lacks its vector."""
    query = (
        "SELECT DISTINCT documents.document_id, path FROM documents"
        " JOIN passages ON passages.document_id = documents.document_id"
        " LEFT JOIN vectors ON vectors.passage_id = passages.passage_id WHERE vector IS NULL"
    )
    for document_id, path in rows.execute(query):
        yield Finding(
            Invariant.WHOLE, Severity.DAMAGE, "it lacks a vector", document_id, Path(os.fsdecode(path))
        )


def _found_in_milvus(rows: Rows, channels: MilvusChannels, *, full: bool) -> list[Finding]:
    if not channels.passages.exists():
        return [_finding(f"the collection {channels.passages.name} is not in Milvus any more")]
    channels.owner.recognise(channels.passages)
    found = []
    # That both have the same number is told at once; which ones they are, only by looking at all.
    if full or not milvus_upkeep.agree_in_number(rows, channels):
        found += list(_different(milvus_upkeep.differences(rows, channels)))
    if full and not found:
        found += _unlike(rows, channels)
        found += _disagreeing(rows, channels)
    return found


def _different(different: Differences) -> Iterator[Finding]:
    """I8 and I3: Milvus has each passage of the rows, and no other."""
    for lost, what in ((different.lacking, "passages"), (different.lacking_pieces, "sparse vectors")):
        if len(lost):
            yield _finding(f"Milvus lacks {len(lost):,} {what}")
    if count := len(different.left_over):
        what = f"Milvus has {count:,} passages that are gone, or a writer is at work"
        yield Finding(Invariant.OWNED, Severity.NOTE, what)


def _unlike(rows: Rows, channels: MilvusChannels) -> list[Finding]:
    """I6: what Milvus has of a passage is what the rows have."""
    unlike = sum(map(len, milvus_upkeep.unlike(rows, channels)))
    what = f"what Milvus has of {unlike:,} passages is not what the rows have"
    return [Finding(Invariant.NAMED, Severity.COPY, what)] if unlike else []


def _disagreeing(rows: Rows, channels: MilvusChannels) -> list[Finding]:
    """I11: the best hits are the best there are."""
    ids = Passages(rows).ids()
    dimension = _dimension(rows)
    asked = ids[:: max(1, len(ids) // _QUESTIONS)][:_QUESTIONS]
    questions = Passages(rows).vectors(asked, dimension)
    best = _best_scores(rows, ids, questions)
    right = 0
    for question, scores in zip(questions, best, strict=True):
        hits = channels.nearest(rows, question, len(scores), None)
        right += sum(hit.score >= scores[-1] - _ROUNDING for hit in hits)
    if right >= _LEAST_RECALL * best.size:
        return []
    what = f"of {best.size} nearest passages, only {right} were found"
    return [Finding(Invariant.AGREEING, Severity.COPY, what)]


def _best_scores(rows: Rows, ids: NDArray[np.int64], questions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Score all vectors by hand: float32 (Q, K), best first."""
    best = np.empty((len(questions), 0), np.float32)
    for start in range(0, len(ids), _BATCH):
        stored = Passages(rows).vectors(ids[start : start + _BATCH], questions.shape[1])
        best = -np.sort(-np.hstack((best, questions @ stored.T)))[:, :_HITS]
    return best


def _finding(what: str) -> Finding:
    return Finding(Invariant.COVERED, Severity.COPY, what)
