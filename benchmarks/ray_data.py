"""Ray Data beside actors that are given work one piece at a time: the same readers, cutter and encoder.

Small texts are read, cut and embedded by one reader and one encoder that counts letters, so that what is
timed is the way between them. Whoever takes the documents is slow, as a committer may be: how far the readers
run ahead of it is counted. Ray Data needs `pip install 'ray[data]'`.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import ROOT, Table, publish, say, surroundings
from ingest.batches import EmbeddedDraft
from ingest.changes import Change, Kind
from ingest.cluster.encoding_worker import EncodingWorker
from ingest.cluster.reading_worker import ReadingWorker, SharedFile
from ingest.cluster.session import HERE, connected, prepare
from ingest.cluster.staff import Staff
from ingest.source_file import stamp_of
from tests.ingest.cluster.conftest import letter_cutter
from tests.ingest.cluster.counting import CountingParser, WideLetters, count

FILES_AT_ONCE = 8
REMARK = """\
Medians over rounds, in seconds, from before workers are asked for; `ratio` is the median of those within a
round. `ahead`: the most files that were read and not yet taken."""


@dataclass(frozen=True, slots=True)
class Run:
    """One way through all documents."""

    first: float
    """Seconds until the first document came."""
    whole: float
    ahead: int
    documents: int


class Reading:
    """A stage of Ray Data."""

    def __init__(self) -> None:
        self._worker = ReadingWorker(CountingParser, letter_cutter)

    def __call__(self, files: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.object_]]:
        """Read and cut files, (N,): drafts, object (N,)."""
        pairs = zip(files["path"], files["hash"], strict=True)
        drafts = [self._worker.do(SharedFile(Path(path), digest)) for path, digest in pairs]
        return {"draft": np.array(drafts, dtype=object)}


class Embedding:
    """The stage behind it."""

    def __init__(self) -> None:
        self._worker = EncodingWorker(WideLetters)

    def __call__(self, read: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Embed the drafts, (N,): their vectors, float32, object (N,)."""
        windows = [[window.window for window in draft.windows] for draft in read["draft"]]
        vectors = np.empty(len(windows), dtype=object)
        vectors[:] = [self._worker.do(each).dense for each in windows]
        return {"draft": read["draft"], "vectors": vectors}


def by_ray_data(files: Sequence[Path]) -> Iterator[int]:
    """Give how many documents came, time after time."""
    import ray.data

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = True
    rows = [{"path": str(path), "hash": stamp_of(path).content_hash} for path in files]
    stages: tuple[type, ...] = (Reading, Embedding)
    dataset: Any = ray.data.from_items(rows)
    for stage in stages:
        dataset = dataset.map_batches(
            stage, batch_size=FILES_AT_ONCE, num_cpus=0.5, compute=ray.data.ActorPoolStrategy(size=1)
        )
    for batch in dataset.iter_batches(batch_size=1):
        yield len(batch["draft"])


def by_actors(files: Sequence[Path]) -> Iterator[int]:
    """Give how many documents came, time after time."""
    from ingest.cluster.hiring import hire_encoders, hire_readers
    from ingest.cluster.pipeline import RayPipeline

    staff = Staff(readers=1, encoders=1, encoder_cpus=0, encoder_gpus=0, reader_cpus=0)
    with (
        hire_encoders(staff, WideLetters) as encoding,
        hire_readers(staff, CountingParser, letter_cutter) as reading,
    ):
        changes = (Change(Kind.READ, path, stamp_of(path)) for path in files)
        for step in RayPipeline(reading, encoding).steps(changes, lambda draft: draft, lambda: False):
            if isinstance(step, EmbeddedDraft):
                yield 1


WAYS: dict[str, Callable[[Sequence[Path]], Iterator[int]]] = {"actors": by_actors, "Ray Data": by_ray_data}


def measure(way: Callable[[Sequence[Path]], Iterator[int]], files: Sequence[Path], seconds: float) -> Run:
    """Go one way; each document is taken as slowly as `seconds`."""
    started, first, taken, ahead = time.perf_counter(), 0.0, 0, 0
    before = count()
    for came in way(files):
        first = first or time.perf_counter() - started
        time.sleep(seconds * came)
        taken += came
        ahead = max(ahead, count() - before - taken)
    assert taken == len(files)
    return Run(first, time.perf_counter() - started, ahead, taken)


def table(runs: Mapping[str, Sequence[Run]]) -> Table:
    """Lay out one row a way."""
    rows = []
    for name, rounds in runs.items():
        ratios = [one.whole / other.whole for one, other in zip(rounds, runs["actors"], strict=True)]
        medians = [median(getattr(one, part) for one in rounds) for part in ("first", "whole", "ahead")]
        rows.append(
            (name, f"{medians[0]:.1f}", f"{medians[1]:.1f}", f"{median(ratios):.2f}", f"{medians[2]:.0f}")
        )
    return Table("One reader, one encoder", ("", "first s", "all s", "ratio", "ahead"), tuple(rows))


def main() -> None:
    """Measure in turns."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ray_data", description=__doc__)
    parser.add_argument("--files", type=int, default=1_000, metavar="N")
    parser.add_argument("--seconds", type=float, default=0.02, help="that a document is taken for")
    parser.add_argument("--repeats", type=int, default=5, metavar="N")
    parser.add_argument("--smoke", action="store_true", help="print, and leave the published results alone")
    options = parser.parse_args()
    context = surroundings() | {"files": options.files, "seconds": options.seconds, "rounds": options.repeats}
    prepare(HERE)
    runs: dict[str, list[Run]] = {name: [] for name in WAYS}
    with TemporaryDirectory() as scratch:
        os.environ |= {"PYTHONPATH": str(ROOT), "COUNTED_FILES": f"{scratch}/counted"}
        folder = Path(scratch, "documents")
        folder.mkdir()
        for number in range(options.files):
            text = "".join(f"Sentence {n} of document {number} is about {n * number}. " for n in range(40))
            (folder / f"{number:06}.txt").write_text(text, encoding="utf-8")
        with connected(HERE):
            for number in range(options.repeats):
                for name in list(WAYS)[:: 1 if number % 2 else -1]:
                    runs[name].append(measure(WAYS[name], sorted(folder.iterdir()), options.seconds))
                    say(f"round {number + 1}: {name}: {runs[name][-1]}")
    shown = table(runs)
    if options.smoke:
        print(shown.markdown())
        return
    results = {name: [asdict(one) for one in rounds] for name, rounds in runs.items()}
    publish("ray_data", context, results, [shown], REMARK)


if __name__ == "__main__":
    main()
