"""Results of a search are held against the files that they quote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from index_data.index import Index
from search.query import Query
from search.searcher import Searcher
from terminal.answer import answer
from terminal.cli import main
from terminal.json_output import json_text, jsonl_text

if TYPE_CHECKING:
    from tests.terminal.conftest import Library

PLAIN = ("bread.md", "brot.md", "面包.txt", "خبز.txt")


@pytest.fixture
def exported(library: Library) -> Path:
    """Results about plain files; those that imitate PDFs are no PDFs."""
    with Index.open(library.index_folder) as index:
        found = answer(Searcher(index, library.embedder), Query("bread", limit=20), library.index_folder)
    shape = json.loads(json_text(found, evidence=True))
    shape["results"] = [result for result in shape["results"] if Path(result["path"]).name in PLAIN]
    file = library.files / "found.json"
    file.write_text(json.dumps(shape, ensure_ascii=False), encoding="utf-8")
    return file


def changed(file: Path, **fields: object) -> Path:
    """Change the first result."""
    shape = json.loads(file.read_text(encoding="utf-8"))
    shape["results"][0] |= fields
    file.write_text(json.dumps(shape), encoding="utf-8")
    return file


def test_what_was_exported_stands_in_its_files(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(exported)]) == 0
    assert capsys.readouterr().out == "7 of 7 stand where they are said to\n"
    assert main(["verify", "--json", str(exported)]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "schema": "dragoman.verify/1",
        "checked": 7,
        "holds": 7,
        "findings": [],
    }


def test_lines_are_read_too(library: Library, exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Index.open(library.index_folder) as index:
        searcher = Searcher(index, library.embedder)
        lines = jsonl_text(answer(searcher, Query("bread", limit=1), library.index_folder))
    file = library.files / "found.jsonl"
    file.write_text(lines, encoding="utf-8")
    assert main(["verify", str(file)]) == 0
    file.write_text(lines + lines, encoding="utf-8")
    assert main(["verify", str(file)]) == 0
    assert "2 of 2" in capsys.readouterr().out
    file.write_text(lines.split("\n", 1)[1], encoding="utf-8")
    assert main(["verify", str(file)]) == 2
    assert "lines are missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    "fields", [{"char": [1, 5], "byte": None}, {"text": "Something else."}, {"snippet": "Never."}]
)
def test_a_place_that_gives_another_text_is_1(
    exported: Path, fields: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(changed(exported, **fields))]) == 1
    assert "6 of 7" in capsys.readouterr().out


def test_files_that_changed_or_went_are_named(
    library: Library, exported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (library.files / "brot.md").write_text("Anderes Brot.", encoding="utf-8")
    (library.files / "面包.txt").unlink()
    assert main(["verify", "--json", str(exported)]) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert {(Path(finding["path"]).name, finding["verdict"]) for finding in findings} == {
        ("brot.md", "stale"),
        ("面包.txt", "gone"),
    }


def test_without_a_file_the_index_is_held_against_its_files(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    index = ["--index", str(library.index_folder)]
    assert main(["verify", *index]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert {line.split(":")[0] for line in lines[:-1]} == {"tax.pdf", "ขนมปัง.pdf"}
    assert main(["verify", *index, "--passage", "1"]) == 0
    assert main(["verify", *index, "--passage", "4711"]) == 2
    assert "there is no passage 4711" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content", ["", "no json", "[1]", "{}", '{"schema": "dragoman.search/1"}', '{"schema": 1}']
)
def test_what_is_no_answer_is_one_clear_error(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "odd.json"
    file.write_text(content, encoding="utf-8")
    assert main(["verify", str(file)]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"dragoman: {file} holds no results of a search")
    assert len(error.splitlines()) == 2
