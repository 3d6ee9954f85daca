"""What importing a module must not load: the command answers before it loads anything heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest

ENCODING = {"torch", "transformers", "tokenizers", "sentence_transformers"}
SCREEN = {"textual"}
STORAGE = {"faiss", "psycopg"}
SERVERS = {"starlette", "uvicorn", "mcp"}
LOADED = "import sys, importlib; importlib.import_module(sys.argv[1]); print(*sys.modules)"


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("terminal.cli", ENCODING | SCREEN | STORAGE | SERVERS | {"numpy", "lxml"}),
        ("terminal.start", {"click", "dataclasses", "json", "msgspec", "asyncio"}),
        ("terminal.engine.opening", ENCODING | SCREEN | STORAGE | SERVERS | {"numpy", "asyncio", "lxml"}),
        ("terminal.tui.app", ENCODING | STORAGE),
        ("ingest.ingester", ENCODING | SCREEN | STORAGE),
        ("ingest.readers.parse_child", ENCODING | SCREEN | STORAGE),
        ("search.searcher", ENCODING | SCREEN | STORAGE),
        ("encoder.interface", ENCODING),
        ("index_data.records", {"numpy"}),
    ],
)
def test_importing_loads_nothing_heavy(module: str, heavy: set[str]) -> None:
    command = [sys.executable, "-c", LOADED, module]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert module in loaded
    assert heavy & set(loaded) == set()
