from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from index_data.checking import check
from index_data.index import Index
from index_data.lock import WriterLock
from index_data.paths import IndexPaths
from terminal.cli import main

if TYPE_CHECKING:
    from tests.terminal.conftest import Library


def run(*arguments: str, index: Path) -> int:
    return main([*arguments, "--index", str(index)])


def spoil(folder: Path) -> str:
    """Damage a text, and return the name of its document."""
    with closing(sqlite3.connect(IndexPaths(folder).database)) as connection, connection:
        connection.execute("UPDATE passages SET text = x'79' WHERE passage_id = 1")
        query = "SELECT path FROM passages JOIN documents USING (document_id) WHERE passage_id = 1"
        return Path(connection.execute(query).fetchone()[0].decode()).name


def test_a_sound_index_is_0(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    for flags in ([], ["--full"]):
        assert run("check", *flags, index=library.index_folder) == 0
        assert " is sound; " in capsys.readouterr().out
    assert run("check", "--json", index=library.index_folder) == 0
    assert json.loads(capsys.readouterr().out) == {
        "schema": "dragoman.check/1",
        "index": {"folder": str(library.index_folder)},
        "full": False,
        "sound": True,
        "findings": [],
    }


def test_damage_is_1_and_named_with_what_helps(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    name = spoil(library.index_folder)
    assert run("check", "--full", index=library.index_folder) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(
        f"I9 damage: {name}: 1 of its texts are not what was stored. `dragoman repair`"
    )
    assert lines[-1].startswith(f"the index in {library.index_folder} is damaged")
    assert run("check", "--full", "--json", index=library.index_folder) == 1
    shape = json.loads(capsys.readouterr().out)
    assert shape["sound"] is False
    assert [(finding["invariant"], finding["severity"]) for finding in shape["findings"]] == [
        ("I9", "damage")
    ]
    assert Path(shape["findings"][0]["path"]).name == name


def test_what_is_only_left_over_is_told_and_0(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    (IndexPaths(library.index_folder).scratch / "half\x1b[2J").touch()
    assert run("check", index=library.index_folder) == 0
    said = capsys.readouterr().out
    assert "I7 note: " in said
    assert "\x1b" not in said
    assert run("gc", index=library.index_folder) == 0
    assert "deleted: " in capsys.readouterr().err
    assert run("check", index=library.index_folder) == 0
    assert "I7" not in capsys.readouterr().out


def test_a_repair_names_what_it_takes_out(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    name = spoil(library.index_folder)
    assert run("repair", "--dry-run", index=library.index_folder) == 1
    assert f"might be taken out: {name}; ingest its folder" in capsys.readouterr().out
    assert run("repair", "--dry-run", "--json", index=library.index_folder) == 1
    assert [Path(path).name for path in json.loads(capsys.readouterr().out)["lost"]] == [name]
    assert run("repair", index=library.index_folder) == 0
    said = capsys.readouterr().out
    assert f"taken out: {name}; ingest its folder to read it again\n" in said
    assert said.endswith(f"the index in {library.index_folder} is sound\n")
    assert check(library.index_folder, full=True) == []


def test_starting_anew_is_the_last_resort(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    IndexPaths(library.index_folder).database.write_bytes(b"\xa5" * 8192)
    assert run("check", index=library.index_folder) == 3
    assert run("repair", index=library.index_folder) == 3
    assert "--start-anew" in capsys.readouterr().err
    assert run("repair", "--start-anew", index=library.index_folder) == 0
    assert "in quarantine: " in capsys.readouterr().out
    assert run("status", index=library.index_folder) == 3


def test_a_rebuild_and_a_backup_are_told(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("rebuild", index=library.index_folder) == 0
    assert run("backup", str(tmp_path / "copy"), index=library.index_folder) == 0
    assert "every one of them checked" in capsys.readouterr().err
    assert run("backup", str(tmp_path / "copy"), index=library.index_folder) == 2
    assert run("status", index=tmp_path / "copy") == 0


def test_a_purge_asks_first(
    library: Library, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    assert run("purge", "bread.md", index=library.index_folder) == 2
    assert "Give --yes." in capsys.readouterr().err
    assert run("purge", "bread.md", "--yes", index=library.index_folder) == 0
    assert "purged: bread.md\n1 files are forgotten" in capsys.readouterr().err
    with Index.open(library.index_folder) as index:
        assert library.files / "bread.md" not in index.stamps()


@pytest.mark.parametrize(
    "command",
    [
        ["check"],
        ["repair"],
        ["repair", "--dry-run"],
        ["rebuild"],
        ["gc"],
        ["backup", "copy"],
        ["purge", "x", "--yes"],
    ],
)
def test_no_index_is_3(tmp_path: Path, command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*command, index=tmp_path / "nothing") == 3
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize("command", [["repair"], ["rebuild"], ["gc"], ["purge", "x", "--yes"]])
def test_an_index_that_is_written_to_is_11(library: Library, command: list[str]) -> None:
    lock = WriterLock(IndexPaths(library.index_folder).lock)
    try:
        assert run(*command, index=library.index_folder) == 11
        assert run("check", index=library.index_folder) == 0
    finally:
        lock.release()
