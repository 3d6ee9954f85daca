"""How fast BidirLM-1B's network is on a CPU: ours, sentence-transformers, OpenVINO and ONNX Runtime.

All read the same random weights and the same texts, taking turns. To be done in minutes, the network has only
some of its layers, and figures for all of them are derived. `--rivals-python` names an interpreter in which
`pip install -r benchmarks/requirements-rivals.txt` was done; without it, its engines are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from benchmarks.encoding.engines import Engine, EngineProcess, Run, quiet_environment
from benchmarks.encoding.ragged_texts import GROUP, LONG_LIST, padding, ragged_texts, token_counts
from benchmarks.encoding.random_checkpoint import TOKENIZER_ROWS, write_checkpoint
from benchmarks.encoding.rivals import CALIBRATION_TEXTS
from benchmarks.report import ROOT, Table, publish, say, surroundings
from encoder.models.registry import known_model

SHAPE = known_model("bidirlm-1b").shape
REFERENCE = "sentence-transformers float32"
"""What the others are held against, in speed and in vectors."""
AS_IT_COMES = f"{REFERENCE}, as it comes"
BEST_INT8 = "the best int8 of the rivals"
QUERY_TOKENS, QUERY_TIMES = 16, 10
AIMS = (
    ("Dragoman bfloat16", AS_IT_COMES, 3.0),
    ("Dragoman int8", AS_IT_COMES, 5.0),
    ("Dragoman bfloat16", REFERENCE, 3.0),
    ("Dragoman int8", REFERENCE, 5.0),
    ("Dragoman int8", BEST_INT8, 0.85),
)
"""An engine, what it is held against, and how many times as fast it should be."""
AIMED_RATES = {"Dragoman bfloat16": 105.0, "Dragoman int8": 180.0}
"""Tokens a second on one core of Zen 4, with all layers."""

_SIZES = (1, 4, 16)
_ENGINES = (
    Engine("Dragoman float32", "dragoman:float32"),
    Engine("Dragoman bfloat16", "dragoman:bfloat16"),
    Engine("Dragoman int8", "dragoman:int8"),
    Engine(REFERENCE, "sentence-transformers:float32", _SIZES),
    Engine(AS_IT_COMES, "sentence-transformers:float32", (GROUP,)),
    Engine("sentence-transformers bfloat16", "sentence-transformers:bfloat16", _SIZES),
    Engine("sentence-transformers bfloat16, as it comes", "sentence-transformers:bfloat16", (GROUP,)),
)
_RIVALS = (
    Engine("OpenVINO bfloat16", "rival:openvino-bfloat16", _SIZES),
    Engine("OpenVINO int8, calibrated", "rival:openvino-calibrated", _SIZES),
    Engine("OpenVINO int8, dynamic", "rival:openvino-weights", _SIZES),
    Engine("ONNX Runtime int8, dynamic", "rival:onnx-int8", _SIZES),
)

REMARK = f"""\
Each engine is a process of its own. They take turns, and each figure is the median of the rounds. On one core
CPU time counts, which depends less on what else the machine is busy with; of more threads, the time on the
clock. Threads that wait sleep (OMP_WAIT_POLICY), as they do in the product. `all layers` is derived: speed
times, and time by, the share of the layers that were run, as if what is done once a text were done several
times, to the disadvantage of the fastest. Rows of the table of embeddings that no text reaches are left out.

Batches are the fastest of {" or ".join(map(str, _SIZES))} texts of like lengths, for each engine by itself;
`as it comes` is the default of {GROUP}. Dragoman packs its texts. `padding` is how many times as many tokens
are read where texts are sorted by characters, as sentence-transformers does, and padded in batches of
{GROUP}: languages differ in the characters of a token. The texts are groups of {GROUP} neighbours from a list
of {LONG_LIST:,} in this order.

Cosines are to the vectors of {REFERENCE}. Random weights lack the outliers of real
ones, so that the cosines of all int8 engines are too good. A query has {QUERY_TOKENS} tokens. OpenVINO's
`calibrated` is NNCF's static quantization; its `dynamic` has int8 weights and quantizes activations as it
goes, as Dragoman and ONNX Runtime do."""


@dataclass(frozen=True, slots=True)
class Speed:
    """What one engine did with so many threads, with the layers that were run."""

    batch: int
    tokens_per_second: float
    query_seconds: float
    cosine: float
    """To the reference, of the median text."""
    least_cosine: float


@dataclass(frozen=True, slots=True)
class Texts:
    """What is read."""

    passages: list[str]
    tokens: int
    """Of all passages."""
    padding: dict[str, float]
    """How many times as many tokens `as it comes` reads, for these texts and for the list they are from."""
    query: str


def main() -> None:
    """Measure all engines with each number of threads."""
    options = parse()
    context = surroundings() | {
        name: getattr(options, name) for name in ("layers", "texts", "rounds", "threads")
    }
    with TemporaryDirectory() as place:
        say("writing random weights")
        shape = replace(SHAPE, vocabulary=TOKENIZER_ROWS)
        folder = write_checkpoint(Path(place), shape, layers=options.layers)
        texts = read_texts(folder, options.texts)
        context |= {"tokens": texts.tokens, "padding": texts.padding}
        engines = list(_ENGINES)
        context["versions"] |= {name: version(name) for name in ("transformers", "sentence-transformers")}
        if options.rivals_python:
            say("exporting to OpenVINO and ONNX")
            context["versions"] |= export(folder, options.rivals_python)
            engines += [replace(rival, python=options.rivals_python) for rival in _RIVALS]
        speeds = {
            threads: compare(engines, folder, texts, threads, options.rounds) for threads in options.threads
        }
    results = {
        str(threads): {name: asdict(speed) for name, speed in by_name.items()}
        for threads, by_name in speeds.items()
    }
    shown = [
        table
        for threads, by_name in speeds.items()
        for table in tables(by_name, threads, options.layers / SHAPE.layers)
    ]
    publish(options.name, context, results, shown, REMARK)


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.encoder_speed", description=__doc__)
    parser.add_argument("--rivals-python", metavar="PATH", help="interpreter of OpenVINO and ONNX Runtime")
    parser.add_argument("--layers", type=int, default=4, metavar="N", help=f"of {SHAPE.layers}")
    parser.add_argument("--texts", type=int, default=64, metavar="N", help="of 10 to 512 tokens")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="turns of each engine")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], metavar="N", help="of each engine")
    parser.add_argument("--name", default="encoder_speed", help="of the result files")
    return parser.parse_args()


def read_texts(folder: Path, count: int) -> Texts:
    """Choose the passages, and a query that is the beginning of the longest of them."""
    tokenizer = folder / "tokenizer.json"
    passages = ragged_texts(tokenizer, count)
    longest = max(passages, key=len)
    beginnings = [longest[:end] for end in range(1, len(longest))]
    query = beginnings[token_counts(tokenizer, beginnings).index(QUERY_TOKENS)]
    padded = {
        f"{len(texts):,} texts": round(padding(tokenizer, texts), 2)
        for texts in (passages, ragged_texts(tokenizer, LONG_LIST))
    }
    return Texts(passages, sum(token_counts(tokenizer, passages)), padded, query)


def export(folder: Path, python: str) -> dict[str, str]:
    """Let the rivals' interpreter export the checkpoint; return the versions of their libraries."""
    texts = folder / "calibration.json"
    calibrating = ragged_texts(folder / "tokenizer.json", CALIBRATION_TEXTS, seed=2)
    texts.write_text(json.dumps(calibrating), encoding="utf-8")
    done = subprocess.run(
        [python, "-m", "benchmarks.encoding.rivals", str(folder), str(texts)],
        cwd=ROOT,
        env=os.environ | quiet_environment(threads=1),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    versions: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return versions


def compare(
    engines: Sequence[Engine], folder: Path, texts: Texts, threads: int, rounds: int
) -> dict[str, Speed]:
    """Let the engines take turns at the texts, then at the query."""
    passed: dict[str, list[Run]] = {engine.name: [] for engine in engines}
    asked: dict[str, list[Run]] = {engine.name: [] for engine in engines}
    vectors: dict[str, NDArray[np.float32]] = {}
    with ExitStack() as stack:
        running = []
        for engine in engines:
            say(f"loading {engine.name}, threads {threads}")
            running.append(stack.enter_context(EngineProcess(engine, folder, threads)))
        batches = {
            process.engine.name: fastest_batch(process, texts.passages[::2], threads) for process in running
        }
        for number in range(rounds):
            say(f"round {number + 1} of {rounds}")
            for process in running:
                name = process.engine.name
                runs, vectors[name] = process.embed(texts.passages, batches[name])
                passed[name] += runs
        for _ in range(rounds):
            for process in running:
                asked[process.engine.name] += process.embed([texts.query], 1, QUERY_TIMES)[0]
    cosines = {name: (own * vectors[REFERENCE]).sum(axis=1) for name, own in vectors.items()}
    return {
        name: Speed(
            batch=batches[name],
            tokens_per_second=texts.tokens / median(run.seconds(threads) for run in passed[name]),
            query_seconds=median(run.seconds(threads) for run in asked[name]),
            cosine=float(np.median(cosines[name])),
            least_cosine=float(cosines[name].min()),
        )
        for name in vectors
    }


def fastest_batch(process: EngineProcess, texts: Sequence[str], threads: int) -> int:
    """Try the sizes that the engine may take, which also warms it up."""
    took = {size: process.embed(texts, size)[0][0].seconds(threads) for size in process.engine.batches}
    return min(took, key=took.__getitem__)


def tables(speeds: dict[str, Speed], threads: int, share: float) -> list[Table]:
    """Lay out the speeds with this `share` of the layers, and how far they are from what was aimed at."""
    reference = speeds[REFERENCE].tokens_per_second
    rows = [
        (
            name,
            str(speed.batch or "packed"),
            f"{speed.tokens_per_second:,.0f}",
            f"{speed.tokens_per_second * share:,.1f}",
            f"{speed.tokens_per_second / reference:.2f}",
            f"{speed.query_seconds * 1000:.1f}",
            f"{speed.query_seconds * 1000 / share:,.0f}",
            f"{speed.cosine:.5f}",
            f"{speed.least_cosine:.5f}",
        )
        for name, speed in speeds.items()
    ]
    columns = (
        "",
        "batch",
        "tokens/s",
        "tokens/s, all layers",
        f"times {REFERENCE}",
        "query, ms",
        "query, ms, all layers",
        "cosine",
        "least cosine",
    )
    where = "One core" if threads == 1 else f"{threads} threads"
    return [
        Table(where, columns, tuple(rows)),
        Table(f"{where}: what was aimed at", ("", "aim", "measured"), tuple(aims(speeds, threads, share))),
    ]


def aims(speeds: dict[str, Speed], threads: int, share: float) -> Iterator[tuple[str, str, str]]:
    """Yield each aim and what became of it."""
    rates = {name: speed.tokens_per_second for name, speed in speeds.items()}
    int8 = [rate for name, rate in rates.items() if "int8" in name and not name.startswith("Dragoman")]
    if int8:
        rates[BEST_INT8] = max(int8)
    for name, other, aim in AIMS:
        if other in rates:
            yield f"{name}, times {other}", f"{aim:.2f}", f"{rates[name] / rates[other]:.2f}"
    if threads == 1:
        for name, least in AIMED_RATES.items():
            yield f"{name}, tokens/s, all layers", f"{least:.0f}", f"{rates[name] * share:.0f}"


if __name__ == "__main__":
    main()
