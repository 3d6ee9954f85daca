"""`dragoman watch` as a process: real files, real changes, a real Ctrl-C."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from index_data.index import Index
from index_data.records import Fingerprint

ROOT = Path(__file__).parents[2]
DRAGOMAN = """
import sys
from terminal import wiring
from terminal.cli import main
from tests.conftest import LetterEmbedder

embedder = LetterEmbedder()
wiring._load_embedder = lambda _settings, _made_by, _announce: embedder
sys.exit(main(sys.argv[1:]))
"""
SECONDS = 30.0
"""Longer than any change takes to be noticed, on a busy machine."""


class Watching:
    """The process, and what it says line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def line(self) -> str | None:
        """Wait for the next line that says something; None at the end."""
        while (line := self._lines.get(timeout=SECONDS)) == "":
            pass
        return line

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        while (line := self.line()) is not None:
            assert line.startswith("Stopping"), line
        self._reader.join()
        return self.process.wait(SECONDS)


@contextmanager
def _watching(index: Path, *arguments: Path | str) -> Iterator[Watching]:
    with subprocess.Popen(
        [sys.executable, "-c", DRAGOMAN, "watch", "--index", str(index), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Watching(process)
        finally:
            process.kill()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "a.txt").write_text("Words of a.", encoding="utf-8")
    return documents


def _fingerprint(index: Path) -> Fingerprint:
    with Index.open(index) as reader:
        return reader.fingerprint


def _texts(index: Path) -> dict[str, str]:
    with Index.open(index) as reader:
        stored = reader.passages(reader.passage_ids().tolist())
        return {item.document.path.name: item.passage.text for item in stored}


def test_each_change_is_a_line_and_in_the_index(folder: Path, index_folder: Path) -> None:
    with _watching(index_folder, folder) as watching:
        assert watching.line() == f"read: {folder / 'a.txt'}"
        assert watching.line() == "watching; Ctrl-C ends it"
        (folder / ".hidden.txt").write_text("Not to be read.", encoding="utf-8")
        (folder / "picture.png").write_bytes(b"\x89PNG")
        (folder / "b.txt").write_text("Words of b.", encoding="utf-8")
        assert watching.line() == f"read: {folder / 'b.txt'}"
        (folder / "b.txt").write_text("Other words of b.", encoding="utf-8")
        assert watching.line() == f"read: {folder / 'b.txt'}"
        (folder / "a.txt").rename(folder / "c.txt")
        assert watching.line() == f"moved: {folder / 'a.txt'} to {folder / 'c.txt'}"
        (folder / "bad.pdf").write_bytes(b"%PDF-1.7 no more")
        assert (
            watching.line() == f"unreadable: {folder / 'bad.pdf'}: broken PDF: its structure cannot be read"
        )
        (folder / "c.txt").unlink()
        assert watching.line() == f"forgotten: {folder / 'c.txt'}"
        (folder / "new").mkdir()
        (folder / "new" / "d.txt").write_text("Words of d.", encoding="utf-8")
        assert watching.line() == f"read: {folder / 'new' / 'd.txt'}"
        assert _texts(index_folder) == {"b.txt": "Other words of b.", "d.txt": "Words of d."}
        assert watching.interrupt() == 0


def test_the_index_is_held_only_while_something_is_written(folder: Path, index_folder: Path) -> None:
    with _watching(index_folder, folder) as watching:
        assert watching.line() == f"read: {folder / 'a.txt'}"
        assert watching.line() == "watching; Ctrl-C ends it"
        with Index.create_or_open(index_folder, _fingerprint(index_folder)):
            (folder / "b.txt").write_text("Words of b.", encoding="utf-8")
            waiting = watching.line()
            assert waiting is not None
            assert waiting.startswith("waiting: another process ")
        assert watching.line() == f"read: {folder / 'b.txt'}"
        assert watching.interrupt() == 0


def test_ctrl_c_ends_it_while_it_waits_for_another_process(folder: Path, index_folder: Path) -> None:
    with _watching(index_folder, folder) as watching:
        assert watching.line() == f"read: {folder / 'a.txt'}"
        assert watching.line() == "watching; Ctrl-C ends it"
        with Index.create_or_open(index_folder, _fingerprint(index_folder)):
            (folder / "b.txt").write_text("Words of b.", encoding="utf-8")
            assert (watching.line() or "").startswith("waiting: ")
            assert watching.interrupt() == 0


def test_rules_that_change_and_changes_that_nobody_noticed_are_followed(
    folder: Path, index_folder: Path
) -> None:
    for name in ("b.txt", "c.md"):
        (folder / name).write_text(f"Words of {name}.", encoding="utf-8")
    with _watching(index_folder, "--minutes", "0.1", folder) as watching:
        assert {watching.line() for _ in range(3)} == {f"read: {path}" for path in folder.iterdir()}
        assert watching.line() == "watching; Ctrl-C ends it"
        (folder / ".dragomanignore").write_text("*.md\n", encoding="utf-8")
        assert watching.line() == f"forgotten: {folder / 'c.md'}"
        # Above what is watched, so only the next look at everything can find it.
        (folder.parent / ".dragomanignore").write_text("b.txt\n", encoding="utf-8")
        assert watching.line() == f"forgotten: {folder / 'b.txt'}"
        assert watching.interrupt() == 0


def test_a_single_file_that_is_replaced_is_followed(folder: Path, index_folder: Path) -> None:
    file = folder / "a.txt"
    with _watching(index_folder, file) as watching:
        assert watching.line() == f"read: {file}"
        assert watching.line() == "watching; Ctrl-C ends it"
        (folder / "other.txt").write_text("Not asked for.", encoding="utf-8")
        (folder / "draft").write_text("Words anew.", encoding="utf-8")
        (folder / "draft").replace(file)
        assert watching.line() == f"read: {file}"
        assert _texts(index_folder) == {"a.txt": "Words anew."}
        assert watching.interrupt() == 0


def test_an_index_inside_the_folder_does_not_wake_itself(folder: Path) -> None:
    with _watching(folder / "index", "--minutes", "0.05", folder) as watching:
        assert watching.line() == f"read: {folder / 'a.txt'}"
        assert watching.line() == "watching; Ctrl-C ends it"
        (folder / "b.txt").write_text("Words of b.", encoding="utf-8")
        assert watching.line() == f"read: {folder / 'b.txt'}"
        assert watching.interrupt() == 0
    with Index.open(folder / "index") as index:
        assert index.generation < 10


def test_a_missing_folder_is_2(folder: Path, index_folder: Path) -> None:
    with _watching(index_folder, folder / "nowhere") as watching:
        assert (watching.line() or "").startswith("dragoman: there is no ")
        assert watching.process.wait(SECONDS) == 2
        watching._reader.join()


def test_each_step_is_a_line_of_json_where_that_is_asked_for(folder: Path, index_folder: Path) -> None:
    with _watching(index_folder, "--progress", "json", folder) as watching:
        steps: list[dict[str, object]] = []
        while not steps or steps[-1]["type"] != "finished":
            steps.append(json.loads(watching.line() or ""))
        assert steps[0]["type"] == "found"
        assert [step["path"] for step in steps if step["type"] == "ingested"] == [str(folder / "a.txt")]
        assert watching.interrupt() == 0
