"""Milvus beside the built-in store, in one run: building, opening, vectors, words, filters, room, memory."""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from benchmarks.encoding.folder_documents import documents
from benchmarks.imitated_vectors import Vectors, imitated, real_vectors
from benchmarks.report import ROOT, Table, publish, say, surroundings
from encoder.checkpoint import BUILTIN, resolve
from encoder.device import place
from encoder.embedder import TransformerEmbedder
from index_data.cluster.elsewhere import Elsewhere
from index_data.index import Index
from index_data.records import Document, FileStamp, Filters, Fingerprint, Passage
from tests.faults.milvus import MilvusProcess

NEAREST = 10
WORDS = 40
"""Of a passage."""
FEW_WORDS = 3
ASKED_WORDS = 3
DOCUMENTS = 100
"""So many documents, whatever the size; a filter that names one lets a hundredth through."""
HIDDEN = Filters(not_path_globs=("/0",))
ONE = Filters(path_globs=("/7",))

REMARK = """\
Both stores get the same passages, document by document, through `Index.replace`; `build` is that, `publish`
what comes after it. Vectors imitate those of the built-in encoder (see `index_scale`); words are drawn from
those of the sample documents, 40 a passage, or 3 where a size is above `--most-words`. Questions are asked
one after the other, by a process that has just opened the index: `open` is that and its first question, and
memory is what it grew by, `server` what the process of Milvus has. `one in 100` is a search with a filter
that lets one document through, `99 in 100` one that hides one. Room is all that either leaves on disk: rows
with the exact vectors stand in both. milvus-lite is written in Python and meant for trying; it searches the
words of all passages one by one, so a server of Milvus differs from it by much more than from the table."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a process that only searches saw: milliseconds of each question, ids found, bytes it grew by."""

    open_ms: float
    nearest: list[float]
    words: list[float]
    one: list[float]
    hidden: list[float]
    found: list[list[int]]
    grown: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What one store costs at one size."""

    store: str
    passages: int
    words_each: int
    build_seconds: float
    publish_seconds: float
    open_ms: float
    nearest_p50_ms: float
    nearest_p95_ms: float
    recall: float
    words_p50_ms: float
    words_p95_ms: float
    one_p50_ms: float
    hidden_p50_ms: float
    bytes_a_passage: float
    process_mib: float
    server_mib: float


def main() -> None:
    """Measure each size in turn."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.milvus_store", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000], metavar="N")
    parser.add_argument("--questions", type=int, default=100, metavar="N")
    parser.add_argument(
        "--most-words",
        type=int,
        default=100_000,
        metavar="N",
        help="the largest size whose passages have all their words",
    )
    parser.add_argument("--milvus", metavar="URL", help="a server to measure instead of milvus-lite")
    options = parser.parse_args()
    context = surroundings()
    context["milvus"] = options.milvus or "milvus-lite, a process of its own on this machine"
    embedder = TransformerEmbedder(resolve(BUILTIN), place())
    say("embedding real lines")
    real = real_vectors(embedder)
    [questions] = imitated(real, options.questions, seed=1)
    measured: list[Measured] = []
    for size in options.sizes:
        measured += _at_size(real, questions, size, few=size > options.most_words, milvus=options.milvus)
    publish("milvus_store", context, {"stores": [asdict(one) for one in measured]}, tables(measured), REMARK)


def _at_size(
    real: Vectors, questions: Vectors, size: int, *, few: bool, milvus: str | None
) -> Iterator[Measured]:
    say(f"{size:,}: making vectors")
    vectors = np.concatenate(list(imitated(real, size, seed=2)))
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    right = flat.search(questions, NEAREST)[1] + 1
    del flat
    texts = _texts(size, FEW_WORDS if few else WORDS)
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "index"
        yield _measured("built-in", folder, vectors, texts, questions, right, lambda: (0, 0))
    with TemporaryDirectory() as scratch, _server(Path(scratch) / "data", milvus) as (where, held):
        folder = Path(scratch) / "index"
        Elsewhere(where, f"bench_{os.getpid()}_{size}").keep(folder)
        yield _measured("Milvus", folder, vectors, texts, questions, right, held)


@contextmanager
def _server(data: Path, milvus: str | None) -> Iterator[tuple[str, Callable[[], tuple[int, int]]]]:
    """Yield where a server is, and what tells the bytes it has on disk and in memory."""
    if milvus:
        yield milvus, lambda: (0, 0)
        return
    with MilvusProcess(data) as server:
        yield server.place, lambda: (_room(data), server.resident_bytes())


def _measured(
    store: str,
    folder: Path,
    vectors: Vectors,
    texts: Sequence[str],
    questions: Vectors,
    right: NDArray[np.int64],
    held: Callable[[], tuple[int, int]],
) -> Measured:
    say(f"{len(vectors):,}: building, {store}")
    made_by = Fingerprint("imitated", "imitated", vectors.shape[1], 1, 1, 1)
    with Index.create_or_open(folder, made_by) as index:
        build = _seconds(lambda: _fill(index, vectors, texts))
        publishing = _seconds(index.publish)
    say(f"{len(vectors):,}: asking, {store}")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as asker:
        asked = asker.submit(_ask, folder, questions, _word_questions(texts, len(questions))).result()
    room, memory = held()
    return Measured(
        store=store,
        passages=len(vectors),
        words_each=len(texts[0].split()),
        build_seconds=build,
        publish_seconds=publishing,
        open_ms=asked.open_ms,
        nearest_p50_ms=float(np.percentile(asked.nearest, 50)),
        nearest_p95_ms=float(np.percentile(asked.nearest, 95)),
        recall=float(
            np.mean([np.isin(best, one).mean() for one, best in zip(asked.found, right, strict=True)])
        ),
        words_p50_ms=float(np.percentile(asked.words, 50)),
        words_p95_ms=float(np.percentile(asked.words, 95)),
        one_p50_ms=float(np.percentile(asked.one, 50)),
        hidden_p50_ms=float(np.percentile(asked.hidden, 50)),
        bytes_a_passage=(_room(folder) + room) / len(vectors),
        process_mib=asked.grown / 2**20,
        server_mib=memory / 2**20,
    )


def _fill(index: Index, vectors: Vectors, texts: Sequence[str]) -> None:
    each = -(-len(vectors) // DOCUMENTS)
    for number, start in enumerate(range(0, len(vectors), each)):
        some = texts[start : start + each]
        passages = [Passage(at, text, at, at + len(text), 1, "en") for at, text in enumerate(some)]
        document = Document(Path(f"/{number}"), FileStamp(len(some), 1, "0" * 64), "txt", "", "en")
        index.replace(document, passages, vectors[start : start + each])


def _ask(folder: Path, questions: Vectors, words: Sequence[str]) -> Asked:
    """Ask everything; run in a process of its own."""
    before = _resident()
    started = time.perf_counter()
    with Index.open(folder) as index:
        index.nearest(questions[0], NEAREST, Filters())
        opened = time.perf_counter() - started
        # Whatever is read once, by either store, is read before the clock runs.
        for filters in (Filters(), ONE, HIDDEN):
            index.nearest(questions[0], NEAREST, filters)
            index.matching(words[0], NEAREST, filters)
        found: list[list[int]] = []

        def nearest(vector: Vectors) -> None:
            found.append([hit.passage_id for hit in index.nearest(vector, NEAREST, Filters())])

        return Asked(
            1_000 * opened,
            _times(nearest, questions),
            _times(lambda text: index.matching(text, NEAREST, Filters()), words),
            _times(lambda vector: index.nearest(vector, NEAREST, ONE), questions),
            _times(lambda vector: index.nearest(vector, NEAREST, HIDDEN), questions),
            found,
            _resident() - before,
        )


def _times(ask: Callable[[Any], object], questions: Iterable[Any]) -> list[float]:
    return [1_000 * _seconds(partial(ask, question)) for question in questions]


def _texts(size: int, length: int) -> list[str]:
    """Draw passages of `length` running words out of those of the sample documents."""
    running = [
        word[:16] for document in documents(ROOT / "samples" / "documents") for word in document.text.split()
    ]
    dice = np.random.default_rng(3)
    return [" ".join(running[at] for at in dice.integers(len(running), size=length)) for _ in range(size)]


def _word_questions(texts: Sequence[str], count: int) -> list[str]:
    dice = np.random.default_rng(4)
    places = dice.integers(len(texts), size=count)
    return [" ".join(dice.permutation(texts[at].split())[:ASKED_WORDS]) for at in places]


def _room(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def _seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def tables(measured: Sequence[Measured]) -> list[Table]:
    """Lay out what was measured."""
    columns = (
        "", "build s", "publish s", "open ms", "nearest p50", "p95", "recall@10", "words p50", "p95",
        "one in 100", "99 in 100", "B/passage", "process MiB", "server MiB",
    )  # fmt: skip
    rows = tuple(
        (
            f"{one.store}, {one.passages:,}, {one.words_each} words",
            f"{one.build_seconds:,.1f}",
            f"{one.publish_seconds:,.1f}",
            f"{one.open_ms:,.0f}",
            f"{one.nearest_p50_ms:,.1f}",
            f"{one.nearest_p95_ms:,.1f}",
            f"{one.recall:.3f}",
            f"{one.words_p50_ms:,.1f}",
            f"{one.words_p95_ms:,.1f}",
            f"{one.one_p50_ms:,.1f}",
            f"{one.hidden_p50_ms:,.1f}",
            f"{one.bytes_a_passage:,.0f}",
            f"{one.process_mib:,.0f}",
            f"{one.server_mib:,.0f}",
        )
        for one in measured
    )
    return [Table("By size; milliseconds of one question", columns, rows)]


if __name__ == "__main__":
    main()
