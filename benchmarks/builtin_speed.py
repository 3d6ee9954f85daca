"""How fast the built-in encoder is, against sentence-transformers with the half of it that BERT computes.

Every passage is read alone by all of them, and they take turns. Each number of cores has a process of its own
that is kept on them, so that it holds for the network, the tokenizer and whatever else runs.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.cold_start import Cost
from benchmarks.encoders import Contestant, Embed
from benchmarks.encoding.folder_documents import documents
from benchmarks.report import ROOT, Table, publish, say, surroundings
from encoder.checkpoint import BUILTIN, Checkpoint, resolve
from encoder.device import NumberFormat, place
from encoder.embedder import TransformerEmbedder
from encoder.interface import Embedder, Window
from encoder.models.registry import known_models
from ingest.passages import cut
from training.export import write_plain

PASSAGE_TOKENS = 256
QUERY_TOKENS = 10
QUERIES_AT_A_TIME = 20
"""Asked of one encoder before it is the next one's turn."""
REFERENCE = "sentence-transformers float32"
ENVIRONMENT = {
    "OMP_WAIT_POLICY": "PASSIVE",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "TQDM_DISABLE": "1",
}
"""Read when libraries load, in the processes that measure."""
DTYPES = {NumberFormat.FLOAT32: torch.float32, NumberFormat.BFLOAT16: torch.bfloat16}

REMARK = f"""\
sentence-transformers computes the contextual half of a vector alone, from the same weights, since it knows
nothing of the static half; Dragoman computes both. Speeds are medians over rounds, in each of which every
encoder embeds all passages; `times` is the median of what one round makes of {REFERENCE}.
Passages per CPU second count the user and system time of all threads, which other work on the machine changes
less. A query has {QUERY_TOKENS} tokens and is asked alone. The cosine is the least of any passage's
contextual halves. Waiting threads sleep instead of spinning (OMP_WAIT_POLICY), as they do in the product."""


@dataclass(frozen=True, slots=True)
class Work:
    """What all are given."""

    passages: tuple[str, ...]
    queries: tuple[str, ...]
    rounds: int
    asked: int
    """How many queries, over and over, each encoder answers."""
    batch_size: int
    """Of sentence-transformers."""


@dataclass(frozen=True, slots=True)
class Speed:
    """What one encoder took."""

    rounds: tuple[Cost, ...]
    """Of all passages, in each round."""
    query_milliseconds: tuple[float, ...]
    """Of each query, in the order in which they were asked."""
    least_cosine: float
    """Of the contextual half of a passage's vector and the reference's."""


def passages_of(folder: Path, embedder: Embedder) -> Iterator[str]:
    """Cut the documents of `folder` as an ingest does."""
    window_tokens = known_models()[BUILTIN].usual_window
    for document in documents(folder):
        spans = embedder.token_spans(document.text)
        windows = cut(document, spans, window_tokens=window_tokens, passage_tokens=PASSAGE_TOKENS)
        yield from (passage.text.strip() for window in windows for passage in window.passages)


def queries_of(questions: Sequence[str], embedder: Embedder) -> Iterator[str]:
    """Cut questions behind their tenth token; shorter ones are left out."""
    for question in questions:
        spans = embedder.token_spans(question)
        if len(spans) >= QUERY_TOKENS:
            yield question[: spans[QUERY_TOKENS - 1, 1]]


def contestants(checkpoint: Checkpoint, half: Checkpoint, batch_size: int) -> Iterator[Contestant]:
    """Load both programs in both number formats, sentence-transformers with the contextual `half`."""
    for number_format in DTYPES:
        embedder = TransformerEmbedder(checkpoint, place("cpu", number_format))
        yield Contestant(
            f"Dragoman {number_format}", embedder.fingerprint, embedder.embed_queries, _alone(embedder)
        )
    for number_format, dtype in DTYPES.items():
        embed = _sentence_transformer(half, dtype, batch_size)
        yield Contestant(f"sentence-transformers {number_format}", half.digest(), embed, embed)


def _alone(embedder: Embedder) -> Embed:
    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        return embedder.embed_passages([Window(text, ((0, len(text)),)) for text in texts])

    return embed


def _sentence_transformer(checkpoint: Checkpoint, dtype: torch.dtype, batch_size: int) -> Embed:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(checkpoint.folder), device="cpu", model_kwargs={"dtype": dtype})

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.asarray(model.encode(list(texts), batch_size=batch_size, show_progress_bar=False))
        # In bfloat16 they are only nearly of length 1.
        unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    return embed


def measure(cores: int, work: Work) -> dict[str, Speed]:
    """Let all take turns on so many of the cores, to which this process is tied from now on."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    torch.set_num_threads(cores)
    whole = resolve(BUILTIN)
    with TemporaryDirectory() as folder:
        write_plain(whole.folder, Path(folder))
        loaded = list(contestants(whole, resolve(folder), work.batch_size))
    vectors = {one.name: one.embed_passages(work.passages) for one in loaded}  # which warms up, too
    costs: dict[str, list[Cost]] = {one.name: [] for one in loaded}
    for number in range(work.rounds):
        say(f"  round {number + 1} of {work.rounds}")
        for one in loaded:
            costs[one.name].append(_cost(one.embed_passages, work.passages))
    answers: dict[str, list[float]] = {one.name: [] for one in loaded}
    for first in range(0, work.asked, QUERIES_AT_A_TIME):
        for one in loaded:
            for number in range(first, min(first + QUERIES_AT_A_TIME, work.asked)):
                query = work.queries[number % len(work.queries)]
                answers[one.name].append(1000 * _cost(one.embed_queries, [query]).wall_seconds)
    return {
        name: Speed(
            tuple(rounds),
            tuple(answers[name]),
            least_cosine=float(cosines(vectors[name], vectors[REFERENCE]).min()),
        )
        for name, rounds in costs.items()
    }


def cosines(vectors: NDArray[np.float32], halves: NDArray[np.float32]) -> NDArray[np.float32]:
    """Compare the contextual part of each vector, float32 (N, D), with a unit vector of the other, (N, H)."""
    contextual = vectors[:, : halves.shape[1]]
    found: NDArray[np.float32] = (contextual * halves).sum(axis=1) / np.linalg.norm(contextual, axis=1)
    return found


def _cost(embed: Embed, texts: Sequence[str]) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    embed(texts)
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def table(cores: int, speeds: dict[str, Speed], passages: int) -> Table:
    """Lay out one row an encoder."""
    rows = []
    reference = speeds[REFERENCE].rounds
    for name, speed in speeds.items():
        pairs = list(zip(reference, speed.rounds, strict=True))
        wall = median(one.wall_seconds for one in speed.rounds)
        cpu = median(one.cpu_seconds for one in speed.rounds)
        milliseconds = speed.query_milliseconds
        rows.append(
            (
                name,
                f"{passages / wall:.1f}",
                f"{median(theirs.wall_seconds / one.wall_seconds for theirs, one in pairs):.2f}",
                f"{passages / cpu:.1f}",
                f"{median(theirs.cpu_seconds / one.cpu_seconds for theirs, one in pairs):.2f}",
                f"{median(milliseconds):.1f}",
                f"{quantiles(milliseconds, n=20)[-1]:.1f}",
                f"{speed.least_cosine:.5f}",
            )
        )
    columns = ("", "passages/s", "times", "per CPU s", "times", "query ms", "p95 ms", "cosine")
    return Table(f"On {cores} core{'s' * (cores > 1)}", columns, tuple(rows))


def main() -> None:
    """Measure on each number of cores."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.builtin_speed", description=__doc__)
    parser.add_argument(
        "--documents", type=Path, default=ROOT / "samples/documents", metavar="DIR", help="cut to passages"
    )
    parser.add_argument("--every", type=int, default=8, metavar="N", help="take only every Nth passage")
    parser.add_argument("--cores", type=int, nargs="+", default=[2, 1], metavar="N")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="turns of each encoder")
    parser.add_argument("--asked", type=int, default=200, metavar="N", help="queries to each encoder")
    parser.add_argument("--batch-size", type=int, default=32, metavar="N", help="of sentence-transformers")
    options = parser.parse_args()
    os.environ |= ENVIRONMENT
    checkpoint = resolve(BUILTIN)
    embedder = TransformerEmbedder(checkpoint, place("cpu"))
    questions = (ROOT / "samples/questions.jsonl").read_text(encoding="utf-8").splitlines()
    work = Work(
        passages=tuple(passages_of(options.documents, embedder))[:: options.every],
        queries=tuple(queries_of([json.loads(line)["query"] for line in questions], embedder)),
        rounds=options.rounds,
        asked=options.asked,
        batch_size=options.batch_size,
    )
    context = surroundings() | {
        "encoder": embedder.fingerprint[:12],
        "chosen without being asked": embedder.placement.reason,
        "passages": len(work.passages),
        "tokens": sum(len(embedder.token_spans(passage)) for passage in work.passages),
        "sentence_transformers": {name: version(name) for name in ("sentence-transformers", "transformers")},
        "rounds": work.rounds,
        "queries": work.asked,
        "batch_size": work.batch_size,
    }
    speeds = {}
    for cores in options.cores:
        say(f"{cores} of the cores")
        with ProcessPoolExecutor(1, get_context("spawn")) as process:
            speeds[cores] = process.submit(measure, cores, work).result()
    results = {
        str(cores): {name: asdict(speed) for name, speed in measured.items()}
        for cores, measured in speeds.items()
    }
    tables = [table(cores, measured, len(work.passages)) for cores, measured in speeds.items()]
    publish("builtin_speed", context, results, tables, REMARK)


if __name__ == "__main__":
    main()
