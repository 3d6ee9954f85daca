"""The tables of docs/scale.md, computed from what was measured, and filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from math import ceil

from benchmarks.plan.figures import LARGE, SMALL, Figure, figures, results, segment_bytes
from benchmarks.plan.formulas import (
    building_seconds,
    folder_bytes,
    milvus_bytes,
    postgres_bytes,
    scan_seconds,
    sent_bytes,
    shards,
    writers,
)
from benchmarks.plan.units import MILLION, duration, markdown, millions, number, size_of
from benchmarks.report import ROOT
from index_data.kinds import SMALLEST, Kind

PAGE = ROOT / "docs" / "scale.md"
SIZES = (MILLION, 10 * MILLION, 100 * MILLION, 1_000 * MILLION)
LARGEST = SIZES[2:]
GPUS = (1, 8, 64)
NODE_BYTES = 64e9
_SLOT = re.compile(r"(<!-- computed: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)

Rows = Sequence[Sequence[str]]
Seconds = Callable[[float], float]


def main() -> None:
    """Fill the page in."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def filled(page: str) -> str:
    """Return `page` with every computed table made anew.

    Raises:
        KeyError: it asks for a table that there is not.
    """
    known = {name: value.value for name, value in figures().items()}
    tables = {
        "inputs": inputs(figures()),
        "embedding": embedding(known),
        "bytes": room(known),
        "nodes": nodes(known),
        "operations": operations(known),
        "queries": queries(known),
        "laws": laws(),
        "saturation": saturation(),
        "due": due(known),
    }
    return _SLOT.sub(lambda found: f"{found[1]}\n{tables[found[2]]}\n\n{found[3]}", page)


def inputs(known: dict[str, Figure]) -> str:
    """Every figure, how it is known, and from where."""
    rows = []
    for letter, one in known.items():
        source = (
            f"[{one.source}](../benchmarks/results/{one.source}.md)" if one.kind == "measured" else one.source
        )
        rows.append((f"*{letter}*", one.meaning, f"{number(one.value)} {one.unit}".strip(), one.kind, source))
    return markdown(("", "what", "figure", "", "from"), rows, numbers=False)


def embedding(f: dict[str, float]) -> str:
    """Time in the encoder, and the writers that keep up with it."""
    rows = [
        (
            f"{size:,}",
            f"{size * f['t'] / 1e9:,.2f} G",
            *(duration(size * f["t"] / (gpus * f["g"])) for gpus in GPUS),
            duration(size * f["t"] / f["c"]),
            duration(size * f["s"] / 1_000),
        )
        for size in SIZES
    ]
    rows.append(
        (
            "writers that keep up: G g s / (1,000 t)",
            "",
            *(f"{ceil(writers(f, gpus))}" for gpus in GPUS),
            "1",
            "",
        )
    )
    network = (f"{size_of(gpus * f['g'] / f['t'] * sent_bytes(f, LARGE))}/s" for gpus in GPUS)
    rows.append(("network to them: G g / t (4 D + x)", "", *network, "", ""))
    columns = ("passages", "tokens: N t", *(f"{gpus} H200: N t / ({gpus} g)" for gpus in GPUS))
    return markdown((*columns, "two cores, built-in: N t / c", "one writer: N s"), rows)


def room(f: dict[str, float]) -> str:
    """Bytes of everything that is kept, for both encoders."""
    parts = {
        "text, words, rows: N x": f["x"],
        **{f"vectors, {one:,} dimensions, float32: 4 D N": 4.0 * one for one in (SMALL, LARGE)},
        f"vectors, {LARGE:,} dimensions, bfloat16: 2 D N": 2.0 * LARGE,
        f"one bit a component, {SMALL:,} dimensions: (D/8 + 16) N": segment_bytes(SMALL),
        f"one bit a component, {LARGE:,} dimensions: (D/8 + 16) N": segment_bytes(LARGE),
        f"eight bits a component, {LARGE:,} dimensions: D N": float(LARGE),
        f"folder with SQLite, {LARGE:,} dimensions: (x + 4 D + D/8 + 16) N": folder_bytes(f, LARGE),
        f"PostgreSQL, {LARGE:,} dimensions: p (x + 4 D) N": postgres_bytes(f, LARGE),
        f"Milvus, {LARGE:,} dimensions, float32 and one and eight bits: (4 D + D + D/8 + 16) N": milvus_bytes(
            LARGE
        ),
    }
    rows = [(name, *(size_of(size * each) for size in SIZES)) for name, each in parts.items()]
    return markdown(("", *(f"{size:,}" for size in SIZES)), rows)


def nodes(f: dict[str, float]) -> str:
    """How many machines."""
    per_passage = segment_bytes(LARGE)
    rows = [
        (
            f"{size:,}",
            size_of(size * per_passage),
            f"{ceil(size * per_passage / (f['u'] * NODE_BYTES)):,}",
            f"{shards(f, size):,}",
            f"{ceil(shards(f, size) * f['k']):,}",
            size_of(size * postgres_bytes(f, LARGE)),
        )
        for size in SIZES
    ]
    return markdown(
        (
            "passages",
            "codes in memory: (D/8 + 16) N",
            "least nodes of 64 GB: / (64 GB u)",
            "nodes for speed: N / m",
            "with copies: k N / m",
            "rows: p (x + 4 D) N",
        ),
        rows,
    )


def operations(f: dict[str, float]) -> str:
    """Say what it costs to make things anew, and to lose them."""
    acts = made_anew(f) | lost(f)
    rows = [(name, *(duration(read(float(size))) for size in LARGEST)) for name, read in acts.items()]
    return markdown(("", *(f"{size:,}" for size in LARGEST)), rows)


def made_anew(f: dict[str, float]) -> dict[str, Seconds]:
    """Seconds by passages."""
    return {
        "FAISS segments anew, one core: N b (D/8 + 16) / (10⁶ f)": lambda n: building_seconds(f, n),
        "every row read once, the least that `backup` or `check --full` can take: (x + 4 D) N / d": (
            lambda n: n * (f["x"] + 4 * LARGE) / f["d"]
        ),
        "another encoder, 64 H200: N t / (64 g)": lambda n: n * f["t"] / (64 * f["g"]),
    }


def lost(f: dict[str, float]) -> dict[str, Seconds]:
    """Seconds by passages."""
    return {
        "a worker killed: at most a batch of 65,536 tokens again: / g": lambda _: 65_536 / f["g"],
        "a node of Milvus lost, with a copy: its shard travels: 4 D m / e": (
            lambda _: 4 * LARGE * f["m"] / f["e"]
        ),
        "the whole of Milvus lost: all vectors from the rows: 4 D N / e": (lambda n: n * 4 * LARGE / f["e"]),
        "and its indexes made, 16 cores a node, as fast as segments here (a guess): "
        "10⁻⁶ b m (D/8 + 16) / (16 f)": lambda _: building_seconds(f, f["m"]) / 16,
        "the rows lost, with a backup: p (x + 4 D) N / e": (lambda n: n * postgres_bytes(f, LARGE) / f["e"]),
        "the rows lost, without one: embed again, 8 H200: N t / (8 g)": (lambda n: n * f["t"] / (8 * f["g"])),
    }


def queries(f: dict[str, float]) -> str:
    """Latency and throughput."""
    rows = [
        (
            f"{size:,}",
            duration(scan_seconds(f, size)),
            duration(scan_seconds(f, size) / shards(f, size)),
            f"{f['q']:,.0f}",
            f"{100 * f['h'] / 1_000:,.0f}",
            f"{100 * f['r'] / 1_000:,.0f}",
        )
        for size in SIZES
    ]
    columns = (
        "passages",
        "scan of bits, one core: n N (D/8 + 16) / (10⁶ f)",
        "the same, N / m shards at once",
        "vectors alone, N / m nodes: q a second",
        "cores for 100 searches a second: 100 h",
        "cores for 100 of them re-ranked: 100 r",
    )
    return markdown(columns, rows)


def laws() -> str:
    """Show the laws of benchmarks.cost_curves, and what they say of large sizes."""
    found = results("cost_curves")
    if not found:
        return "Not measured yet: `python -m benchmarks.cost_curves`."
    rows = [
        (
            act.replace("_", " "),
            f"{law['seconds']['exponent']:.2f} ± {law['seconds']['within']:.2f}",
            *(duration(law["seconds"]["factor"] * size ** law["seconds"]["exponent"]) for size in SIZES),
        )
        for act, law in found["laws"].items()
    ]
    return markdown(("", "exponent", *(f"{size:,}" for size in SIZES)), rows)


def saturation() -> str:
    """Show what benchmarks.scale_sim foretells."""
    found = results("scale_sim")
    if not found:
        return "Not measured yet: `python -m benchmarks.scale_sim`."
    rows = [
        (
            f"{one['gpus']}, {one['name']}",
            f"{one['readers']:,}",
            f"{one['committers'] or ''}",
            f"{one['tokens_per_second']:,.0f}",
            f"{one['tokens_per_second'] / (one['gpus'] * found['capacity']['device']):.0%}",
            one["full"],
        )
        for one in found["projections"]
    ]
    return markdown(("H200s", "readers", "writers", "tokens/s", "of the GPUs", "what is full"), rows)


def due(f: dict[str, float]) -> str:
    """Say from which size, or load, each step is due."""
    return markdown(("step", "due at", "from"), [*_due_by_size(f), *_due_by_load(f)], numbers=False)


def _due_by_size(f: dict[str, float]) -> Rows:
    slow = 0.1 / scan_seconds(f, 1)
    memory = f["u"] * NODE_BYTES / segment_bytes(LARGE)
    disk = 4e12 / folder_bytes(f, LARGE)
    by_itself = "by itself, when published"
    return (
        ("exact vectors to one bit a component", f"{SMALLEST[Kind.BITS]:,} passages", by_itself),
        ("one bit a component to lists", f"{SMALLEST[Kind.LISTS]:,} passages", by_itself),
        (
            "a scan without lists takes 100 ms on a core",
            f"{millions(slow)} passages",
            "10⁶ f / (n (D/8 + 16)) 100 ms",
        ),
        ("one node of Milvus is full at full speed: folder to Milvus", f"{millions(f['m'])} passages", "m"),
        (
            "codes fill the memory of one machine of 64 GB",
            f"{millions(memory)} passages",
            "64 GB u / (D/8 + 16)",
        ),
        ("a folder fills a disk of 4 TB", f"{millions(disk)} passages", "4 TB / (x + 4 D + D/8 + 16)"),
    )


def _due_by_load(f: dict[str, float]) -> Rows:
    night = 12 * 3_600
    return (
        (
            "two cores with the built-in encoder take longer than a night",
            f"{millions(night * f['c'] / f['t'])} passages",
            "12 h c / t",
        ),
        (
            "one H200 takes longer than a night: one process to Ray",
            f"{millions(night * f['g'] / f['t'])} passages",
            "12 h g / t",
        ),
        (
            "one writer is slower than the devices: SQLite to PostgreSQL",
            f"{1 / writers(f, 1):.1f} H200s",
            "1,000 t / (g s)",
        ),
        (
            "16 cores answer no more, re-ranked: replicas of `dragoman serve`",
            f"{16 * 1_000 / f['r']:,.0f} searches a second",
            "16,000 / r",
        ),
        ("the same, not re-ranked", f"{16 * 1_000 / f['h']:,.0f} searches a second", "16,000 / h"),
    )


if __name__ == "__main__":
    main()
