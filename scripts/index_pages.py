"""Pages of docs/ that gather what stands elsewhere: the comparison, the measurements, the decisions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

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


def comparison_page() -> str:
    """Write how Dragoman compares with its peers."""
    text = (RESULTS / "peers.md").read_text(encoding="utf-8")
    tables = list(_tables(text))
    last_row = text.rindex("\n|")
    template = Path(__file__).with_name("comparison_template.md").read_text(encoding="utf-8")
    return template.format(
        facts="\n".join(line for line in text.splitlines() if line.startswith("- ")),
        verdict=_verdict(tables),
        tables="\n\n".join(f"## {table.title}\n\n{_with_best(table)}" for table in tables),
        remark=text[text.index("\n\n", last_row) :].strip(),
        kills=_markdown(next(_tables((RESULTS / "kills.md").read_text(encoding="utf-8")))),
    )


def _tables(text: str) -> Iterator[Table]:
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        lines = [line for line in section.splitlines() if line.startswith("|")]
        header, _, *rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
        yield Table(section.splitlines()[0], header, tuple(rows))


def _verdict(tables: Sequence[Table]) -> str:
    """Say where Dragoman is first and where it is not."""
    first: list[str] = []
    behind: list[str] = []
    for table in tables:
        for place, column in enumerate(table.columns):
            if (best := _best(table, place)) is None:
                continue
            ours = next(row[place] for row in table.rows if row[0] == OURS)
            if ours == best:
                first.append(column)
            else:
                leader = next(row[0] for row in table.rows if row[place] == best)
                behind.append(f"{column} ({ours}; {leader}: {best})")
    total = len(first) + len(behind)
    lines = [
        f"Of {total} columns, Dragoman as it is installed leads in {len(first)}, alone or with others:",
        "",
        *(f"- {column}" for column in first),
        "",
        f"and is behind in {len(behind)}:",
        "",
        *(f"- {column}" for column in behind),
    ]
    return "\n".join(lines)


def _best(table: Table, place: int) -> str | None:
    """Return the best cell of a column; None of one that does not compare."""
    column = table.columns[place]
    if not column or column == "ratio":
        return None
    cells = [row[place] for row in table.rows]
    less_is_better = column.endswith((", s", ", ms"))
    return (min if less_is_better else max)(cells, key=float)


def _with_best(table: Table) -> str:
    best = [_best(table, place) for place in range(len(table.columns))]
    rows = tuple(
        tuple(f"**{cell}**" if cell == top else cell for cell, top in zip(row, best, strict=True))
        for row in table.rows
    )
    return _markdown(Table(table.title, table.columns, rows))


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
