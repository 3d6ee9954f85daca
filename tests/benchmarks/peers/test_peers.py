"""What peers answer is measured as our own rankings are, and the worker does and times what it is told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.peers.environments import OURS, PEERS, Peer, size
from benchmarks.peers.first_steps import first_steps
from benchmarks.peers.processes import WORKER, Failed, Processes
from benchmarks.peers.questions import SAMPLES, in_language, sample_questions
from benchmarks.peers.rounds import quality
from benchmarks.peers.ways import Way, ways
from search.evaluation.judged_set import JudgedQuery

QUERIES = [JudgedQuery("a", "?", "en", {"x": 1}, ""), JudgedQuery("b", "?", "en", {"y": 1, "z": 1}, "")]
BY_WORDS = '''
"""A peer that keeps texts in a file, which it writes anew for each, and never forgets."""

import json, time
from pathlib import Path


def loaded(task):
    return "encoder"


def build(task, rows, encoder):
    held_before = _read(task)
    for name, document, text in rows:
        held_before[name] = (document, text)
        time.sleep(task.get("pause", 0))
        Path(task["folder"]).write_text(json.dumps(held_before), encoding="utf-8")


def opened(task, encoder):
    return lambda query: [row for row in held(task) if query in row[1]]


def held(task):
    return [tuple(row) for row in json.loads(Path(task["folder"]).read_text(encoding="utf-8")).values()]


def _read(task):
    file = Path(task["folder"])
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
'''


@pytest.fixture
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Processes:
    """Workers in this very environment, beside a peer that matches words."""
    (tmp_path / "by_words.py").write_text(BY_WORDS, encoding="utf-8")
    worker = tmp_path / WORKER.name
    worker.write_text(WORKER.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr("benchmarks.peers.processes.WORKER", worker)
    monkeypatch.setattr("benchmarks.peers.processes.python_of", lambda peer, work: Path(sys.executable))
    return Processes(tmp_path)


@pytest.fixture
def way() -> Way:
    return Way("by words", Peer("by words", "by_words", ()))


def rows(file: Path, *texts: str) -> str:
    """Write passages of documents named by number."""
    lines = [
        json.dumps({"id": f"{number}#0", "document": str(number), "text": text})
        for number, text in enumerate(texts)
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    return str(file)


def test_documents_are_ranked_by_their_best_passages() -> None:
    assert quality(QUERIES, {"a": ["x", "w"], "b": ["y", "y", "z"]})["nDCG@10"] == 1.0
    # A control: the right ones last.
    assert quality(QUERIES, {"a": ["v", "w", "x"], "b": ["v", "w", "w", "y"]})["MRR@10"] == pytest.approx(
        1 / 3
    )
    assert quality(QUERIES, {"a": [], "b": ["v"]})["recall@10"] == 0.0


def test_a_language_is_judged_by_itself() -> None:
    asked = [JudgedQuery("a", "?", "en", {"/fr/x": 1, "/de/x": 1}, "")]
    answers = {"a": ["/de/y", "/fr/x", "/de/x"]}
    assert quality(*in_language(asked, answers, "fr"))["MRR@10"] == 1.0
    assert quality(*in_language(asked, answers, "de"))["MRR@10"] == 0.5


def test_the_questions_name_files_that_exist() -> None:
    files = [file for file in (SAMPLES / "documents" / "night-sky").iterdir() if file.is_file()]
    questions = sample_questions(files)
    assert 0 < len(questions) < 25
    assert all(Path(name).is_file() for query in questions for name in query.grades)
    assert sample_questions([]) == []


def test_states_of_a_folder_are_read_one_after_the_other(
    tmp_path: Path, processes: Processes, way: Way
) -> None:
    (tmp_path / "gone.txt").touch()
    states: list[dict[str, Any]] = [
        {"write": {}, "remove": [], "passages": rows(tmp_path / "first", "tea", "rain")},
        {
            "write": {str(tmp_path / "new.txt"): "new"},
            "remove": [],
            "passages": rows(tmp_path / "second", "milk", "rain"),
        },
        {"write": {}, "remove": [str(tmp_path / "gone.txt")], "passages": rows(tmp_path / "third", "milk")},
    ]
    built = processes.run(way, "build", {"folder": str(tmp_path / "store"), "states": states})
    faults = [[state[fault] for fault in ("missing", "doubled", "stale")] for state in built["states"]]
    # It takes over what changed, and does not notice what is gone.
    assert faults == [[0, 0, 0], [0, 0, 0], [0, 0, 1]]
    assert [state["passages"] for state in built["states"]] == [2, 2, 1]
    assert built["load_seconds"] >= 0
    assert (tmp_path / "new.txt").read_text(encoding="utf-8") == "new"
    assert not (tmp_path / "gone.txt").exists()


def test_the_first_answer_is_timed_from_the_start_of_the_process(
    tmp_path: Path, processes: Processes, way: Way
) -> None:
    task = {"folder": str(tmp_path / "store"), "queries": ["tea", "rain"]}
    states = [{"write": {}, "remove": [], "passages": rows(tmp_path / "rows", "tea")}]
    processes.run(way, "build", task | {"states": states})
    asked = processes.run(way, "ask", task)
    assert asked["answers"] == [["0"], []]
    assert asked["first_at"] - asked["started_at"] > sum(asked["seconds"])
    with pytest.raises(Failed, match="No such file"):
        processes.run(way, "ask", task | {"folder": str(tmp_path / "nowhere")})


def test_what_a_kill_leaves_is_looked_at_before_and_after_a_second_run(
    tmp_path: Path, processes: Processes, way: Way
) -> None:
    task = {
        "folder": str(tmp_path / "store"),
        "passages": rows(tmp_path / "rows", *(f"text {number}" for number in range(200))),
        "pause": 0.05,
    }
    assert processes.kill(way, task, 0.5)
    left = processes.run(way, "after", task | {"pause": 0})
    # It may be killed in the middle of a file that it writes in place, which then cannot be read.
    assert "error" in left["found"] or 0 < left["found"]["missing"] < 200
    # A control: what had ended is not killed.
    short = {"folder": str(tmp_path / "other"), "passages": rows(tmp_path / "row", "text")}
    assert not processes.kill(way, short, 3)
    ended = processes.run(way, "after", short)
    assert ended["found"] == ended["again"] == {"missing": 0, "doubled": 0, "stale": 0}


def test_a_process_that_ends_before_it_is_ready_is_told(tmp_path: Path, processes: Processes) -> None:
    nobody = Way("nobody", Peer("nobody", "by_nobody", ()))
    with pytest.raises(Failed, match="No module named 'by_nobody'"):
        processes.run(nobody, "build", {"folder": str(tmp_path)})
    with pytest.raises(Failed, match="before it was ready"):
        processes.kill(nobody, {"folder": str(tmp_path)}, 0)


def test_ours_comes_first_and_every_peer_has_a_row() -> None:
    found = ways([peer.module for peer in PEERS])
    assert found[0].name == "dragoman"
    assert {peer.module for peer in PEERS} < {way.peer.module for way in found}
    assert len({way.slug for way in found}) == len(found)
    built = {way.name for way in found if way.store_of is None}
    assert {way.store_of for way in found if way.store_of} <= built


def test_what_a_newcomer_writes_is_counted() -> None:
    assert first_steps(OURS) == "2 commands"
    lines = {peer.name: first_steps(peer) for peer in PEERS if not peer.commands}
    assert all(0 < int(told.removesuffix(" lines")) < 60 for told in lines.values()), lines


def test_the_size_of_a_folder_is_that_of_its_files(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to(tmp_path / "deep" / "file")
    assert size(tmp_path) == 5
    assert size(tmp_path / "deep" / "file") == 5


def test_a_peer_needs_none_of_our_libraries() -> None:
    """The worker and all peers but ours import from the standard library until they are called."""
    modules = ("worker", *(peer.module for peer in PEERS))
    code = (
        "import sys, importlib; before = set(sys.modules);"
        f"[importlib.import_module(name) for name in {modules}];"
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
