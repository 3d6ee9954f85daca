"""What the rounds say, as tables: medians over rounds, and ratios to the first row within a round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

from benchmarks.peers.environments import Installed
from benchmarks.peers.first_steps import first_steps
from benchmarks.peers.ways import Way
from benchmarks.report import Table

SETS = ("samples", "handbook")
"""Of questions; what else is judged is a language of the second."""
NONE = "-"
"""In a cell of what does not apply, or was not measured."""
AGAIN, CHANGED, REMOVED = 1, 2, 3
"""Places of the states of the folder."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything about one way."""

    way: Way
    installed: Installed
    once: dict[str, Any]
    rounds: list[dict[str, Any]]

    def median(self, value: Callable[[dict[str, Any]], float]) -> float | None:
        """Take the median over the rounds that have this value."""
        values = []
        for each in self.rounds:
            try:
                values.append(value(each))
            except (KeyError, IndexError):
                continue
        return median(values) if values else None

    def ratio(self, first: Measured, value: Callable[[dict[str, Any]], float]) -> float | None:
        """Take the median of ratios to the first way, round by round."""
        ratios = []
        for ours, theirs in zip(self.rounds, first.rounds, strict=False):
            try:
                ratios.append(value(ours) / value(theirs))
            except (KeyError, IndexError):
                continue
        return median(ratios) if ratios else None

    def per_given(self, what: str) -> float | None:
        """Bytes that one more passage takes: `kib` of memory in a process that asks, `bytes` on the disk."""
        sizes = sorted(map(int, self.once.get("given", {})))
        if not sizes:
            return None
        few, many = map(str, sizes)
        passages = sizes[1] - sizes[0]
        if what == "bytes":
            return float(self.once["given"][many]["bytes"] - self.once["given"][few]["bytes"]) / passages
        grown = self.median(lambda one: float(one["given"][many]["kib"] - one["given"][few]["kib"]))
        return None if grown is None else 1024 * grown / passages


def tables(measured: Sequence[Measured]) -> list[Table]:
    """Lay everything out."""
    parts = (_first, _ingest, _again, _query, _memory, _quality, _by_language, _killed)
    return [part(measured) for part in parts]


def _first(measured: Sequence[Measured]) -> Table:
    rows = []
    for one in measured:
        if not one.way.repeats:
            continue
        load = one.median(lambda each: float(each["built"]["load_seconds"]))
        read = one.median(lambda each: float(each["built"]["states"][0]["seconds"]))
        cold = one.median(_cold)
        answer = None if None in (load, read, cold) else sum(filter(None, (load, read, cold)))
        rows.append(
            (
                one.way.name,
                _cell(one.installed.bytes / 2**20, 0),
                _cell(one.installed.seconds, 0),
                first_steps(one.way.peer),
                _cell(answer, 1),
            )
        )
    heads = ("", "installed, MiB", "install, s", "to write", "first answer, s")
    return Table("A newcomer", heads, tuple(rows))


def _ingest(measured: Sequence[Measured]) -> Table:
    rows = []
    for one in measured:
        if "built" not in one.once:
            continue
        built = one.once["built"]["states"][0]
        rows.append(
            (
                one.way.name,
                _cell(one.median(_rate), 1),
                _cell(one.ratio(measured[0], _rate), 2),
                _cell(built["passages"] / built["seconds"], 1),
                _cell(built["peak_kib"] / 1024, 0),
                _cell(one.once["bytes"] / built["passages"], 0),
            )
        )
    heads = ("", "passages/s", "ratio", "passages/s, all", "peak, MiB", "bytes on disk a passage")
    return Table("Ingest", heads, tuple(rows))


def _again(measured: Sequence[Measured]) -> Table:
    rows = []
    for one in measured:
        if not one.way.repeats:
            continue
        cells = []
        for state in (AGAIN, CHANGED, REMOVED):
            for value, digits in (("seconds", 2), ("embedded", 0), ("stale", 0)):
                if (state, value) != (AGAIN, "stale"):
                    cells.append(_cell(one.median(_of_state(state, value)), digits))
        rows.append((one.way.name, *cells))
    heads = tuple(
        f"{state}, {value}"
        for state in ("unchanged", "changed", "removed")
        for value in ("s", "embedded", "stale")
        if (state, value) != ("unchanged", "stale")
    )
    return Table("A second run", ("", *heads), tuple(rows))


def _query(measured: Sequence[Measured]) -> Table:
    rows = [
        (
            one.way.name,
            _cell(one.median(_cold), 2),
            _cell(one.ratio(measured[0], _cold), 2),
            _cell(one.median(_warm), 1),
            _cell(one.median(_slow), 1),
            _cell(one.ratio(measured[0], _warm), 2),
            _cell(one.median(lambda each: float(each["asked"]["kib"]) / 1024), 0),
        )
        for one in measured
    ]
    heads = ("", "cold, s", "ratio", "warm p50, ms", "warm p95, ms", "ratio", "resident, MiB")
    return Table("A query", heads, tuple(rows))


def _memory(measured: Sequence[Measured]) -> Table:
    rows = []
    for one in measured:
        if "given" not in one.once:
            continue
        many = max(one.once["given"], key=int)
        rows.append(
            (
                one.way.name,
                _cell(one.per_given("kib"), 0),
                _cell(one.per_given("bytes"), 0),
                _cell(one.once["given"][many]["seconds"], 1),
                _cell(one.median(_by_vector(many)), 1),
            )
        )
    heads = ("", "bytes of memory a passage", "bytes of disk a passage", "stored, s", "by vector p50, ms")
    return Table("Passages with vectors that are given", heads, tuple(rows))


def _quality(measured: Sequence[Measured]) -> Table:
    sets = [name for name in measured[0].once["quality"] if name in SETS]
    columns = [(name, measure) for name in sets for measure in ("nDCG@10", "MRR@10", "recall@10")]
    return _of_quality("Quality", measured, columns)


def _by_language(measured: Sequence[Measured]) -> Table:
    languages = [name for name in measured[0].once["quality"] if name not in SETS]
    columns = [(name, measure) for name in languages for measure in ("nDCG@10", "recall@10")]
    return _of_quality("Quality by language of the handbook", measured, columns)


def _of_quality(title: str, measured: Sequence[Measured], columns: Sequence[tuple[str, str]]) -> Table:
    rows = [
        (one.way.name, *(f"{one.once['quality'][name][measure]:.3f}" for name, measure in columns))
        for one in measured
        if "quality" in one.once
    ]
    return Table(title, ("", *(", ".join(column) for column in columns)), tuple(rows))


def _killed(measured: Sequence[Measured]) -> Table:
    rows = []
    for one in measured:
        kills = [each["killed"] for each in one.rounds if each.get("killed", {}).get("fell")]
        if not kills:
            continue
        passages = one.rounds[0]["built"]["states"][0]["passages"]
        opens = [kill["found"] for kill in kills if "error" not in kill["found"]]
        kept = [1 - found["missing"] / passages for found in opens]
        ends = [kill["again"] for kill in kills]
        rows.append(
            (
                one.way.name,
                str(len(kills)),
                str(len(kills) - len(opens)),
                _cell(100 * median(kept) if kept else None, 0),
                str(sum(bool(end.get("error")) for end in ends)),
                *(str(sum(end.get(fault, 0) for end in ends)) for fault in ("missing", "doubled", "stale")),
            )
        )
    heads = ("", "kills", "unreadable", "kept, %", "second run fails", "missing", "doubled", "stale after it")
    return Table("Killed while it ingests", heads, tuple(rows))


def _cold(each: dict[str, Any]) -> float:
    return float(each["asked"]["cold_seconds"])


def _warm(each: dict[str, Any]) -> float:
    return 1000 * float(median(each["asked"]["seconds"]))


def _slow(each: dict[str, Any]) -> float:
    return 1000 * float(quantiles(each["asked"]["seconds"], n=20)[-1])


def _rate(each: dict[str, Any]) -> float:
    state = each["built"]["states"][0]
    return float(state["passages"]) / float(state["seconds"])


def _of_state(state: int, value: str) -> Callable[[dict[str, Any]], float]:
    return lambda each: float(each["built"]["states"][state][value])


def _by_vector(count: str) -> Callable[[dict[str, Any]], float]:
    return lambda each: 1000 * float(median(each["given"][count]["seconds"]))


def _cell(value: float | None, digits: int) -> str:
    return NONE if value is None else f"{value:.{digits}f}"
