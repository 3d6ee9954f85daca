"""What people said of hits is read line by line; what cannot be used is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from encoder.tuning.judgements import BadRow, Judgement, read_judgements
from index_data.errors import UsageError
from index_data.records import StoredPassage

MakeStored = Callable[..., StoredPassage]


@pytest.fixture
def passages(stored: MakeStored) -> list[StoredPassage]:
    return [stored(1, "a.md", "one"), stored(2, "a.md", "two"), stored(3, "b.md", "three")]


def written(folder: Path, *lines: object) -> Path:
    file = folder / "judgements.jsonl"
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    file.write_text(text, encoding="utf-8")
    return file


def test_a_path_means_all_its_passages(tmp_path: Path, passages: list[StoredPassage]) -> None:
    file = written(
        tmp_path,
        {"query": "what?", "relevant": ["/documents/a.md", 2], "not_relevant": [3]},
        "",
        {"query": "who?", "relevant": [3]},
    )
    good, bad = read_judgements(file, passages)
    assert good == [Judgement("what?", (1, 2), (3,)), Judgement("who?", (3,), ())]
    assert bad == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "Expecting property name"),
        ("[" * 100_000, ""),
        ([], "no JSON object"),
        ({"query": " ", "relevant": [1]}, "no query"),
        ({"query": 5, "relevant": [1]}, "no query"),
        ({"query": "q"}, "nothing relevant"),
        ({"query": "q", "relevant": []}, "nothing relevant"),
        ({"query": "q", "relevant": 1}, "'relevant' is no list"),
        ({"query": "q", "relevant": [9]}, "9 is none of the passages"),
        ({"query": "q", "relevant": [True]}, "True is none of the passages"),
        ({"query": "q", "relevant": ["/documents/c.md"]}, "c.md is none of the documents"),
        ({"query": "q", "relevant": [1], "not_relevant": ["/documents/a.md"]}, "passage 1 is both"),
        ({"query": "q", "relevant": [1], "relevent": [2]}, "no 'relevent'"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(
    tmp_path: Path, passages: list[StoredPassage], line: object, reason: str
) -> None:
    good, bad = read_judgements(written(tmp_path, {"query": "q", "relevant": [1]}, line), passages)
    assert len(good) == 1
    assert [row.line for row in bad] == [2]
    assert isinstance(bad[0], BadRow)
    assert reason in bad[0].reason


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        read_judgements(tmp_path / "none.jsonl", [])
