"""Many questions, one process: each line its answers, a bad one its line on stderr."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_data.errors import UsageError
from search.query import Query
from terminal.batch import batch_lines, batch_query
from terminal.cli import main
from terminal.json_output import schema_text

if TYPE_CHECKING:
    from tests.terminal.conftest import Library

BY_WORDS = ("--mode", "lexical", "--no-rerank")


def run(library: Library, *arguments: str) -> int:
    return main(["search", "--index", str(library.index_folder), *BY_WORDS, *arguments])


def lines_of(text: str) -> list[dict[str, Any]]:
    schema = json.loads(schema_text())
    lines = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        jsonschema.validate(line, {"$ref": "#/$defs/jsonl_line", "$defs": schema["$defs"]})
    return lines


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    file = tmp_path / "questions.jsonl"
    rows = [
        '{"id": "q1", "query": "bread lang:en", "limit": 1}',
        "brot -klang",
        "",
        '{"query": "zymurgy"}',
        '{"id": 7, "query": "bread brot", "lang": ["de"]}',
    ]
    file.write_text("\n".join(rows), encoding="utf-8")
    return file


def test_each_question_has_its_hits_and_a_summary(
    library: Library, questions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(library, "--batch", str(questions)) == 0
    said, told = capsys.readouterr()
    assert told == ""
    lines = lines_of(said)
    summaries = {line["id"]: line for line in lines if line["type"] == "summary"}
    assert list(summaries) == ["q1", 2, 4, 7]
    assert [summary["count"] for summary in summaries.values()] == [1, 1, 0, 2]
    assert summaries["q1"]["query"]["words"] == "bread"
    assert summaries[2]["query"]["excluded"] == ["klang"]
    assert summaries[7]["query"]["filters"]["languages"] == ["de"]
    assert [line["id"] for line in lines if line["type"] == "result"] == ["q1", 2, 7, 7]
    assert {line["language"] for line in lines if line["type"] == "result" and line["id"] == 7} == {"de"}


def test_questions_from_stdin_into_a_file(
    library: Library, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("\ufeffbread\r\nНет\n".encode())))
    assert run(library, "--batch", "-", "--lang", "en", "-o", str(tmp_path / "found")) == 0
    assert capsys.readouterr() == ("", "")
    lines = lines_of((tmp_path / "found").read_text(encoding="utf-8"))
    assert [line["query"]["text"] for line in lines if line["type"] == "summary"] == ["bread", "Нет"]
    assert {line["language"] for line in lines if line["type"] == "result"} == {"en"}


def test_a_bad_line_is_told_and_the_run_goes_on(
    library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = [
        b"{",
        b'{"id": 1}',
        b'{"query": 5}',
        b'{"query": "x", "limit": 0}',
        b'{"query": "x", "limit": true}',
        b'{"query": "x", "lang": [1]}',
        b'{"query": "x", "id": null}',
        b'{"query": "x", "langs": "de"}',
        b'{"query": "lang:de"}',
        b'{"query": "x", "lang": "xx"}',
        b"\xff\xfe",
        b"lnag:de x\x1b]0;pwned\x07",
        b"x" * (1 << 20) + b"y",
        b"[" * 100_000,
    ]
    file = tmp_path / "questions"
    file.write_bytes(b"\n".join([*bad[:-1], b"bread", b'{"query": ' + bad[-1]]))
    assert run(library, "--batch", str(file)) == 2
    said, told = capsys.readouterr()
    assert [line["id"] for line in lines_of(said) if line["type"] == "summary"] == [len(bad)]
    numbers = [*range(1, len(bad)), len(bad) + 1]
    assert [line.partition(": ")[2].partition(":")[0] for line in told.splitlines()] == [
        f"line {number}" for number in numbers
    ]
    assert "\x1b" not in told


def test_no_hit_at_all_is_1(library: Library, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "questions"
    file.write_text("zymurgy\nzythum\n", encoding="utf-8")
    assert run(library, "--batch", str(file)) == 1
    assert run(library, "--batch", str(file), "--exit-zero") == 0
    assert len(lines_of(capsys.readouterr().out)) == 4


@pytest.mark.parametrize("arguments", [["bread"], ["--json"], ["--format", "csv"]])
def test_a_batch_has_no_question_of_its_own(
    library: Library, questions: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert run(library, "--batch", str(questions), *arguments) == 2
    assert capsys.readouterr().err.startswith("dragoman: a batch takes its questions from a file")


def test_a_file_that_is_not_there(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(library, "--batch", "nowhere.jsonl") == 2
    assert "nowhere.jsonl" in capsys.readouterr().err


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_no_line_raises_anything_else(raw: list[bytes]) -> None:
    stream = io.BytesIO(b"\n".join([*raw, b'{"query": ' + b"".join(raw) + b"}"]))
    for line in batch_lines(stream):
        try:
            query_id, query = batch_query(line, Query("", limit=3))
        except UsageError:
            continue
        assert (query_id, query.limit) == (line.number, 3)
