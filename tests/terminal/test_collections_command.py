from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from index_data.cluster.elsewhere import Elsewhere
from index_data.lock import WriterLock
from index_data.paths import IndexPaths
from terminal.cli import main
from terminal.collections import collection

if TYPE_CHECKING:
    from tests.terminal.conftest import Library


@pytest.fixture
def papers(library: Library) -> Path:
    """Give the library's index a name."""
    folder = collection("papers").folder
    folder.parent.mkdir(parents=True)
    library.index_folder.rename(folder)
    return folder


def test_a_collection_stands_for_its_folder(papers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("search", "brot", "--mode", "lexical", "--paths")
    assert main([*asked, "-c", "papers"]) == 0
    by_name = capsys.readouterr().out
    assert main([*asked, "--index", str(papers)]) == 0
    assert capsys.readouterr().out == by_name != ""
    assert main([*asked, "-c", "paper"]) == 3
    assert f"there is no index in {papers.parent / 'paper'}" in capsys.readouterr().err


def test_both_a_folder_and_a_name_are_a_misuse(papers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "-c", "papers", "--index", str(papers)]) == 2
    assert "both a folder and a collection" in capsys.readouterr().err


def test_a_name_leads_nowhere_else(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("../evil", "a/b", ".hidden", "", "x" * 65, "a\x1b"):
        assert main(["status", "--collection", name]) == 2
        told = capsys.readouterr().err
        assert "is no name of a collection" in told or "--collection is ''" in told
        assert "\x1b" not in told


def test_collections_are_listed_with_what_they_hold(papers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = IndexPaths(collection("broken").folder).database
    broken.parent.mkdir()
    broken.write_bytes(b"nothing of an index")
    assert main(["collections", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["broken", "papers"]
    assert " 6 documents " in lines[1]
    assert main(["collections", "list", "--json"]) == 0
    said, told = capsys.readouterr()
    assert told == ""
    shape = json.loads(said)
    assert shape["schema"] == "dragoman.collections/1"
    found = {one["name"]: (one["documents"], one["problem"] is None) for one in shape["collections"]}
    assert found == {"broken": (None, False), "papers": (6, True)}
    assert main(["collections", "show", "papers", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["collections"] == shape["collections"][1:]


def test_without_any_it_is_said_how_to_make_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["collections", "list"]) == 0
    said, told = capsys.readouterr()
    assert said == ""
    assert "dragoman ingest --collection NAME PATH" in told
    assert main(["collections", "show", "none"]) == 3
    assert main(["collections", "remove", "--yes", "none"]) == 3


def test_nothing_is_removed_without_a_yes(papers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["collections", "remove", "papers"]) == 2
    assert "Give --yes." in capsys.readouterr().err
    assert papers.is_dir()
    assert main(["collections", "remove", "--yes", "--json", "papers"]) == 0
    removed = {"name": "papers", "folder": str(papers), "left": []}
    assert json.loads(capsys.readouterr().out) == {"schema": "dragoman.collections/1", "removed": removed}
    assert list(papers.parent.iterdir()) == []


def test_what_stays_on_servers_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    servers = ("milvus://db.example:19530/papers", "postgresql://me@db.example/papers")
    folder = collection("far").folder
    Elsewhere.parse(*servers).keep(folder)
    assert main(["collections", "remove", "--yes", "--json", "far"]) == 0
    said, told = capsys.readouterr()
    assert json.loads(said)["removed"]["left"] == list(servers)
    assert f"What it holds stays in {servers[0]} and {servers[1]}" in told
    assert not folder.exists()


def test_nothing_is_removed_under_a_writer(papers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = WriterLock(IndexPaths(papers).lock)
    assert main(["collections", "remove", "--yes", "papers"]) == 11
    assert IndexPaths(papers).database.is_file()
    lock.release()
    assert main(["collections", "remove", "--yes", "papers"]) == 0
    assert not papers.exists()


def test_what_a_link_leads_to_is_not_removed(papers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    link = collection("link").folder
    link.symlink_to(papers)
    assert main(["collections", "remove", "--yes", "link"]) == 2
    assert "is a link" in capsys.readouterr().err
    assert IndexPaths(papers).database.is_file()
