"""Dragoman itself, which reads the files, and is asked as by `dragoman search`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from index_data.index import Index
from index_data.records import Document, FileStamp, Filters, Fingerprint
from index_data.records import Passage as Stored
from ingest.progress import Finished
from search.evaluation.runs import Asker
from search.evaluation.ways import Way
from search.query import Query
from terminal.settings import Settings
from terminal.wiring import load_ingester, load_searcher

Task = dict[str, Any]
Passage = tuple[str, str, str]
"""Its id, its document and its text."""
Found = tuple[str, str]
"""A document and a text."""
_DOCUMENT = 1_000
"""Passages of one document, where vectors are given."""


def loaded(task: Task) -> Any:
    """Load the encoder; nothing where an index is opened, which loads its own."""
    return load_ingester(_settings(task)) if task["writes"] else None


def build(task: Task, _rows: Sequence[Passage], encoder: Any) -> int:
    """Bring the index up to date with the files; return how many passages were embedded."""
    with encoder() as ingester:
        steps = [*ingester.ingest([Path(file) for file in task["files"]])]
    report = next(step.report for step in steps if isinstance(step, Finished))
    if report.skipped:
        raise SystemExit(f"unreadable: {report.skipped}")
    return report.passages - report.reused


def fill(task: Task, rows: Sequence[Passage], vectors: Any) -> None:
    """Write passages with their vectors, float32 (N, D)."""
    made_by = Fingerprint("imitated", "0" * 64, vectors.shape[1], 264, 256, 1)
    with Index.create_or_open(Path(task["folder"]), made_by) as index:
        for start in range(0, len(rows), _DOCUMENT):
            few = slice(start, start + _DOCUMENT)
            document = Document(Path(f"/{start}.txt"), FileStamp(1, 1, "0" * 64), "txt", "", "en")
            index.replace(document, _stored(rows[few]), vectors[few])
        index.publish()


def opened(task: Task, _encoder: Any) -> Callable[[str], list[Found]]:
    """Return what finds a page of hits, or makes a whole ranking of documents, as `dragoman eval` does."""
    settings = _settings(task)
    searcher = load_searcher(Index.open(settings.index), settings)
    if task["whole"]:
        asker = Asker(searcher, Way.RERANKED if task["rerank"] else Way.HYBRID, str)
        return lambda query: [(name, "") for name in asker.ranking(query)]
    return lambda query: [(str(hit.document.path), hit.passage.text) for hit in searcher.search(Query(query))]


def opened_by_vector(task: Task) -> Callable[[Any], list[Found]]:
    """Return what finds the passages nearest to a vector, float32 (D,)."""
    index = Index.open(Path(task["folder"]))

    def ask(vector: Any) -> list[Found]:
        return _found(index, [found.passage_id for found in index.nearest(vector, task["depth"], Filters())])

    return ask


def held(task: Task) -> list[Found]:
    """List the passages that it holds."""
    with Index.open(Path(task["folder"])) as index:
        return _found(index, index.passage_ids().tolist())


def _found(index: Index, passage_ids: Sequence[int]) -> list[Found]:
    return [(str(one.document.path), one.passage.text) for one in index.passages(passage_ids)]


def _stored(rows: Sequence[Passage]) -> list[Stored]:
    ends = [0, *accumulate(len(text) for _, _, text in rows)]
    return [
        Stored(ordinal, text, ends[ordinal], ends[ordinal + 1], 1, "en")
        for ordinal, (_, _, text) in enumerate(rows)
    ]


def _settings(task: Task) -> Settings:
    folder = Path(task["folder"])
    rerank = None if task["rerank"] else False
    return Settings(index=folder, models=folder.with_name("models"), model=task["model"], rerank=rerank)
