"""What peers answer is measured as our own rankings are, and the worker asks and times what it was told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.peers.__main__ import WORKER, Failed, quality, run
from benchmarks.peers.questions import sample_questions
from search.evaluation.judged_set import JudgedQuery

QUERIES = [JudgedQuery("a", "?", "en", {"x": 1}, ""), JudgedQuery("b", "?", "en", {"y": 1, "z": 1}, "")]


def test_documents_are_ranked_by_their_best_passages() -> None:
    assert quality(QUERIES, {"a": ["x", "w"], "b": ["y", "y", "z"]})["nDCG@10"] == 1.0
    # A control: the right ones last.
    assert quality(QUERIES, {"a": ["v", "w", "x"], "b": ["v", "w", "w", "y"]})["MRR@10"] == pytest.approx(
        1 / 3
    )
    assert quality(QUERIES, {"a": [], "b": ["v"]})["recall@10"] == 0.0


def test_the_questions_name_files_that_exist() -> None:
    questions = sample_questions(["how-to", "night-sky"])
    assert 0 < len(questions) < 25
    assert all(Path(name).is_file() for query in questions for name in query.grades)


def test_the_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer that matches words, in a file of its own."""
    passages = tmp_path / "passages.jsonl"
    passages.write_text(json.dumps({"document": "d", "text": "tea"}) + "\n", encoding="utf-8")
    task = {"passages": str(passages), "queries": ["tea", "rain"]}
    peer = (
        "def build(task, rows):\n    assert rows == [('d', 'tea')]\n"
        "def opened(task, rows):\n    return lambda query: [name for name, text in rows if text == query]\n"
    )
    (tmp_path / "by_words.py").write_text(peer, encoding="utf-8")
    worker = tmp_path / WORKER.name
    worker.write_text(WORKER.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr("benchmarks.peers.__main__.WORKER", worker)
    python = Path(sys.executable)
    assert run(python, "by_words", "build", task, tmp_path)["seconds"] >= 0
    asked = run(python, "by_words", "ask", task, tmp_path)
    assert asked["answers"] == [["d"], []]
    assert len(asked["seconds"]) == 2
    with pytest.raises(Failed, match="No module named 'by_nobody'"):
        run(python, "by_nobody", "build", task, tmp_path)


def test_a_peer_needs_none_of_our_libraries() -> None:
    """The worker and all peers but ours import from the standard library until they are called."""
    code = (
        "import sys, importlib; before = set(sys.modules);"
        "[importlib.import_module(name) for name in"
        " ('worker', 'by_faiss', 'by_txtai', 'by_chroma', 'by_lancedb', 'by_llm')];"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "ours = {name for name in new if name.startswith(('by_', 'worker'))};"
        "print(sorted(new - ours - sys.stdlib_module_names))"
    )
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        f"import sys; sys.path.insert(0, {str(WORKER.parent)!r}); {code}",
    ]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    assert ended.stdout.strip() == "[]"
