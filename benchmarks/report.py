"""Where and with what a benchmark ran, and its two result files: one for machines, one for people."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for people."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        """Write the table with its columns aligned, the first to the left and the numbers to the right."""
        widths = [max(map(len, column)) for column in zip(self.columns, *self.rows, strict=True)]
        rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
        lines = [
            "| " + " | ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) + " |"
            for row in (self.columns, rule, *self.rows)
        ]
        return "\n".join([f"## {self.title}", "", *lines])


def say(line: str) -> None:
    """Tell how far a benchmark is, on stderr."""
    print(f"{datetime.now(UTC):%H:%M:%S} {line}", file=sys.stderr, flush=True)


def surroundings() -> dict[str, Any]:
    """Say when, where, on what commit and with which libraries this runs."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "commit": _commit(),
        "machine": {
            "cpu": _cpu_model(),
            "cores": len(os.sched_getaffinity(0)),
            "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
            "gpu": _gpu(),
            "load_at_start": round(os.getloadavg()[0], 2),
        },
        "versions": {
            "python": platform.python_version(),
            **{name: _version(package) for name, package in (("torch", "torch"), ("faiss", "faiss-cpu"))},
            "sqlite": sqlite3.sqlite_version,
        },
    }


def publish(
    name: str, context: dict[str, Any], results: dict[str, Any], tables: Sequence[Table], remark: str
) -> None:
    """Write `results/<name>.json` and `results/<name>.md`, and print the tables.

    `context` is `surroundings()` and what else a reader has to know: encoders with their digests, options;
    `remark` says how to read the tables.
    """
    RESULTS.mkdir(exist_ok=True)
    data = json.dumps({"benchmark": name, **context, "results": results}, ensure_ascii=False, indent=1)
    (RESULTS / f"{name}.json").write_text(data + "\n", encoding="utf-8")
    shown = "\n\n".join(table.markdown() for table in tables)
    page = f"# {name}\n\n{_facts(context)}\n\n{shown}\n\n{remark}\n"
    (RESULTS / f"{name}.md").write_text(page, encoding="utf-8")
    print(shown)


def _facts(context: dict[str, Any]) -> str:
    """Write the context as a list."""
    return "\n".join(f"- {key}: {_one_line(value)}" for key, value in context.items())


def _one_line(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_one_line(item)}" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return " ".join(map(_one_line, value))
    return str(value)


def _commit() -> str:
    """Name the commit, `+dirty` where the working tree differs from it, results of benchmarks aside."""
    head = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--", ".", ":!benchmarks/results")
    return (head or "none") + ("+dirty" if changed else "")


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True).stdout.strip()


def _version(package: str) -> str | None:
    """None where it is not installed; a benchmark of the encoder alone runs without FAISS."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _gpu() -> str | None:
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else None


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor()
