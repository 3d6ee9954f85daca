"""Time and memory by the size of an index: storing, opening, searching, deleting, checking and the rest.

Each act is a process of its own on a collection of imitated passages; a whole ingest with the built-in
encoder is measured apart, at the sizes that it can reach. A power law is fitted to each, with its error.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.costs.acts import Cost
from benchmarks.costs.collection import DOCUMENT, Collection, sentences, write_vectors
from benchmarks.costs.curves import NAMES, Sample, laws, tables
from benchmarks.imitated_vectors import real_vectors
from benchmarks.machine_clock import MachineClock
from benchmarks.report import ROOT, publish, say, surroundings
from encoder.checkpoint import BUILTIN, resolve
from encoder.device import place
from encoder.embedder import TransformerEmbedder
from index_data.paths import IndexPaths

WORK = Path(__file__).parent / "work"
ON_ONE_INDEX = (
    "first", "by_meaning", "by_words", "hybrid", "check", "check_full", "backup",
    "delete_one", "delete_share", "rebuild",
)  # fmt: skip
"""After storing and publishing, in this order: the last of them change the index."""
SECONDS_A_PASSAGE = 0.0025
"""All acts once, about, on a quiet core, with the usual characters."""
INGESTED_A_SECOND = 90.0
"""Passages, about, on two quiet cores."""
INGEST_CHARACTERS = 900

REMARK = """\
Each act is a process of its own, so many times; cells are medians. The texts are sentences of the sample
documents in 24 languages, drawn anew; the vectors imitate those of the built-in encoder; a document has 20
passages. Files are in the page cache. `store` is `Index.replace` document by document, each safe on the
disk before the next; `publish` makes the FAISS files afterwards; `open and first answer` begins after
Python and its libraries are loaded; searches have ready vectors, ask for ten, do not re-rank and show no
snippets, and each figure is the median of forty questions. A document that is deleted is the first or, of
the share, among the last. `rebuild` makes words and FAISS files anew; `backup` checks every byte of its
copy.

`peak` is resident memory with the interpreter and libraries; `grown` by how much it rose during the act.
Pages of mapped files count. Exponents are slopes of least squares through the logarithms of all runs, with
what they are sure within (95 %, if the law holds); columns between two sizes are slopes of the medians
alone: where these differ, the law bends. The kind of FAISS index changes at 20,000 passages (exact to one
bit a component) and would at 2,000,000 (to lists). A whole ingest reads text files of 900 characters a
passage with the encoder loaded before. `others` are the cores that other processes kept busy during the
run, on average."""


def main() -> None:
    """Measure each size in turn."""
    options = _options()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sizes, ingest_sizes = (
        sorted(map(int, filter(None, text.split(",")))) for text in (options.sizes, options.ingest_sizes)
    )
    say(f"this takes about {_minutes(sizes, ingest_sizes, options):.0f} minutes on two quiet cores")
    context = surroundings() | {"characters": options.characters, "repeats": options.repeats}
    clock = MachineClock()
    with TemporaryDirectory(dir=_made(WORK)) as name:
        folder = Path(name)
        collection = _collection(folder, max(sizes), options.characters)
        samples, rooms = [], {}
        for size in sizes:
            found, rooms[size] = _at_size(folder, size, options)
            samples += found
        (folder / "collection").write_bytes(pickle.dumps(_for_ingest(collection)))
        for size in ingest_sizes:
            samples += _ingested(folder, collection, size, options)
    context["others"] = f"{clock.others():.2f} cores"
    context["bytes a passage"] = {f"{size:,}": f"{room:,.0f}" for size, room in rooms.items()}
    results = {
        "samples": [asdict(sample) for sample in samples],
        "laws": laws(samples),
        "bytes_a_passage": {str(size): room for size, room in rooms.items()},
    }
    publish("cost_curves", context, results, tables(samples), REMARK)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cost_curves", description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,100000,1000000", metavar="N,N,...")
    parser.add_argument(
        "--ingest-sizes", default="300,1000,3000,10000", metavar="N,N,...", help="passages, with the encoder"
    )
    parser.add_argument("--repeats", type=int, default=3, metavar="N")
    parser.add_argument(
        "--patience",
        type=float,
        default=60.0,
        metavar="S",
        help="an act that took so many seconds in all is not repeated",
    )
    parser.add_argument("--characters", type=int, default=240, metavar="N", help="of a passage, about")
    return parser.parse_args()


def _minutes(sizes: Iterable[int], ingest_sizes: Iterable[int], options: argparse.Namespace) -> float:
    """How long it will take; large sizes once, small ones as often as they are repeated."""
    seconds = 0.0
    for size in sizes:
        once = size * SECONDS_A_PASSAGE * max(options.characters / 240, 0.5)
        seconds += min(once * options.repeats, max(once, options.patience * len(ON_ONE_INDEX)))
        # Processes start, too.
        seconds += 1.5 * options.repeats * len(NAMES)
    for size in ingest_sizes:
        once = size / INGESTED_A_SECOND
        seconds += min(once * options.repeats, max(once, options.patience)) + 5 * options.repeats
    return seconds / 60


def _collection(folder: Path, passages: int, characters: int) -> Collection:
    say("making vectors")
    embedder = TransformerEmbedder(resolve(BUILTIN), place("cpu"))
    write_vectors(real_vectors(embedder), passages, folder / "vectors")
    collection = Collection(sentences(), folder / "vectors", embedder.dimension, characters)
    (folder / "collection").write_bytes(pickle.dumps(collection))
    return collection


def _for_ingest(collection: Collection) -> Collection:
    return Collection(
        collection.sentences, collection.vectors, collection.dimension, max(INGEST_CHARACTERS, 1)
    )


def _at_size(folder: Path, size: int, options: argparse.Namespace) -> tuple[list[Sample], float]:
    """Measure every act at one size, and how many bytes a passage takes."""
    index = folder / f"index-{size}"
    samples: list[Sample] = []
    for number in range(options.repeats):
        shutil.rmtree(index, ignore_errors=True)
        samples += [_sample(folder, act, index, size, number) for act in ("store", "publish")]
        if sum(sample.cost.seconds for sample in samples) > options.patience:
            break
    room = sum(file.stat().st_size for file in index.rglob("*") if file.is_file()) / size
    for act in ON_ONE_INDEX:
        spent = 0.0
        for number in range(options.repeats):
            samples.append(_sample(folder, act, index, size, number))
            shutil.rmtree(index.with_name(f"copy-{number}"), ignore_errors=True)
            spent += samples[-1].cost.seconds
            if spent > options.patience:
                break
    assert IndexPaths(index).database.is_file()
    shutil.rmtree(index)
    return samples, room


def _ingested(folder: Path, collection: Collection, size: int, options: argparse.Namespace) -> list[Sample]:
    """Ingest text files of about so many passages."""
    tree = folder / f"tree-{size}"
    tree.mkdir()
    texts = _for_ingest(collection)
    for number in range(-(-size // DOCUMENT)):
        lines = texts.texts(number, min(DOCUMENT, size - number * DOCUMENT))[1]
        # Each passage is a paragraph; short ones are joined when they are cut.
        (tree / f"{number}.txt").write_text("\n\n".join(lines), encoding="utf-8")
    samples: list[Sample] = []
    while len(samples) < options.repeats:
        index = folder / f"ingested-{size}"
        samples.append(_sample(folder, "ingest", index, size, len(samples)))
        shutil.rmtree(index)
        if sum(sample.cost.seconds for sample in samples) > options.patience:
            break
    return samples


def _sample(folder: Path, act: str, index: Path, size: int, number: int) -> Sample:
    say(f"{size:,}: {NAMES[act]}, {number + 1}")
    command = [sys.executable, "-m", "benchmarks.costs.acts", act]
    command += [str(index), str(folder / "collection"), str(size), str(number)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return Sample(act, size, Cost(**json.loads(done.stdout)))


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    main()
