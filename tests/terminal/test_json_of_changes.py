"""What the commands that change an index say under `--json`: one object, and nothing on stderr."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from index_data.paths import IndexPaths
from terminal.cli import main

if TYPE_CHECKING:
    from tests.terminal.conftest import Library


@pytest.fixture
def said(library: Library, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command with the library's index and `--json`, and read its object."""

    def run(*arguments: object, code: int = 0) -> dict[str, Any]:
        words = [str(argument) for argument in arguments]
        assert main([*words, "--json", "--index", str(library.index_folder)]) == code
        out, err = capsys.readouterr()
        assert err == ""
        shape: dict[str, Any] = json.loads(out)
        return shape

    return run


def of_index(library: Library, schema: str) -> dict[str, Any]:
    return {"schema": f"dragoman.{schema}/1", "index": {"folder": str(library.index_folder)}}


def test_a_rebuild(library: Library, said: Any) -> None:
    assert said("rebuild") == of_index(library, "rebuild")


def test_a_collection_of_garbage(library: Library, said: Any) -> None:
    left_over = IndexPaths(library.index_folder).scratch / "half\x1b"
    left_over.write_bytes(b"half")
    found = said("gc")
    assert found.pop("database_bytes") >= 0
    assert found == of_index(library, "gc") | {"deleted": [str(left_over)], "file_bytes": 4}


def test_a_backup(library: Library, said: Any, tmp_path: Path) -> None:
    found = said("backup", tmp_path / "copy")
    assert found.pop("bytes") == sum(
        file.stat().st_size for file in (tmp_path / "copy").rglob("*") if file.is_file()
    )
    assert found == of_index(library, "backup") | {"destination": str(tmp_path / "copy")}


def test_a_purge(library: Library, said: Any) -> None:
    file = library.files / "brot.md"
    assert said("purge", "--yes", file) == of_index(library, "purge") | {
        "documents": [str(file)],
        "unread": [],
        "quarantined": [],
    }


def test_judgements(library: Library, said: Any, tmp_path: Path) -> None:
    file = str(library.index_folder.with_suffix(".feedback.jsonl"))
    assert said("feedback", "good", "dough", 1, 4) == {
        "schema": "dragoman.feedback-noted/1",
        "file": file,
        "query": "dough",
        "verdict": "good",
        "noted": 2,
    }
    assert said("feedback", "export", tmp_path / "judged") == {
        "schema": "dragoman.feedback-export/1",
        "folder": str(tmp_path / "judged"),
        "queries": 1,
        "left_out": 0,
    }


def test_a_project_says_nothing_into_json(
    library: Library, said: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """The key that is ignored is told to people alone."""
    (library.files / "dragoman.toml").write_text('viewer = "evil"\n', encoding="utf-8")
    said("status")
    said("search", "--mode", "lexical", "brot")
    assert main(["status", "--index", str(library.index_folder)]) == 0
    assert "viewer may not be set by a project" in capsys.readouterr().err
