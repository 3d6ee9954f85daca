"""The child that parses, and what happens when it is slow, crashes or is interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from index_data.errors import ReaderDied, UnreadableFile
from ingest.parser import Parser
from ingest.readers.by_suffix import read
from ingest.readers.parsed_document import ParsedDocument

SLOW_HTML = "begin" + "<span>" * 16_000 + "<hr>" * 16_000 + "end"
"""Takes seconds, as each line looks through all that is open for a paragraph to end."""


@pytest.fixture
def slow_file(folder: Path) -> Path:
    path = folder / "slow.html"
    path.write_text(SLOW_HTML, encoding="utf-8")
    return path


@pytest.fixture
def good_file(folder: Path) -> Path:
    path = folder / "good.md"
    path.write_text("# Good\n\nWords.\n", encoding="utf-8")
    return path


def _process_id(parser: Parser) -> int:
    assert parser._child is not None
    return parser._child._process.pid


def test_the_child_answers_as_the_reader_would(
    parser: Parser, folder: Path, make_pdf: Callable[..., bytes], make_docx: Callable[..., bytes]
) -> None:
    files = {
        "a.md": "# Über\r\n\r\ntext \ufffd".encode("utf-16"),
        "b.pdf": make_pdf(["One.", "", "三。"], title="Title"),
        "c.docx": make_docx("<w:p><w:r><w:t>नमस्ते</w:t></w:r></w:p>"),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
        parsed = parser.parse(folder / name)
        assert parsed == read(folder / name, data)
        assert isinstance(parsed, ParsedDocument)


def test_a_name_that_is_not_utf8_is_found(parser: Parser, folder: Path) -> None:
    path = folder / os.fsdecode(b"caf\xe9\n.txt")
    path.write_text("Words.", encoding="utf-8")
    assert parser.parse(path).text == "Words."


def test_a_refusal_comes_with_its_remedy(parser: Parser, folder: Path) -> None:
    path = folder / "empty.txt"
    path.touch()
    with pytest.raises(UnreadableFile, match=r"^empty file$") as refused:
        parser.parse(path)
    assert refused.value.remedy


@pytest.mark.parametrize("kind", ["fifo", "link", "folder", "missing"])
def test_what_is_no_regular_file_is_never_read(
    parser: Parser, folder: Path, good_file: Path, kind: str
) -> None:
    path = folder / "odd.txt"
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "link":
            path.symlink_to(good_file)
        case "folder":
            path.mkdir()
    with pytest.raises(UnreadableFile):
        parser.parse(path)
    assert parser.parse(good_file).title == "Good"


def test_a_file_beyond_the_limit_is_not_opened(parser: Parser, folder: Path) -> None:
    path = folder / "huge.txt"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(UnreadableFile, match=r"^too large \(1099512 MB; limit 100 MB\); split it"):
        parser.parse(path)


def test_the_clock_stops_a_slow_file(slow_file: Path, good_file: Path) -> None:
    with Parser(seconds=0.3) as hurried:
        hurried.submit(good_file).exception()  # the child has started, slow as that may be
        with pytest.raises(ReaderDied, match=r"^took longer than 0.3 s$"):
            hurried.parse(slow_file)
    with Parser() as patient:
        assert patient.parse(slow_file).text.endswith("end")


def test_a_crash_costs_one_file(parser: Parser, slow_file: Path, good_file: Path) -> None:
    parser.parse(good_file)
    child = _process_id(parser)
    doomed = parser.submit(slow_file)
    threading.Timer(0.2, os.kill, (child, signal.SIGSEGV)).start()
    with pytest.raises(ReaderDied, match=r"^the reader crashed on it \(SIGSEGV\)$"):
        doomed.result()
    assert parser.parse(good_file).title == "Good"
    assert _process_id(parser) != child


def test_an_interrupt_does_not_reach_the_child(parser: Parser, good_file: Path) -> None:
    parser.parse(good_file)
    child = _process_id(parser)
    assert os.getpgid(child) != os.getpgid(0)
    os.kill(child, signal.SIGINT)
    assert parser.parse(good_file).title == "Good"
    assert _process_id(parser) == child


def test_closing_ends_a_child_at_work_and_leaves_no_zombie(slow_file: Path, good_file: Path) -> None:
    with Parser() as parser:
        parser.parse(good_file)
        child = _process_id(parser)
        at_work, waiting = parser.submit(slow_file), parser.submit(good_file)
        time.sleep(0.1)
        started = time.monotonic()
    assert time.monotonic() - started < 2
    assert isinstance(at_work.exception(), UnreadableFile)
    assert waiting.cancelled()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_the_child_loads_no_encoder_and_no_index() -> None:
    code = "import sys, ingest.readers.parse_child; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not {"torch", "faiss", "numpy", "sqlite3"} & set(loaded.stdout.split())


def test_the_child_runs_no_module_of_the_working_folder(
    folder: Path, good_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "lxml.py").write_text("raise SystemExit", encoding="utf-8")
    monkeypatch.chdir(folder)
    with Parser() as parser:
        assert parser.parse(Path("good.md")).title == "Good"
