"""Encoders of other kinds, from a folder on disk to hits on stdout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from terminal.cli import main
from tests.encoder.test_m3 import checkpoint as m3_checkpoint

TEXTS = {
    "ice.txt": "in winter the river froze the children skated to the bridge\n",
    "bread.txt": "a baker opens his shop at five every day\n",
}


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def ask(
    capsys: pytest.CaptureFixture[str], index: Path, question: str, *options: str
) -> list[dict[str, Any]]:
    assert main(["search", "--index", str(index), "--json", question, *options]) == 0
    results: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["results"]
    return results


def test_a_bidirlm_folder(
    gemma_folder: Path, documents: Path, index_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = ["--index", str(index_folder)]
    assert (
        main(["ingest", *index, "--model", str(gemma_folder), "--window-tokens", "32000", str(documents)])
        == 0
    )
    told = capsys.readouterr().err
    assert f"encoder: {gemma_folder}, as asked for; on cpu" in told
    hits = ask(capsys, index_folder, "the river froze in winter")
    assert {Path(hit["path"]).name for hit in hits} == set(TEXTS)  # random weights know no better
    assert hits[0]["channels"]["sparse"] is None
    assert hits[0]["channels"]["rerank"] is not None


def test_bge_m3_weighs_words(
    tmp_path: Path, documents: Path, index_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = m3_checkpoint(tmp_path / "m3")
    arguments = ["--model", str(folder), "--passage-tokens", "20", str(documents)]
    assert main(["ingest", "--index", str(index_folder), *arguments]) == 0
    capsys.readouterr()
    hits = ask(capsys, index_folder, "the river froze")
    assert Path(hits[0]["path"]).name == "ice.txt"
    assert hits[0]["channels"]["sparse"] > 0
    dense = ask(capsys, index_folder, "the river froze", "--mode", "dense")
    assert all(hit["channels"]["sparse"] is None for hit in dense)
