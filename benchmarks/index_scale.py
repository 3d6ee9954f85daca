"""The vector index by size: time to build, room, time to open, and searches, beside FAISS Flat and HNSW."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from benchmarks.encoding.trend import exponent
from benchmarks.imitated_vectors import Vectors, imitated, real_vectors
from benchmarks.report import Table, publish, say, surroundings
from encoder.checkpoint import BUILTIN, resolve
from encoder.device import place
from encoder.embedder import TransformerEmbedder
from index_data.index import Index
from index_data.paths import IndexPaths
from index_data.records import Document, FileStamp, Filters, Fingerprint, Passage

DOCUMENT = 1_000
"""Passages of each document."""
NEAREST = 10
LEAST_RECALL = 0.98
EFFORTS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 512)

REMARK = """\
The vectors imitate those of the built-in encoder: lines of the sample documents and of this project's pages
are embedded, and normal noise is added with the covariance of the differences between nearest neighbours.
Questions are held-out draws. Each asks for ten, alone, on one core; the files are in the page cache.
`build` is what `publish` takes once the rows are there, with the measuring of recall. `open` is
`Index.open` and a first search, less a usual search. HNSW32 has the least `efSearch` that reaches a recall
of 0.98. Room is that of the vectors' index alone; the exact vectors, which a search of ours reads too, are
in `meta.sqlite3`, `rows`. Exponents are fitted over the sizes of the run: 1 is linear. The clouds are easy
for graphs, so the recall of HNSW is flattered."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one kind of index costs at one size."""

    index: str
    passages: int
    build_seconds: float
    bytes_a_passage: float
    open_ms: float
    p50_ms: float
    p99_ms: float
    recall: float
    note: str


def main() -> None:
    """Measure each size in turn."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.index_scale", description=__doc__)
    parser.add_argument("--passages", default="10000,100000", metavar="N,N,...", help="the sizes")
    parser.add_argument("--questions", type=int, default=300, metavar="N")
    parser.add_argument(
        "--most-hnsw",
        type=int,
        default=1_000_000,
        metavar="N",
        help="the largest size for which HNSW is built",
    )
    options = parser.parse_args()
    context = surroundings()
    embedder = TransformerEmbedder(resolve(BUILTIN), place())
    say("embedding real lines")
    real = real_vectors(embedder)
    context["real vectors"] = f"{real.shape[0]} of {real.shape[1]} dimensions"
    [questions] = imitated(real, options.questions, seed=1)
    measured = []
    for count in map(int, options.passages.split(",")):
        measured += at_size(real, count, questions, hnsw=count <= options.most_hnsw)
    publish("index_scale", context, {"indexes": [asdict(one) for one in measured]}, tables(measured), REMARK)


def at_size(real: Vectors, count: int, questions: Vectors, *, hnsw: bool) -> list[Measured]:
    """Measure every kind of index over the same `count` vectors."""
    say(f"{count:,}: making vectors")
    vectors = np.concatenate(list(imitated(real, count, seed=2)))
    faiss.omp_set_num_threads(1)
    flat, right = _flat(vectors, questions)
    rivals = [flat, *([_hnsw(vectors, questions, right)] if hnsw else [])]
    return [_ours(vectors, questions, right), *rivals]


def _ours(vectors: Vectors, questions: Vectors, right: NDArray[np.int64]) -> Measured:
    made_by = Fingerprint("imitated", "imitated", vectors.shape[1], 1, 1, 1)
    with TemporaryDirectory() as name:
        folder = Path(name)
        with Index.create_or_open(folder, made_by) as index:
            say(f"{len(vectors):,}: writing rows")
            for start in range(0, len(vectors), DOCUMENT):
                _add(index, start, vectors[start : start + DOCUMENT])
            say(f"{len(vectors):,}: building segments")
            build = _seconds(index.publish)
            segments = index.summary().segments
        started = time.perf_counter()
        with Index.open(folder) as index:
            index.nearest(questions[0], NEAREST, Filters())
            opened = time.perf_counter() - started
            # Ids of an index begin at 1.
            times, found = _searched(
                lambda vector: np.array(
                    [hit.passage_id - 1 for hit in index.nearest(vector, NEAREST, Filters())]
                ),
                questions,
            )
        room = sum(file.stat().st_size for file in IndexPaths(folder).segments.iterdir())
        rows = IndexPaths(folder).database.stat().st_size
    kinds = ", ".join(f"{one.passages:,} {one.kind} {one.recall:.3f}" for one in segments)
    note = f"rows {rows / len(vectors):,.0f} B; {kinds}"
    open_ms = 1_000 * opened - float(np.median(times))
    return _measured("dragoman", vectors, build, room, open_ms, times, _recall(found, right), note)


def _add(index: Index, start: int, vectors: Vectors) -> None:
    passages = [Passage(place, "x", place, place + 1, 1, "en") for place in range(len(vectors))]
    stamp = FileStamp(len(vectors), 1, "0" * 64)
    index.replace(Document(Path(f"/{start}"), stamp, "txt", "", "en"), passages, vectors)


def _flat(vectors: Vectors, questions: Vectors) -> tuple[Measured, NDArray[np.int64]]:
    index = faiss.IndexFlatIP(vectors.shape[1])
    build = _seconds(lambda: index.add(vectors))
    times, found = _searched(_asking(index), questions)
    return _of_faiss("FAISS Flat", index, vectors, build, times, 1.0, ""), np.array(found)


def _hnsw(vectors: Vectors, questions: Vectors, right: NDArray[np.int64]) -> Measured:
    say(f"{len(vectors):,}: building HNSW")
    index = faiss.IndexHNSWFlat(vectors.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = 100
    build = _seconds(lambda: index.add(vectors))
    for effort in EFFORTS:
        index.hnsw.efSearch = effort
        times, found = _searched(_asking(index), questions)
        if (recall := _recall(found, right)) >= LEAST_RECALL:
            break
    return _of_faiss("FAISS HNSW32", index, vectors, build, times, recall, f"efSearch {effort}")


def _of_faiss(
    name: str, index: Any, vectors: Vectors, build: float, times: Sequence[float], recall: float, note: str
) -> Measured:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "index"
        faiss.write_index(index, str(file))
        room = file.stat().st_size
        # Dragoman lets nothing be larger than the file that it opened last.
        faiss.set_deserialization_vector_byte_limit(2 * room)
        open_ms = 1_000 * _seconds(lambda: faiss.read_index(str(file)))
    return _measured(name, vectors, build, room, open_ms, times, recall, note)


def _measured(
    name: str,
    vectors: Vectors,
    build: float,
    room: int,
    open_ms: float,
    times: Sequence[float],
    recall: float,
    note: str,
) -> Measured:
    p50, p99 = np.percentile(times, (50, 99)).tolist()
    return Measured(name, len(vectors), build, room / len(vectors), open_ms, p50, p99, recall, note)


def _asking(index: Any) -> Callable[[Vectors], NDArray[np.int64]]:
    def ask(vector: Vectors) -> NDArray[np.int64]:
        found: NDArray[np.int64] = index.search(vector[np.newaxis], NEAREST)[1][0]
        return found

    return ask


def _searched(
    ask: Callable[[Vectors], NDArray[np.int64]], questions: Vectors
) -> tuple[list[float], list[NDArray[np.int64]]]:
    """Return the milliseconds of each question, and what it found."""
    times, found = [], []
    for question in questions:
        started = time.perf_counter()
        found.append(ask(question))
        times.append(1_000 * (time.perf_counter() - started))
    return times, found


def _recall(found: Sequence[NDArray[np.int64]], right: NDArray[np.int64]) -> float:
    return float(
        np.mean([np.isin(one, best).sum() / NEAREST for one, best in zip(found, right, strict=True)])
    )


def _seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def tables(measured: Sequence[Measured]) -> list[Table]:
    """Lay out what was measured, and how each quantity grows with size."""
    by_size = sorted(measured, key=lambda one: one.passages)
    names = dict.fromkeys(one.index for one in measured)
    rows = [
        (
            f"{one.index}, {one.passages:,}",
            f"{one.build_seconds:.1f}",
            f"{one.bytes_a_passage:,.0f}",
            f"{one.open_ms:.1f}",
            f"{one.p50_ms:.2f}",
            f"{one.p99_ms:.2f}",
            f"{one.recall:.3f}",
            one.note,
        )
        for one in measured
    ]
    found = [
        Table("By size", ("", "build s", "B/passage", "open ms", "p50", "p99", "recall", ""), tuple(rows))
    ]
    growth = [(name, [one for one in by_size if one.index == name]) for name in names]
    fitted = tuple(
        (name, *(f"{_exponent(group, column):.2f}" for column in ("build_seconds", "open_ms", "p50_ms")))
        for name, group in growth
        if len(group) > 1
    )
    return [*found, Table("Exponents", ("", "build", "open", "p50"), fitted)] if fitted else found


def _exponent(group: Sequence[Measured], column: str) -> float:
    sizes = [one.passages for one in group]
    return exponent(sizes, [max(float(getattr(one, column)), 1e-3) for one in group])


if __name__ == "__main__":
    main()
