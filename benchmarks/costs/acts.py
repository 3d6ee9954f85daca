"""One thing that is done to an index, in a process of its own."""

from __future__ import annotations

import argparse
import json
import pickle
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from benchmarks.costs.collection import DOCUMENT, Collection, path_of
from encoder.interface import Window

QUESTIONS = 60
"""Of which the first third only warms up."""
NEAREST = 10
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Task:
    """Which index, and what is known of it."""

    folder: Path
    collection: Collection
    passages: int
    round: int
    """0, 1, 2, ...: what is deleted in one round is not there in the next."""

    @property
    def documents(self) -> int:
        """That were stored."""
        return -(-self.passages // DOCUMENT)


@dataclass(frozen=True, slots=True)
class Cost:
    """What an act took."""

    seconds: float
    cpu_seconds: float
    peak_mib: float
    """Resident memory of the process at most, with interpreter and libraries, and pages of mapped files."""
    grown_mib: float
    """By so much memory grew during the act."""


class ReadyQueries:
    """An `Embedder` that has the vectors of all questions."""

    model = fingerprint = "imitated"
    max_window_tokens = 512
    batch_tokens = 4_096

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        """`vectors`, float32 (Q, D), are handed out in turn."""
        self.dimension = vectors.shape[1]
        self._vectors = iter(vectors)

    def token_spans(self, text: str) -> NDArray[np.int32]:
        """Return one token, the whole of `text`: int32 (T, 2)."""
        return np.array([(0, len(text))], dtype=np.int32)

    def embed_passages(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        """Return as many vectors as `windows` have passages: float32 (N, D)."""
        return np.array([next(self._vectors) for window in windows for _ in window.spans], dtype=np.float32)

    def embed_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Return the next vectors: float32 (Q, D)."""
        return np.array([next(self._vectors) for _ in queries], dtype=np.float32)


def timed(act: Callable[[], object]) -> Cost:
    """Do it, and look at clocks and memory."""
    with suppress(OSError):
        # From now on the most memory is counted anew.
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = memory_mib("VmRSS")
    started, computed = time.perf_counter(), time.process_time()
    act()
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - computed
    peak = memory_mib("VmHWM")
    # The kernel counts pages in batches, so the most may lag a little behind.
    return Cost(seconds, cpu_seconds, peak, max(peak - before, 0.0))


def memory_mib(kind: str) -> float:
    """Memory of this process in MiB, as Linux calls it: `VmRSS` now, `VmHWM` at most."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    [line] = [line for line in lines if line.startswith(f"{kind}:")]
    return int(line.split()[1]) * 1_024 / _MIB


def store(task: Task) -> Cost:
    """Put every document into a new index."""
    from index_data.index import Index

    def act() -> None:
        for document, passages, vectors in task.collection.documents(task.passages):
            index.replace(document, passages, vectors)

    with Index.create_or_open(task.folder, task.collection.fingerprint) as index:
        return timed(act)


def publish(task: Task) -> Cost:
    """Make the FAISS files."""
    from index_data.index import Index

    with Index.create_or_open(task.folder, task.collection.fingerprint) as index:
        return timed(index.publish)


def first(task: Task) -> Cost:
    """Open, and answer once by meaning."""
    from index_data.index import Index
    from index_data.records import Filters

    [vector] = _vectors(task, 1)

    def act() -> None:
        with Index.open(task.folder) as index:
            index.nearest(vector, NEAREST, Filters())

    return timed(act)


def by_meaning(task: Task) -> Cost:
    """Ask by meaning."""
    from index_data.index import Index
    from index_data.records import Filters

    vectors = iter(_vectors(task, QUESTIONS))
    with Index.open(task.folder) as index:
        return _asked(lambda: index.nearest(next(vectors), NEAREST, Filters()))


def by_words(task: Task) -> Cost:
    """Ask by words."""
    from index_data.index import Index
    from index_data.records import Filters

    questions = iter(task.collection.questions(QUESTIONS))
    with Index.open(task.folder) as index:
        return _asked(lambda: index.matching(next(questions), NEAREST, Filters()))


def hybrid(task: Task) -> Cost:
    """Ask in both ways, as a search without re-ranking and snippets does."""
    from index_data.index import Index
    from search.query import Query
    from search.searcher import Searcher

    questions = iter(task.collection.questions(QUESTIONS))
    with Index.open(task.folder) as index:
        searcher = Searcher(index, ReadyQueries(_vectors(task, QUESTIONS)))
        return _asked(lambda: searcher.trace(Query(next(questions), snippets=False)))


def delete_one(task: Task) -> Cost:
    """Forget one document."""
    return _removed(task, [task.round])


def delete_share(task: Task) -> Cost:
    """Forget one document of a hundred, at least one."""
    share = max(task.documents // 100, 1)
    # From the end, where no single one was deleted.
    last = task.documents - task.round * share
    return _removed(task, range(last - share, last))


def check(task: Task) -> Cost:
    """Look whether it is sound."""
    from index_data.checking import check as look

    return timed(lambda: look(task.folder))


def check_full(task: Task) -> Cost:
    """Look at every byte."""
    from index_data.checking import check as look

    return timed(lambda: look(task.folder, full=True))


def rebuild(task: Task) -> Cost:
    """Make words and FAISS files anew."""
    from index_data.rebuilding import rebuild as make

    return timed(lambda: make(task.folder))


def backup(task: Task) -> Cost:
    """Make a checked copy."""
    from index_data.backup import back_up

    return timed(lambda: back_up(task.folder, task.folder.with_name(f"copy-{task.round}")))


def ingest(task: Task) -> Cost:
    """Read files, embed them with the built-in encoder, and store them; the encoder is loaded before."""
    from benchmarks.pipeline.recording import PASSAGE_TOKENS, WINDOW_TOKENS, fingerprint
    from encoder.checkpoint import BUILTIN, resolve
    from encoder.device import place
    from encoder.embedder import TransformerEmbedder
    from index_data.index import Index
    from ingest.ingester import Ingester
    from ingest.parser import Parser
    from ingest.pipeline import LocalPipeline

    embedder = TransformerEmbedder(resolve(BUILTIN), place("cpu"))
    with Index.create_or_open(task.folder, fingerprint(embedder)) as index, Parser() as parser:
        ingester = Ingester(index, LocalPipeline(embedder, parser, WINDOW_TOKENS, PASSAGE_TOKENS))
        return timed(lambda: list(ingester.ingest([tree_of(task)])))


def tree_of(task: Task) -> Path:
    """Where the files are that `ingest` reads."""
    return task.folder.with_name(f"tree-{task.passages}")


ACTS: dict[str, Callable[[Task], Cost]] = {
    act.__name__: act
    for act in (
        store, publish, first, by_meaning, by_words, hybrid, check, check_full, backup,
        delete_one, delete_share, rebuild, ingest,
    )
}  # fmt: skip


def _vectors(task: Task, count: int) -> NDArray[np.float32]:
    """Return vectors of passages, a little turned, so that each has a nearest: float32 (Q, D)."""
    width = task.collection.dimension
    places = np.random.default_rng(5).integers(task.passages, size=count)
    rows = np.memmap(task.collection.vectors, np.float32, "r").reshape(-1, width)[places]
    turned = rows + np.random.default_rng(6).standard_normal((count, width)).astype(np.float32) * 0.01
    unit: NDArray[np.float32] = turned / np.linalg.norm(turned, axis=1, keepdims=True)
    return unit


def _asked(ask: Callable[[], object]) -> Cost:
    """Ask all questions; times are medians over the last two thirds."""
    costs = [timed(ask) for _ in range(QUESTIONS)]
    counted = costs[QUESTIONS // 3 :]
    return Cost(
        median(cost.seconds for cost in counted),
        median(cost.cpu_seconds for cost in counted),
        memory_mib("VmHWM"),
        sum(cost.grown_mib for cost in costs),
    )


def _removed(task: Task, numbers: Sequence[int]) -> Cost:
    from index_data.index import Index

    with Index.create_or_open(task.folder, task.collection.fingerprint) as index:
        return timed(lambda: index.remove(map(path_of, numbers)))


def main() -> None:
    """Do one act, and print its cost as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.costs.acts")
    parser.add_argument("act", choices=ACTS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("collection", type=Path, help="a pickled Collection")
    parser.add_argument("passages", type=int)
    parser.add_argument("round", type=int)
    options = parser.parse_args()
    # What is loaded when it is first needed would count as the act's own.
    import_module("faiss")
    collection: Collection = pickle.loads(options.collection.read_bytes())
    cost = ACTS[options.act](Task(options.folder, collection, options.passages, options.round))
    json.dump({name: getattr(cost, name) for name in Cost.__slots__}, sys.stdout)


if __name__ == "__main__":
    main()
