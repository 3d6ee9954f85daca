"""The ingest pipeline simulated: held against real runs here, then with 1, 8 and 64 devices.

What each stage takes for each file is measured alone; how the stages wait for each other is simulated.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.pipeline.measuring import measure
from benchmarks.pipeline.projection import AMPLE, BATCHED, Capacity, Projected, projections
from benchmarks.pipeline.setups import SETUPS, Validation, foretold, validated
from benchmarks.pipeline.trace import Trace
from benchmarks.report import RESULTS, ROOT, Table, publish, say, surroundings
from encoder.checkpoint import BUILTIN, resolve
from encoder.device import place
from encoder.embedder import TransformerEmbedder

WITHIN = 0.15
"""A model that is off by more is wrong."""

REMARK = f"""\
`measured` is the median of the runs of the real `Ingester`, with a new index each time and the encoder
loaded before; `simulated` what the model says from times that were taken stage by stage, each stage alone:
the clock of the parse child for each file, the clock of the thread that cuts, `Index.replace` called again
alone, the encoder alone on calls of three sizes. A device is an encoder that sleeps as long as one would
compute. Cores are shared out evenly among the threads that want them, less what other processes took
(`others`); Python's lock lets one thread at a time interpret. Controls are the same model without one
stage, and with a core for everybody: where a stage matters, its control misses.

The devices are H200s at 375,000 tokens a second, a figure that is derived and not measured. In `one
process` everything but the device shares 16 cores and one lock, and what embeds also stores, as `dragoman
ingest` does; elsewhere each reader is a parser and a cutter on cores of their own, like those of `machine`,
and committers are apart, as writers of PostgreSQL can be; that one costs as much as a writer of SQLite does
here is a guess. `full` is the stage that rests least. `enough` is {AMPLE} times what the capacities ask
for; with {BATCHED} documents a commit, committers are fewer."""


def main() -> None:
    """Measure, validate and project, or project alone from what was measured before."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale_sim", description=__doc__)
    parser.add_argument("--tree", type=Path, default=ROOT / "samples/documents", metavar="DIR")
    parser.add_argument("--repeats", type=int, default=3, metavar="N", help="real runs of each setup")
    parser.add_argument(
        "--simulate", action="store_true", help="measure nothing: take times from the results of before"
    )
    options = parser.parse_args()
    if options.simulate:
        context, trace, validations = _before()
    else:
        context, trace, validations = _measured(options.tree.resolve(), options.repeats)
    say("projecting")
    projected = projections(trace)
    results = {
        "trace": asdict(trace),
        "validations": [asdict(one) for one in validations],
        "capacity": asdict(Capacity.of(trace)),
        "projections": [asdict(one) for one in projected],
    }
    publish("scale_sim", context, results, tables(trace, validations, projected), REMARK)


def _measured(tree: Path, repeats: int) -> tuple[dict[str, Any], Trace, list[Validation]]:
    # As the program itself sets it before torch computes.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    context = surroundings() | {"repeats": repeats}
    embedder = TransformerEmbedder(resolve(BUILTIN), place("cpu"))
    trace, tokens = measure(tree, embedder, (1, 2))
    validations = [
        validated(setup, tree, trace, tokens, embedder, repeats)
        for setup in SETUPS
        if trace.only(setup.suffixes)
    ]
    return context, trace, validations


def _before() -> tuple[dict[str, Any], Trace, list[Validation]]:
    """Read what was measured, and simulate it anew."""
    said = json.loads((RESULTS / "scale_sim.json").read_text(encoding="utf-8"))
    results = said.pop("results")
    del said["benchmark"]
    trace = Trace.of(results["trace"])
    known = {setup.name: setup for setup in SETUPS}
    validations = [
        foretold(known[one["setup"]], trace, tuple(one["measured"]), one["others"])
        for one in results["validations"]
    ]
    return said, trace, validations


def tables(trace: Trace, validations: Sequence[Validation], projected: Sequence[Projected]) -> list[Table]:
    """Lay out what stages take, what was foretold, and the projections."""
    return [_stages(trace), _validation(validations), _verdict(validations), _projection(projected)]


def _stages(trace: Trace) -> Table:
    passages = sum(file.passages for file in trace.files)
    tokens = sum(file.tokens for file in trace.files)
    sums = {
        "parse, in the child": sum(file.parse for file in trace.files),
        "parse, here": sum(file.handover for file in trace.files),
        "cut": sum(file.cut for file in trace.files),
        **{
            f"encode, {threads} threads": sum(
                one.seconds(len(file.windows), file.tokens) for file in trace.files
            )
            for threads, one in trace.encoders.items()
        },
        "store, computing": sum(file.store for file in trace.files),
        "store, waiting": sum(file.store_wait for file in trace.files),
        "beside encoding and storing": trace.glue * passages,
        "publish": trace.publish * passages,
    }
    rows = tuple(
        (name, f"{seconds:.2f}", f"{1_000 * seconds / passages:.3f}", f"{tokens / max(seconds, 1e-9):,.0f}")
        for name, seconds in sums.items()
    )
    title = f"Stages alone: {len(trace.files)} files, {passages:,} passages, {tokens:,} tokens"
    return Table(title, ("", "s", "ms a passage", "tokens/s"), rows)


def _validation(validations: Sequence[Validation]) -> Table:
    controls = list(dict.fromkeys(name for one in validations for name in one.controls))
    rows = tuple(
        (
            one.setup,
            f"{one.seconds:.2f}",
            f"{min(one.measured):.2f} to {max(one.measured):.2f}",
            f"{one.others:.2f}",
            f"{one.simulated:.2f}",
            f"{one.error(one.simulated):+.0%}",
            *(f"{one.error(one.controls[name]):+.0%}" for name in controls),
        )
        for one in validations
    )
    columns = ("", "measured s", "range", "others", "simulated s", "error", *controls)
    return Table("Measured and simulated", columns, rows)


def _verdict(validations: Sequence[Validation]) -> Table:
    foretold = {"the model": [one.error(one.simulated) for one in validations]}
    for one in validations:
        for name, seconds in one.controls.items():
            foretold.setdefault(name, []).append(one.error(seconds))
    rows = tuple(
        (
            name,
            f"{sum(abs(error) <= WITHIN for error in errors)} of {len(errors)}",
            f"{max(map(abs, errors)):.0%}",
        )
        for name, errors in foretold.items()
    )
    return Table("How far off", ("", f"within {WITHIN:.0%}", "worst"), rows)


def _projection(projected: Sequence[Projected]) -> Table:
    rows = tuple(
        (
            f"{one.gpus} GPUs, {one.name}" if one.gpus > 1 else f"1 GPU, {one.name}",
            f"{one.readers:,}",
            f"{one.committers:,}" if one.committers else "",
            f"{one.tokens_per_second:,.0f}",
            f"{one.passages_per_second:,.0f}",
            f"{one.share:.0%}",
            one.full,
        )
        for one in projected
    )
    columns = ("", "readers", "committers", "tokens/s", "passages/s", "of the GPUs", "full")
    return Table("With H200s", columns, rows)


if __name__ == "__main__":
    main()
