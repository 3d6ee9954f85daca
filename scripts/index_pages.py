"""Pages of docs/ that gather what stands elsewhere: the comparison, the measurements, the decisions."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
DECISIONS = ROOT / "docs" / "decisions"
OURS = "dragoman"

_BENCHMARKS = """# Benchmarks

Every figure that this documentation quotes comes from one of these files, each written by one command, with
the date, the machine, the commit and the versions of libraries. Aims that were missed stand in them too.

| results | what is measured | by | at commit | on |
|---|---|---|---|---|
{rows}

[How they are run](../benchmarks/README.md).
"""

_DECISIONS = """# Decisions

What was weighed and measured: question, numbers, answer, and what failed. `scripts/docs` gathers this page.

| decision | question |
|---|---|
{rows}
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a Markdown file."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """A column that compares, and what is said where Dragoman is behind in it."""

    column: str
    better: str
    """`less` or `more`."""
    reason: str = ""
    next: str = ""

    def is_ahead(self, one: str, other: str) -> bool:
        """Whether a cell is better than another."""
        return float(one) < float(other) if self.better == "less" else float(one) > float(other)


def comparison_page() -> str:
    """Write how Dragoman compares with its peers."""
    text = (RESULTS / "peers.md").read_text(encoding="utf-8")
    tables = list(_tables(text))
    last_row = text.rindex("\n|")
    beside = Path(__file__).with_name("comparison.toml")
    told = tomllib.loads(beside.read_text(encoding="utf-8"))
    measures = [Measure(**measure) for measure in told["measure"]]
    template = Path(__file__).with_name("comparison_template.md").read_text(encoding="utf-8")
    return template.format(
        facts="\n".join(line for line in text.splitlines() if line.startswith("- ")),
        verdict=verdict(tables, measures),
        tables="\n\n".join(f"### {table.title}\n\n{_with_best(table, measures)}" for table in tables),
        remark=text[text.index("\n\n", last_row) :].strip(),
        kills=_markdown(next(_tables((RESULTS / "kills.md").read_text(encoding="utf-8")))),
        features=_features(told["features"]),
    )


def _tables(text: str) -> Iterator[Table]:
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        lines = [line for line in section.splitlines() if line.startswith("|")]
        header, _, *rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
        yield Table(section.splitlines()[0], header, tuple(rows))


def verdict(tables: Sequence[Table], measures: Sequence[Measure]) -> str:
    """Say where Dragoman as it is installed is first among the programs, where it is not and why."""
    first: list[str] = []
    behind: list[str] = []
    unmeasured: list[str] = []
    for measure in measures:
        cells = _cells(tables, measure.column)
        if OURS not in cells or len(cells) == 1:
            unmeasured.append(measure.column)
            continue
        ours = cells[OURS]
        others = {name: cell for name, cell in cells.items() if not name.startswith(OURS)}
        if ahead := [name for name in others if measure.is_ahead(others[name], ours)]:
            leader = _best(measure, {name: others[name] for name in ahead})
            why = f"{measure.reason} *Next:* {measure.next}"
            behind.append(f"- **{measure.column}**: {ours}; {leader}: {others[leader]}. {why}")
        else:
            first.append(f"- {measure.column}: {ours}; the next: {others[_best(measure, others)]}")
    parts = [
        f"Of {len(first) + len(behind)} measures, no other program is ahead of Dragoman as it is installed "
        f"in {len(first)}:",
        "\n".join(first),
        f"and at least one is in {len(behind)}:",
        "\n".join(behind),
    ]
    if unmeasured:
        parts += [f"Not measured yet: {'; '.join(unmeasured)}."]
    return "\n\n".join(parts)


def _cells(tables: Sequence[Table], column: str) -> dict[str, str]:
    """Return the numbers of a column by row."""
    for table in tables:
        if column in table.columns:
            place = table.columns.index(column)
            return {row[0]: row[place] for row in table.rows if row[place] != "-"}
    return {}


def _best(measure: Measure, cells: dict[str, str]) -> str:
    """Name the row with the best cell, the first of several."""
    choose = min if measure.better == "less" else max
    return choose(cells, key=lambda name: float(cells[name]))


def _with_best(table: Table, measures: Sequence[Measure]) -> str:
    """Write a table with the best of each column in bold."""
    compared = {measure.column: measure for measure in measures}
    best: list[str | None] = []
    for column in table.columns:
        cells = _cells([table], column)
        best.append(cells[_best(compared[column], cells)] if column in compared and cells else None)
    rows = tuple(
        tuple(f"**{cell}**" if cell == top else cell for cell, top in zip(row, best, strict=True))
        for row in table.rows
    )
    return _markdown(Table(table.title, table.columns, rows))


def _features(told: dict[str, Any]) -> str:
    heads = tuple(
        f"[{name}]({source})" for name, source in zip(told["programs"], told["sources"], strict=True)
    )
    rows = tuple((name, *says) for name, *says in ((row["name"], *row["says"]) for row in told["row"]))
    return _markdown(Table("", ("", *heads), rows)).replace("---:", "---")


def _markdown(table: Table) -> str:
    rule = ["---", *["---:"] * (len(table.columns) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (table.columns, rule, *table.rows))


def benchmarks_page() -> str:
    """List the files of measurements."""
    readme = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    measures = dict(
        re.findall(r"^\| `[^`]*python -m benchmarks\.(\w+)[^`]*` \| (.*?) \|", readme, re.MULTILINE)
    )
    rows = []
    for path in sorted(RESULTS.glob("*.md")):
        facts = dict(re.findall(r"^- (\w+): (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE))
        name = path.stem
        made_by = name if name in measures else next((one for one in measures if name.startswith(one)), name)
        rows.append(
            f"| [{name}](../benchmarks/results/{path.name}) | {measures.get(made_by, '')} | "
            f"`python -m benchmarks.{made_by}` | {facts.get('commit', '')} | {facts.get('date', '')[:10]} |"
        )
    return _BENCHMARKS.format(rows="\n".join(rows))


def decisions_page() -> str:
    """List the decisions, each with its question."""
    rows = []
    for path in sorted(DECISIONS.glob("[0-9]*.md")):
        text = path.read_text(encoding="utf-8")
        title = re.sub(r"^# *0*(\d+)\.?:? *", r"\1. ", text.splitlines()[0])
        asked = re.search(r"\*\*Question\.?\*\*\.?(.*?)(?:\n\n|\Z)", text, re.DOTALL)
        question = " ".join(asked[1].split()).replace("|", "\\|") if asked else ""
        rows.append(f"| [{title}]({path.name}) | {question} |")
    return _DECISIONS.format(rows="\n".join(rows))
