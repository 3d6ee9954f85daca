"""What is done with the number of a passage: `get`, `similar`, `open`, `explain`, `--like`."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from index_data.index import Index
from index_data.records import FileStamp
from terminal.cli import main
from terminal.json_output import schema_text

if TYPE_CHECKING:
    from tests.terminal.conftest import Library

BY_WORDS = ("--mode", "lexical")


def run(command: str, *arguments: str, index: Path) -> int:
    return main([command, "--index", str(index), *arguments])


def ids_of(library: Library, name: str) -> list[int]:
    with Index.open(library.index_folder) as index:
        return index.lookup.passages_of(library.files / name)


def test_get_prints_a_passage_whole_and_its_neighbours(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, third = ids_of(library, "bread.md")
    assert run("get", f"#{second}", index=library.index_folder) == 0
    said, told = capsys.readouterr()
    assert told == ""
    assert said == (
        "How to bake bread  bread.md\n"
        f"#{second}  line 3  en\n"
        "Let the bread rise for an hour in a warm place. Then bake it in a hot oven until it is brown.\n"
    )
    assert run("get", f"{second}:1:1", index=library.index_folder) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line.startswith("#")] == [
        f"#{first}",
        f"#{second}",
        f"#{third}",
    ]


def test_get_as_json_gives_what_search_gives(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("search", "klang", *BY_WORDS, "--json", "-n", "1", index=library.index_folder) == 0
    [result] = json.loads(capsys.readouterr().out)["results"]
    assert run("get", "--json", str(result["passage_id"]), index=library.index_folder) == 0
    shape = json.loads(capsys.readouterr().out)
    assert shape["schema"] == "dragoman.get/1"
    [passage] = shape["passages"]
    assert passage == {field: result[field] for field in passage}
    assert passage["text"] == result["text"]


@pytest.mark.parametrize("command", ["get", "open", "similar", "explain"])
def test_a_number_that_is_not_there_is_told(
    library: Library, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    arguments = ("brot", "999", *BY_WORDS) if command == "explain" else ("999",)
    assert run(command, *arguments, index=library.index_folder) == 2
    said, told = capsys.readouterr()
    assert said == ""
    assert "there is no passage #999" in told


@pytest.mark.parametrize("command", ["get", "open"])
@pytest.mark.parametrize("wrong", ["x", "12x", "-1", "1:2:3:4", "٣", "9" * 40])
def test_what_is_no_number_is_refused(
    library: Library, capsys: pytest.CaptureFixture[str], command: str, wrong: str
) -> None:
    assert run(command, "--", wrong, index=library.index_folder) == 2
    assert capsys.readouterr().out == ""


def test_similar_takes_a_number_or_a_file_and_all_shapes(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *_ = ids = ids_of(library, "bread.md")
    assert run("similar", str(first), "--json", index=library.index_folder) == 0
    shape = json.loads(capsys.readouterr().out)
    jsonschema.validate(shape, json.loads(schema_text()))
    assert shape["query"]["like"] == [first]
    assert first not in [result["passage_id"] for result in shape["results"]]
    assert run("similar", "bread.md", "--jsonl", "--lang", "de", index=library.index_folder) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["language"] for line in lines[:-1]} == {"de"}
    assert lines[-1]["query"]["like"] == ids
    for shape_name in ("text", "csv", "md"):
        assert run("similar", "bread.md", "--format", shape_name, index=library.index_folder) == 0
        said = capsys.readouterr().out
        assert "brot.md" in said
        assert "bread.md" not in said
    assert run("similar", "nowhere.md", index=library.index_folder) == 2
    assert "not in the index" in capsys.readouterr().err


def test_words_alone_cannot_be_moved(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("search", "brot", *BY_WORDS, "--like", "1", index=library.index_folder) == 2
    assert "cannot be moved" in capsys.readouterr().err


def test_per_doc_and_all_reach_the_search(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    def found(*flags: str) -> list[str]:
        assert run("search", "bread brot", *BY_WORDS, "--json", *flags, index=library.index_folder) == 0
        return [result["path"] for result in json.loads(capsys.readouterr().out)["results"]]

    once = found("--per-doc", "1")
    assert len(once) == len(set(once)) == 2
    assert len(found("--per-doc", "1", "--all")) > 2


def test_open_prints_or_runs_the_editor_at_the_line(
    library: Library, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    passage_id = ids_of(library, "bread.md")[1]
    path = library.files / "bread.md"
    editor = library.files / "my editor"
    editor.write_text('#!/bin/sh\nprintf "%s|" "$@" > "$0.seen"\n', encoding="utf-8")
    editor.chmod(0o755)
    monkeypatch.setenv("VISUAL", shlex.quote(str(editor)))
    assert run("open", "--print", str(passage_id), index=library.index_folder) == 0
    assert shlex.split(capsys.readouterr().out) == [str(editor), "+3", "--", str(path)]
    assert not editor.with_name("my editor.seen").exists()
    assert run("open", str(passage_id), index=library.index_folder) == 0
    assert editor.with_name("my editor.seen").read_text(encoding="utf-8") == f"+3|--|{path}|"
    assert capsys.readouterr() == ("", "")
    path.write_text("Something else.", encoding="utf-8")
    assert run("open", str(passage_id), index=library.index_folder) == 0
    assert "has changed since it was read" in capsys.readouterr().err
    path.unlink()
    assert run("open", str(passage_id), index=library.index_folder) == 2
    assert "has gone" in capsys.readouterr().err


def test_open_takes_the_viewer_of_the_settings(
    library: Library, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    [passage_id] = ids_of(library, "tax.pdf")
    monkeypatch.setenv("DRAGOMAN_VIEWER", "okular")
    assert run("open", "--print", str(passage_id), index=library.index_folder) == 0
    assert capsys.readouterr().out == f"okular -p 1 {library.files / 'tax.pdf'}\n"
    arguments = ("--print", "--viewer", "x {page} {path}", str(passage_id))
    assert run("open", *arguments, index=library.index_folder) == 0
    assert capsys.readouterr().out == f"x 1 {library.files / 'tax.pdf'}\n"


def explain(library: Library, *arguments: str) -> int:
    return run("explain", *BY_WORDS, *arguments, index=library.index_folder)


def test_explain_shows_the_words_of_each_hit(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(library, "brot klang") == 0
    said, told = capsys.readouterr()
    assert told == ""
    assert said.startswith("words asked for, and passages that have them: brot (2), klang (1)\n")
    assert "rank 1, BM25" in said
    assert explain(library, "zebra") == 1
    (library.files / "brot.md").write_text("Brot und Klang.", encoding="utf-8")
    explain(library, "brot klang")
    assert "has changed or gone since it was read" in capsys.readouterr().out


def test_explain_as_json(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert explain(library, "brot klang", "tax.pdf", "--json") == 0
    shape = json.loads(capsys.readouterr().out)
    assert shape["schema"] == "dragoman.explain/1"
    assert shape["words"] == [{"word": "brot", "passages": 2}, {"word": "klang", "passages": 1}]
    assert shape["stages"]["lexical"] == shape["stages"]["hits"] == len(shape["hits"]) == 2
    assert [hit["final"] for hit in shape["hits"]] == [1, 2]
    assert shape["target"]["fate"] == "not proposed"
    assert shape["absent"] is None


@pytest.mark.parametrize(
    ("arguments", "verdict"),
    [
        (("brot", "brot.md"), "is hit 1."),
        (("brot", "brot.md", "--lang", "en"), "is filtered out by lang:en."),
        (("brot", "brot.md", "--path", "*/bread*", "--type", "md"), "is filtered out by path:*/bread*."),
        (("brot", "tax.pdf"), "is not among the 100 best of any channel."),
        (("brot", "brot.md", "--min-score", "0.9"), "below --min-score 0.9."),
        (("brot", "nowhere.md"), "Not found: there is no such file."),
        (("brot", "."), "Not found: it is a folder"),
        (("brot", "new.md"), "Not found: it was never read"),
        (("brot", "left-out/ignored.md"), "left-out."),
        (("brot", "picture.jpg"), "Not found: it is not of a kind that is read."),
        (("brot", ".hidden.md"), "Not found: .hidden.md is hidden"),
        (("brot", "locked.pdf"), "Not found: it could not be read: it is encrypted (tried 2 times)."),
    ],
)
def test_explain_says_why_a_file_is_no_hit(
    library: Library, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], verdict: str
) -> None:
    (library.files / ".dragomanignore").write_text("left-out/\n", encoding="utf-8")
    (library.files / "left-out").mkdir()
    for name in ("new.md", "left-out/ignored.md", "picture.jpg", ".hidden.md"):
        (library.files / name).write_text("brot", encoding="utf-8")
    with Index.open(library.index_folder) as index:
        made_by = index.fingerprint
    with Index.create_or_open(library.index_folder, made_by) as index:
        stamp = FileStamp(1, 1, "00")
        index.record_unread(library.files / "locked.pdf", stamp, "it is encrypted", attempts=2)
    explain(library, *arguments)
    assert verdict in capsys.readouterr().out


def test_nothing_of_a_hostile_document_reaches_the_screen(
    hostile_library: Library, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Index.open(hostile_library.index_folder) as index:
        every_id = [str(passage_id) for passage_id in index.passage_ids()]
    folder = hostile_library.index_folder
    assert run("get", *every_id, index=folder) == 0
    assert run("get", "--json", *every_id, index=folder) == 0
    assert run("explain", *BY_WORDS, "pwned", every_id[0], index=folder) == 0
    assert run("explain", *BY_WORDS, "pwned", every_id[0], "--json", index=folder) == 0
    assert run("similar", every_id[0], index=folder) == 0
    monkeypatch.setenv("VISUAL", "vim")
    for passage_id in every_id:
        assert run("open", "--print", passage_id, index=folder) == 0
    said, told = capsys.readouterr()
    assert not set(said + told) & set("\x1b\x07\x9b\u202e")
