"""What BidirLM-1B's shape reaches on a GPU, with random weights, against sentence-transformers.

One command of less than ten minutes. With `--device cpu --dry-run` it does everything on tiny shapes, in
seconds, and writes no results. It needs neither FAISS nor a parser.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from benchmarks.encoding.device_clock import Cost, Latency, costs, latencies
from benchmarks.encoding.device_programs import NETWORK, OURS, REPLAYED, RIVAL, Programs, cosines
from benchmarks.encoding.operations import Product, joint_rate, operations_of, time_products
from benchmarks.encoding.ragged_texts import FEWEST, MOST, log_normal_lengths
from benchmarks.encoding.random_checkpoint import write_checkpoint
from benchmarks.report import ROOT, Table, publish, say, surroundings
from encoder.checkpoint import Checkpoint, resolve
from encoder.device import place
from encoder.models.registry import Shape, known_model
from encoder.networks.gemma import layer_kinds, reach_of
from encoder.token_sequences import TokenSequencer

GIB, TERA = 1 << 30, 1e12


REMARK = f"""\
Everything computes in bfloat16 on the same random weights and texts, sample documents cut to so many tokens.
`{NETWORK}` is ours without tokenizer and pooling; {OURS} and {RIVAL} make vectors of text,
the latter in batches of as many tokens as ours, padding included. Programs take turns; medians over rounds.
`times` is against {RIVAL}. The rate counts the matrix products of the layers and the attention
that the windows leave; `of the products` is its share of what the four products of a layer reach together,
without attention, norms or gates. `added` is the most memory at once beside all weights. A query is alone;
`{REPLAYED}` is its pass as a CUDA graph, {OURS} and {RIVAL} start from text. Cosines are
those of two vectors of one text."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured."""

    shape: Shape
    product_rows: tuple[int, ...]
    square: int
    """Rows and columns of the product that shows what the device can do."""
    tokens: int
    """Of all texts of one length together."""
    lengths: tuple[int, ...]
    """Tokens of a text."""
    ragged: int
    """Texts of many lengths."""
    proven: tuple[int, ...]
    """Tokens of the texts whose vectors are compared."""
    asked: tuple[int, ...]
    """Tokens of a query."""
    rounds: int
    queries: int


FULL = Scale(
    shape=known_model("bidirlm-1b").shape,
    product_rows=(16_384, 32_768),
    square=8_192,
    tokens=2**19,
    lengths=(512, 8_192, 32_768),
    ragged=4_096,
    proven=(10, 300, 700, 2_000, 8_000),
    asked=(8, 16, 32, 64),
    rounds=3,
    queries=200,
)
TINY = Scale(
    shape=replace(
        FULL.shape,
        layers=6,
        hidden=32,
        intermediate=48,
        heads=2,
        kv_heads=1,
        head_dim=16,
        vocabulary=900,
        sliding_window=16,
    ),
    product_rows=(64,),
    square=64,
    tokens=512,
    lengths=(32, 128),
    ragged=8,
    proven=(10, 70),
    asked=(8, 16),
    rounds=1,
    queries=5,
)
"""Of a dry run."""


class Texts:
    """Stretches of one long text, of any number of tokens."""

    def __init__(self, text: str, sequencer: TokenSequencer) -> None:
        self._text = text
        self._spans = sequencer.spans(text)  # (T, 2)

    def of(self, lengths: Sequence[int]) -> Iterator[str]:
        """Cut texts of `lengths` tokens one behind the other, and begin anew at the end."""
        start = 0
        for length in lengths:
            if start + length > len(self._spans):
                start = 0
            yield self._text[self._spans[start, 0] : self._spans[start + length - 1, 1]]
            start += length


def sample_text() -> str:
    """Join the sample documents that need no parser, which are in many languages too."""
    paths = sorted((ROOT / "samples/documents").rglob("*"))
    return "\n".join(path.read_text(encoding="utf-8") for path in paths if path.suffix == ".md")


@dataclass(frozen=True, slots=True)
class Workload:
    """Texts that are embedded together."""

    name: str
    lengths: tuple[int, ...]
    """Tokens of each text."""
    operations: int


def workloads(scale: Scale, checkpoint: Checkpoint) -> Iterator[Workload]:
    """Name texts of one length and of many."""
    kinds = layer_kinds(checkpoint.config)
    reach = reach_of("sliding_attention", checkpoint.config).after
    alike = {f"{length:,}": [length] * (scale.tokens // length) for length in scale.lengths}
    for name, lengths in (alike | {f"{FEWEST} to {MOST}": log_normal_lengths(scale.ragged)}).items():
        yield Workload(name, tuple(lengths), operations_of(scale.shape, kinds, lengths, reach))


@dataclass(frozen=True, slots=True)
class Found:
    """All that was measured."""

    products: dict[Product, float]
    """Seconds."""
    cosines: dict[str, list[float]]
    """By program, of each text."""
    throughput: dict[Workload, dict[str, Cost]]
    queries: dict[int, dict[str, Latency]]
    """By tokens of the query."""


def measure(scale: Scale, folder: Path, device: torch.device) -> Found:
    """Write a checkpoint into `folder` and measure everything."""
    say("a checkpoint with random weights")
    checkpoint = resolve(str(write_checkpoint(folder, scale.shape, layers=scale.shape.layers)))
    texts = Texts(sample_text(), TokenSequencer(checkpoint.folder / "tokenizer.json"))
    say("matrix products")
    products = time_products(scale.shape, scale.product_rows, scale.square, device)
    say("cosines")
    found = cosines(checkpoint, device, list(texts.of(scale.proven)))
    if device.type == "cuda":
        torch.cuda.empty_cache()
    programs = Programs.load(checkpoint, device)
    throughput, queries = {}, {}
    for work in workloads(scale, checkpoint):
        say(f"texts of {work.name} tokens")
        acts = programs.acts(list(texts.of(work.lengths)), work.lengths)
        throughput[work] = costs(acts, device, scale.rounds)
    for tokens in scale.asked:
        say(f"queries of {tokens} tokens")
        [query] = texts.of([tokens])
        queries[tokens] = latencies(programs.questions(query, tokens), device, scale.queries)
    return Found(products, found, throughput, queries)


def tables(found: Found, scale: Scale) -> list[Table]:
    """Lay out everything."""
    return [
        _table_of_products(found.products),
        _table_of_throughput(found.throughput, joint_rate(found.products)),
        Table(
            "One query",
            ("tokens: program", "median ms", "p95 ms"),
            tuple(
                (f"{tokens}: {name}", f"{one.median_milliseconds:.2f}", f"{one.p95_milliseconds:.2f}")
                for tokens, answers in found.queries.items()
                for name, one in answers.items()
            ),
        ),
        Table(
            f"Cosine to {next(iter(found.cosines))}",
            ("tokens", *list(found.cosines)[1:]),
            tuple(
                (f"{tokens:,}", *(f"{each[number]:.6f}" for each in list(found.cosines.values())[1:]))
                for number, tokens in enumerate(scale.proven)
            ),
        ),
    ]


def _table_of_products(products: dict[Product, float]) -> Table:
    rows = [
        (
            product.name,
            f"{product.rows:,} x {product.inputs:,} x {product.outputs:,}",
            f"{1000 * seconds:.3f}",
            f"{product.operations / seconds / TERA:.3g}",
        )
        for product, seconds in products.items()
    ]
    rate = f"{joint_rate(products) / TERA:.3g}"
    columns = ("product", "rows, inputs, outputs", "ms", "TFLOP/s")
    return Table("Matrix products", columns, (*rows, ("the four of a layer, at best", "", "", rate)))


def _table_of_throughput(throughput: dict[Workload, dict[str, Cost]], peak: float) -> Table:
    rows = []
    for work, programs in throughput.items():
        reference = programs.get(RIVAL)
        for name in (NETWORK, OURS, RIVAL):
            cells = ["out of memory", *["-"] * 4]
            if name in programs:
                cost = programs[name]
                rate = work.operations / cost.seconds
                cells = [
                    f"{sum(work.lengths) / cost.seconds:,.0f}",
                    f"{reference.seconds / cost.seconds:.2f}" if reference else "-",
                    f"{rate / TERA:.3g}",
                    f"{rate / peak:.1%}",
                    f"{cost.added_bytes / GIB:.2f}" if cost.added_bytes else "-",
                ]
            rows.append((f"{work.name}: {name}", *cells))
    columns = ("tokens: program", "tokens/s", "times", "TFLOP/s", "of the products", "added GiB")
    return Table("Throughput", columns, tuple(rows))


def _results(found: Found) -> dict[str, Any]:
    """Write what was measured as JSON has it."""
    return {
        "products": [{**asdict(product), "seconds": s} for product, s in found.products.items()],
        "cosines": found.cosines,
        "throughput": {
            work.name: {
                "texts": len(work.lengths),
                "tokens": sum(work.lengths),
                "operations": work.operations,
                "programs": {name: asdict(cost) for name, cost in programs.items()},
            }
            for work, programs in found.throughput.items()
        },
        "queries": {
            tokens: {name: asdict(one) for name, one in answers.items()}
            for tokens, answers in found.queries.items()
        },
    }


def main() -> None:
    """Measure everything on one device."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--device", default="cuda:0", help="cuda:0, another GPU, or cpu")
    parser.add_argument("--dry-run", action="store_true", help="tiny shapes, once; no results are written")
    options = parser.parse_args()
    os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "TQDM_DISABLE": "1"}
    device, scale = place(options.device).device, TINY if options.dry_run else FULL
    context = surroundings()
    libraries = ("sentence-transformers", "transformers")
    context["versions"] |= {name: version(name) for name in libraries}
    with TemporaryDirectory() as folder:
        found = measure(scale, Path(folder), device)
    if options.dry_run:
        print("\n\n".join(table.markdown() for table in tables(found, scale)))
        return
    publish("gpu", context, _results(found), tables(found, scale), REMARK)


if __name__ == "__main__":
    main()
