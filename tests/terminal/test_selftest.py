from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from index_data.index import Index
from terminal import wiring
from terminal.cli import main
from terminal.selftest_output import WORTH

if TYPE_CHECKING:
    from tests.conftest import LetterEmbedder
    from tests.terminal.conftest import Library


@pytest.fixture(autouse=True)
def _letters(letter_embedder: LetterEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "_load_embedder", lambda _settings, _made_by, _announce: letter_embedder)


def run(index: Path, *words: object) -> int:
    return main(["selftest", "--index", str(index), *map(str, words)])


def test_the_tables_and_what_they_are_worth(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    with Index.open(library.index_folder) as index:
        before = index.generation
    assert run(library.index_folder, "--questions", 8) == 0
    said, told = capsys.readouterr()
    assert said.startswith("6 documents, 9 passages, by letters, hybrid, re-ranked\n")
    assert "headings, each to find" in said
    assert "sentences, each to find" in said
    assert "among 9 of your passages" in said
    assert said.endswith(WORTH)
    assert not told
    with Index.open(library.index_folder) as index:
        assert index.generation == before


def test_json_and_the_seed(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    shapes = []
    for _ in range(2):
        assert run(library.index_folder, "--json", "--questions", 3, "--mode", "dense", "--no-rerank") == 0
        shapes.append(json.loads(capsys.readouterr().out))
    assert shapes[0] == shapes[1]
    assert (shapes[0]["schema"], shapes[0]["asked"]) == ("dragoman.selftest/1", "dense")
    everything = shapes[0]["facts"][0]
    assert (everything["query_language"], everything["fact_language"], everything["questions"]) == (
        None,
        None,
        3,
    )


def test_hostile_documents(hostile_library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(hostile_library.index_folder, "--questions", 1) == 0
    said, told = capsys.readouterr()
    assert not {"\x1b", "\x9b", "\u202e"} & set(said + told)
