"""What long texts cost on a CPU: sliding layers against dense-masked ones, and time and memory by length.

The shape is BidirLM-1B's, with random weights. Memory is measured in a fresh process for each length.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import torch

from benchmarks.encoding.random_checkpoint import write_checkpoint
from benchmarks.encoding.token_vectors import OurNetwork, TransformersNetwork
from benchmarks.encoding.trend import exponent, line
from benchmarks.encoding.window_attention import (
    SHAPE,
    attend_densely,
    attend_in_window,
    random_heads,
    window_mask,
)
from benchmarks.parity import random_text
from benchmarks.report import ROOT, Table, publish, say, surroundings
from encoder.checkpoint import resolve
from encoder.device import NumberFormat, place

LENGTHS = (1_024, 2_048, 4_096, 8_192, 16_384, 32_768)
COMPARED = 8_192
"""Tokens at which attention of both ways is compared."""
SLIDING = 2
"""Sliding layers of the network that is timed without any that see everything."""
_ROWS = 2_000
"""Of its table of embeddings, which is only looked up."""

REMARK = f"""\
Of the two ways of attention, ours computes the window of a sliding layer block by block; the dense one is
PyTorch's SDPA over all pairs of tokens under a mask that is made once, as transformers has it. A whole layer
is one of {SLIDING} sliding ones, mask and final norm included. Rounds alternate between the two; medians.
By length: `all layers` is one forward pass; an exponent is the slope of log(time) over log(tokens), 1 where
time is linear. Memory is what the pass adds at its peak to the loaded network (`VmHWM`, set back before it;
Linux with glibc), and the line through it by least squares; `process` is all of the process at that peak."""

Times = dict[str, dict[str, float]]
"""Median seconds by what was computed, then by way."""


@dataclass(frozen=True, slots=True)
class ForwardPass:
    """One forward pass over a text, in a process of its own."""

    tokens: int
    seconds: float
    loaded_mib: float
    """Memory of the process before."""
    peak_mib: float
    """The most of it during the pass."""

    @property
    def added_mib(self) -> float:
        """What it takes itself."""
        return self.peak_mib - self.loaded_mib


def both_ways(tokens: int, rounds: int, folder: Path) -> Times:
    """Compare attention alone and whole sliding layers at so many tokens."""
    checkpoint = resolve(str(folder))
    text = random_text(tokens, _ROWS)
    times = {}
    for number_format, dtype in (
        (NumberFormat.FLOAT32, torch.float32),
        (NumberFormat.BFLOAT16, torch.bfloat16),
    ):
        say(f"attention at {tokens} tokens, {number_format}")
        query, key, value = random_heads(tokens, dtype)
        ways: dict[str, Callable[[], object]] = {
            "ours": partial(attend_in_window, query, key, value),
            "dense": partial(attend_densely, query, key, value, window_mask(tokens)),
        }
        times[f"attention, {number_format}"] = alternate(ways, rounds)
        say(f"whole layers at {tokens} tokens, {number_format}")
        ways = {
            "ours": partial(OurNetwork(checkpoint, number_format).token_vectors, [text]),
            "dense": partial(TransformersNetwork(checkpoint, dtype).token_vectors, [text]),
        }
        whole = alternate(ways, rounds)
        times[f"whole layer, {number_format}"] = {way: seconds / SLIDING for way, seconds in whole.items()}
    return times


def alternate(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Time each of `ways` once a round, after a round that does not count: median seconds."""
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds + 1):
        for way, compute in ways.items():
            started = time.perf_counter()
            compute()
            seconds[way].append(time.perf_counter() - started)
    return {way: median(timed[1:]) for way, timed in seconds.items()}


def sliding_times(lengths: Sequence[int], rounds: int, folder: Path) -> Times:
    """Time attention alone and whole sliding layers at each of `lengths`."""
    network = OurNetwork(resolve(str(folder)), NumberFormat.AUTO)
    times = {}
    for tokens in lengths:
        say(f"sliding layers at {tokens} tokens")
        query, key, value = random_heads(tokens, place("cpu").dtype)
        ways: dict[str, Callable[[], object]] = {
            "attention": partial(attend_in_window, query, key, value),
            "layers": partial(network.token_vectors, [random_text(tokens, _ROWS)]),
        }
        timed = alternate(ways, rounds)
        times[str(tokens)] = {"attention": timed["attention"], "layer": timed["layers"] / SLIDING}
    return times


def read_once(folder: Path, tokens: int) -> ForwardPass:
    """Load the network in `folder` and read one text; meant for a fresh process."""
    network = OurNetwork(resolve(str(folder)), NumberFormat.AUTO)
    network.token_vectors([random_text(16, _ROWS)])
    text = random_text(tokens, _ROWS)
    # What loading has freed would be taken again unseen.
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    loaded = _memory_mib("VmRSS")
    started = time.perf_counter()
    network.token_vectors([text])
    return ForwardPass(tokens, time.perf_counter() - started, loaded, _memory_mib("VmHWM"))


def _memory_mib(name: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    [kibibytes] = [entry.split()[1] for entry in lines if entry.startswith(f"{name}:")]
    return int(kibibytes) / 1024


def read_afresh(folder: Path, tokens: int) -> ForwardPass:
    """Do the same in a process of its own."""
    say(f"all layers at {tokens} tokens")
    command = [sys.executable, "-m", "benchmarks.long_context", "--read", str(folder), str(tokens)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return ForwardPass(**json.loads(done.stdout))


def tables(compared: int, both: Times, sliding: Times, passes: Sequence[ForwardPass]) -> list[Table]:
    """Lay out the comparison, the times by length, and the memory."""
    ratios = [
        (what, f"{ways['ours']:.3f}", f"{ways['dense']:.3f}", f"{ways['dense'] / ways['ours']:.1f}")
        for what, ways in both.items()
    ]
    rows = [
        (
            f"{one.tokens:,}",
            f"{sliding[str(one.tokens)]['attention']:.3f}",
            f"{sliding[str(one.tokens)]['layer']:.2f}",
            f"{one.seconds:.1f}",
            f"{one.tokens / one.seconds:.0f}",
            f"{one.added_mib:.0f}",
            f"{one.peak_mib:.0f}",
        )
        for one in passes
    ]
    grown = growth(sliding, passes)
    powers = [f"{grown[what]:.2f}" for what in ("attention", "layer", "all layers")]
    memory = f"{grown['kib_per_token']:.1f} KiB/token, R² {grown['r_squared']:.4f}"
    rows += [("exponent", powers[0], powers[1], powers[2], "", "", ""), ("line", "", "", "", "", memory, "")]
    columns = ("tokens", "sliding attention s", "sliding layer s", "all layers s", "tokens/s", "added MiB")
    return [
        Table(f"Sliding layers at {compared:,} tokens", ("", "ours s", "dense s", "ratio"), tuple(ratios)),
        Table("By length", (*columns, "process MiB"), tuple(rows)),
    ]


def growth(sliding: Times, passes: Sequence[ForwardPass]) -> dict[str, float]:
    """Say how time and memory grow with length."""
    tokens = [one.tokens for one in passes]
    memory = line(tokens, [one.added_mib * 1024 for one in passes])
    return {
        "attention": exponent(tokens, [sliding[str(length)]["attention"] for length in tokens]),
        "layer": exponent(tokens, [sliding[str(length)]["layer"] for length in tokens]),
        "all layers": exponent(tokens, [one.seconds for one in passes]),
        "kib_per_token": memory.slope,
        "r_squared": memory.r_squared,
    }


def main() -> None:
    """Measure both ways at one length, and ours at all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.long_context", description=__doc__)
    parser.add_argument("--lengths", nargs="+", type=int, default=LENGTHS, metavar="N", help="in tokens")
    parser.add_argument(
        "--compared", type=int, default=COMPARED, metavar="N", help="tokens of the comparison"
    )
    parser.add_argument("--layers", type=int, default=6, metavar="N", help="of all layers (default: 6)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="of each comparison")
    parser.add_argument("--name", default="long_context", help="of the result files")
    parser.add_argument("--read", nargs=2, metavar=("DIR", "N"), help="read once, and print what it took")
    options = parser.parse_args()
    if options.read:
        print(json.dumps(asdict(read_once(Path(options.read[0]), int(options.read[1])))))
        return
    context = surroundings() | {
        "settings": {"layers": options.layers, "rounds": options.rounds},
        "placement": place("cpu").reason,
        "threads": torch.get_num_threads(),
    }
    with TemporaryDirectory() as work:
        few = write_checkpoint(Path(work, "few"), replace(SHAPE, vocabulary=_ROWS), layers=SLIDING)
        both = both_ways(options.compared, options.rounds, few)
        sliding = sliding_times(options.lengths, options.rounds, few)
        whole = write_checkpoint(Path(work, "whole"), SHAPE, layers=options.layers)
        passes = [read_afresh(whole, tokens) for tokens in options.lengths]
    results = {
        "both_ways": both,
        "sliding": sliding,
        "passes": [asdict(one) for one in passes],
        "growth": growth(sliding, passes),
    }
    publish(options.name, context, results, tables(options.compared, both, sliding, passes), REMARK)


if __name__ == "__main__":
    main()
