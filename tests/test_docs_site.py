"""The pages of docs/ that are made are up to date, and the site asks the network for nothing."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from terminal.cli import cli

ROOT = Path(__file__).parents[1]
LOADED = re.compile(r'<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)="((?:https?:)?//[^"]*)"')
"""Addresses that a browser fetches by itself."""
API = {
    "info": {"description": "Ask."},
    "paths": {
        "/search": {
            "parameters": [],
            "post": {
                "summary": "Search.",
                "parameters": [{"$ref": "#/components/parameters/Trace"}],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Search"}}}
                },
                "responses": {
                    "200": {
                        "description": "Hits | none",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tree"}}},
                    }
                },
            },
        }
    },
    "components": {
        "parameters": {
            "Trace": {"name": "trace", "in": "query", "schema": {"type": "boolean"}, "required": True}
        },
        "schemas": {
            "Search": {
                "required": ["query"],
                "properties": {
                    "query": {"type": "string", "description": "A question."},
                    "mode": {"enum": ["dense", "lexical"]},
                    "tree": {"anyOf": [{"$ref": "#/components/schemas/Tree"}, {"type": "null"}]},
                },
            },
            "Tree": {
                "properties": {
                    "below": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
                }
            },
        },
    },
}


def script(name: str) -> ModuleType:
    """Load a module of scripts/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look for the module that they stand in.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


PAGES = script("index_pages")


def run(root: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "scripts" / "docs"), *flags]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environment)


def copied(tmp_path: Path) -> Path:
    """Copy what the site is made of."""
    for name in (
        "docs",
        "scripts",
        "benchmarks/results",
        "terminal/schema",
        "samples/SOURCES.md",
        "encoder/builtin/README.md",
    ):
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, place)
    for file in (*ROOT.glob("*.md"), ROOT / "mkdocs.yml", ROOT / "benchmarks" / "README.md"):
        shutil.copy(file, tmp_path / file.relative_to(ROOT))
    return tmp_path


def test_the_pages_that_are_made_are_up_to_date() -> None:
    done = run(ROOT, "--check")
    assert done.returncode == 0, done.stderr


def test_a_page_that_is_not_is_named_and_made_anew(tmp_path: Path) -> None:
    root = copied(tmp_path)
    page, gone = root / "docs" / "reference" / "cli.md", root / "docs" / "benchmarks.md"
    right = page.read_text(encoding="utf-8")
    page.write_text(right.replace("--limit", "--most"), encoding="utf-8")
    gone.unlink()
    done = run(root, "--check")
    assert done.returncode == 1
    assert "out of date: docs/reference/cli.md\n" in done.stderr
    assert "out of date: docs/benchmarks.md\n" in done.stderr
    assert not gone.exists()
    assert run(root).returncode == 0
    assert page.read_text(encoding="utf-8") == right
    assert run(root, "--check").returncode == 0


def test_every_command_is_in_the_reference() -> None:
    page = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    for name, command in cli.commands.items():
        assert f"## dragoman {name}\n" in page
        for option in command.params:
            assert all(flag in page for flag in option.opts if flag.startswith("--"))


def measures() -> list[Any]:
    """Read what the comparison says of each column."""
    told = tomllib.loads((ROOT / "scripts" / "comparison.toml").read_text(encoding="utf-8"))
    return [PAGES.Measure(**measure) for measure in told["measure"]]


def unexplained(verdict: str) -> list[str]:
    """Name the measures in which another program is ahead, and nothing is said of it."""
    lines = re.findall(r"^- \*\*(.*?)\*\*:.*?\. (.*)\*Next:\*(.*)$", verdict, re.MULTILINE)
    return [column for column, reason, step in lines if not (reason.strip() and step.strip())]


def test_rows_that_are_lost_are_told() -> None:
    page = (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")
    measured = (ROOT / "benchmarks" / "results" / "peers.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in measured.splitlines()
        if line.startswith("|") and "---" not in line
    ]
    told = [
        [cell.strip("* ") for cell in line.strip("|").split("|")]
        for line in page.splitlines()
        if line[:1] == "|"
    ]
    assert [row for row in rows if row not in told] == []
    # The fastest of those that re-rank nothing is far ahead.
    assert re.search(r"^- \*\*warm p50, ms\*\*: \d", page, re.MULTILINE)


def test_what_is_lost_has_a_reason_and_a_next_step() -> None:
    page = (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")
    assert re.search(r"^- \*\*", page, re.MULTILINE)
    assert unexplained(page) == []


def test_a_loss_without_a_reason_is_found() -> None:
    """A control: a measure of which nothing is said, lost and won."""
    measure = PAGES.Measure("cold, s", "less")
    rows = (("dragoman", "2.0"), ("dragoman, resident", "-"), ("other", "1.0"), ("slow", "3.0"))
    table = PAGES.Table("A query", ("", "cold, s"), rows)
    lost = PAGES.verdict([table], [measure])
    assert "- **cold, s**: 2.0; other: 1.0" in lost
    assert unexplained(lost) == ["cold, s"]
    won = PAGES.verdict([PAGES.Table("A query", ("", "cold, s"), (rows[0], rows[3]))], [measure])
    assert "- cold, s: 2.0; the next: 3.0" in won
    assert unexplained(won) == []
    assert "Not measured yet: cold, s." in PAGES.verdict([], [measure])


def test_every_column_that_compares_is_one_of_the_tables() -> None:
    """Names in the data file are those that the benchmark writes, each once."""
    columns = [measure.column for measure in measures()]
    assert len(set(columns)) == len(columns)
    assert {measure.better for measure in measures()} == {"less", "more"}
    sources = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "benchmarks" / "peers").glob("*.py")
    )
    quality = {"samples", "handbook"}
    for column in columns:
        names = column.split(", ") if column.startswith(tuple(quality)) else [column]
        in_parts = column.startswith(("unchanged, ", "changed, ", "removed, "))
        assert all(f'"{name}"' in sources for name in (column.split(", ") if in_parts else names)), column


def test_every_claim_has_a_program_and_a_source() -> None:
    told = tomllib.loads((ROOT / "scripts" / "comparison.toml").read_text(encoding="utf-8"))["features"]
    assert len(told["programs"]) == len(told["sources"]) == len(set(told["sources"]))
    assert {len(row["says"]) for row in told["row"]} == {len(told["programs"])}
    assert all(
        source.startswith("https://") or (ROOT / "docs" / source).is_file() for source in told["sources"]
    )


def test_requests_are_described() -> None:
    page = script("reference_pages").http_page_of(API)
    assert "## POST /search\n\nSearch.\n" in page
    assert "| `trace` | query | boolean | yes |  |" in page
    assert "| `query` | string | yes | A question. |" in page
    assert '| `mode` | `"dense"`, `"lexical"` |  |  |' in page
    assert "| `tree.below` | array of object |  | As above. |" in page
    assert "| 200 | Hits \\| none | `Tree` |" in page


@pytest.mark.slow
def test_the_site_is_built_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    root = copied(tmp_path)
    done = run(root, "--build")
    assert done.returncode == 0, done.stderr
    pages = list((root / "build" / "site").rglob("*.html"))
    assert len(pages) > 60
    assert [found for page in pages for found in LOADED.findall(page.read_text(encoding="utf-8"))] == []
    assert LOADED.findall('<script async src="https://example.org/x.js">') == ["https://example.org/x.js"]
    compared = (root / "build" / "site" / "comparison.html").read_text(encoding="utf-8")
    assert 'href="benchmarks/results/peers.html"' in compared
    assert "not run:" not in (root / "build" / "site" / "models.html").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(
    "spoilt", ["[gone](nowhere.md)", "[gone](scores.md#nowhere)", "![gone](nowhere.png)"]
)
def test_a_link_that_leads_nowhere_stops_the_building(tmp_path: Path, spoilt: str) -> None:
    pytest.importorskip("mkdocs")
    root = copied(tmp_path)
    with (root / "docs" / "faq.md").open("a", encoding="utf-8") as page:
        page.write(f"\n{spoilt}\n")
    assert run(root, "--build").returncode == 1
