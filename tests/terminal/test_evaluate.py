"""`dragoman eval` as a user types it, over the real ingester and the real search."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ir_measures
import pytest

from index_data.index import Index
from search.evaluation.measures import MEASURES
from search.evaluation.ways import Way
from terminal import wiring
from terminal.cli import main

if TYPE_CHECKING:
    from tests.conftest import LetterEmbedder

DOCUMENTS = {
    "tea": ("en", "Tea", "Pour boiling water on black tea and let it stand."),
    "Zug \x1b[2J": ("de", "", "Der Zug fährt um neun Uhr vom Bahnhof ab."),
    "rain": ("en", "Rain", "Rain fell on the hills all night, and the river rose. " * 60),
    "empty": ("en", "", ""),
}


@pytest.fixture(autouse=True)
def _letters(letter_embedder: LetterEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "_load_embedder", lambda _settings, _made_by, _announce: letter_embedder)


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    (folder / "qrels").mkdir(parents=True)
    rows = [
        {"_id": name, "title": title, "text": text, "lang": language}
        for name, (language, title, text) in DOCUMENTS.items()
    ]
    asked = [
        ("q1", "en", "black tea"),
        ("q2", "de", "Zug am Bahnhof"),
        ("q3", "en", "the river rose at night"),
    ]
    queries = [{"_id": name, "lang": language, "text": text} for name, language, text in asked]
    for name, content in (("corpus", rows), ("queries", queries)):
        lines = [json.dumps(row) + "\n" for row in content]
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
    qrels = "q1\ttea\t1\nq2\tZug \x1b[2J\t2\nq3\train\t1\n"
    (folder / "qrels" / "test.tsv").write_text(qrels, encoding="utf-8")
    return folder


def evaluated(folder: Path, *words: object) -> int:
    return main(["eval", "--work", str(folder.parent / "work"), *map(str, words), str(folder)])


def test_the_table_and_the_runs(judged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluated(judged) == 0
    said, told = capsys.readouterr()
    assert said.startswith("set/test: 3 queries, 3 documents, ")
    assert re.findall(r"^(\S+) +queries", said, re.MULTILINE) == [way.value for way in Way]
    assert re.search(r"^de -> de +1 +1\.000 ", said, re.MULTILINE)
    assert "1 documents hold nothing that can be read, and cannot be found: empty" in told
    assert "\x1b" not in said + told
    [runs] = (judged.parent / "work").glob("set-*/runs")
    assert {file.name for file in runs.iterdir()} == {*(f"{way}.run" for way in Way), "judgements.qrels"}


def test_what_is_printed_is_what_ir_measures_says_of_the_run(
    judged: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluated(judged, "--json", "--runs", tmp_path / "runs") == 0
    said, told = capsys.readouterr()
    shape = json.loads(said)
    assert shape["schema"] == "dragoman.eval/1"
    written = str(tmp_path / "runs" / "judgements.qrels")
    qrels = list(ir_measures.read_trec_qrels(written))  # type: ignore[no-untyped-call]
    for way, found in shape["ways"].items():
        file = str(tmp_path / "runs" / f"{way}.run")
        run = list(ir_measures.read_trec_run(file))  # type: ignore[no-untyped-call]
        assert len({row.doc_id for row in run if row.query_id == "q3"}) == len(
            [row for row in run if row.query_id == "q3"]
        )
        values = ir_measures.calc_aggregate(list(MEASURES.values()), qrels, run)
        assert found[0]["measures"]["nDCG@10"]["mean"] == pytest.approx(values[MEASURES["nDCG@10"]], abs=1e-4)
    assert "queries" not in told


def test_the_index_is_kept_and_only_changes_are_read(judged: Path, letter_embedder: LetterEmbedder) -> None:
    assert evaluated(judged, "-q", "--way", "dense") == 0
    first = letter_embedder.embedded_windows
    assert evaluated(judged, "-q", "--way", "dense") == 0
    assert letter_embedder.embedded_windows == first
    with (judged / "corpus.jsonl").open("a", encoding="utf-8") as corpus:
        corpus.write('{"_id": "new", "text": "A new document on trains."}\n')
    assert evaluated(judged, "-q", "--way", "dense") == 0
    assert letter_embedder.embedded_windows == first + 1


def test_another_encoder_begins_anew(judged: Path, letter_embedder: LetterEmbedder) -> None:
    assert evaluated(judged, "-q", "--way", "dense") == 0
    first = letter_embedder.embedded_windows
    letter_embedder.fingerprint = "letter-counts-2"
    assert evaluated(judged, "-q", "--way", "dense") == 0
    assert letter_embedder.embedded_windows == 2 * first


def test_a_gate(judged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluated(judged, "--gate", "nDCG@10>=0.5", "--gate", "lexical:MRR@10>=0.5") == 0
    capsys.readouterr()
    (judged / "qrels" / "test.tsv").write_text("q1\train\t1\n", encoding="utf-8")
    assert evaluated(judged, "--gate", "recall@1>=0.5") == 1
    assert "below the gate: re-ranked recall@1 is 0.0000, not 0.5" in capsys.readouterr().err
    assert evaluated(judged, "--gate", "nDCG>=0.5") == 2
    assert evaluated(judged, "--way", "dense", "--gate", "hybrid:nDCG@10>=0.5") == 2
    assert "nothing is asked hybrid" in capsys.readouterr().err


def test_a_folder_of_documents(judged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (judged / "corpus.jsonl").unlink()
    (judged / "corpus").mkdir()
    for name in ("tea", "rain"):
        (judged / "corpus" / f"{name}.md").write_text(DOCUMENTS[name][2], encoding="utf-8")
    (judged / "corpus" / ".dragomanignore").write_text("*\n", encoding="utf-8")
    (judged / "qrels" / "test.tsv").write_text("q1\ttea\t1\nq3\train.md\t1\n", encoding="utf-8")
    assert evaluated(judged, "--gate", "dense:nDCG@10>=0.9") == 0
    assert "not asked: 1 queries that have no judgement" in capsys.readouterr().err


def test_an_index_that_is_there(
    judged: Path, tmp_path: Path, index_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for name, (_, _, text) in DOCUMENTS.items():
        if text:
            (files / f"{name[:4].strip()}.txt").write_text(text, encoding="utf-8")
    assert main(["ingest", "-q", "--index", str(index_folder), str(files)]) == 0
    with Index.open(index_folder) as index:
        before = index.generation
    (judged / "qrels" / "test.tsv").write_text(f"q1\ttea.txt\t1\nq3\t{files}/rain.txt\t1\n", encoding="utf-8")
    assert evaluated(judged, "--index", index_folder, "--gate", "dense:nDCG@10>=0.9", "--json") == 0
    shape: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert shape["index"]["folder"] == str(index_folder)
    assert shape["set"]["unjudged"] == 1
    with Index.open(index_folder) as index:
        assert index.generation == before
    (judged / "corpus.jsonl").unlink()
    (judged / "qrels" / "test.tsv").write_text("q1\tgone.txt\t1\n", encoding="utf-8")
    assert evaluated(judged, "--index", index_folder) == 2
    assert "judged with 'gone.txt', which is no document" in capsys.readouterr().err
