"""Where answers go: stdout and files, whole or not at all."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from index_data.errors import OutputUnwritable
from terminal.delivery import deliver

if TYPE_CHECKING:
    from tests.terminal.conftest import Library

ROOT = Path(__file__).parents[2]
FULL = Path("/dev/full")
COMMAND = (sys.executable, "-c", "import sys; from terminal.cli import main; sys.exit(main())")
needs_a_full_device = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """Make a link to a disk that is full; whoever replaces it spoils no device."""
    link = tmp_path / "full.json"
    link.symlink_to(FULL)
    return link


def python(program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@needs_a_full_device
@pytest.mark.parametrize("command", ["search --mode lexical --json brot", "status", "--help"])
def test_a_full_stdout_is_one_clear_line(library: Library, command: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DRAGOMAN_INDEX": str(library.index_folder)}
    ran = subprocess.run(
        ["bash", "-c", f"{shlex.join([*COMMAND, *command.split()])} > /dev/full"],
        env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    message, remedy = ran.stderr.splitlines()
    assert ran.returncode == 2
    assert message.startswith("dragoman: ")
    assert "No space left on device" in message
    assert "room" in remedy


@needs_a_full_device
def test_a_device_is_written_to_and_not_replaced(full: Path) -> None:
    with pytest.raises(OutputUnwritable, match=r"full\.json: No space left on device"):
        deliver("much", full)
    assert full.is_symlink()
    assert FULL.is_char_device()
    deliver("much", Path(os.devnull))
    assert Path(os.devnull).is_char_device()


def test_a_pipe_with_a_name_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=deliver, args=("through", pipe))
    writer.start()
    assert pipe.read_text(encoding="utf-8") == "through"
    writer.join()
    assert pipe.is_fifo()


def test_a_link_leads_to_what_is_written(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    link = tmp_path / "link.json"
    link.symlink_to("far/answer.json")
    deliver("first", link)
    deliver("second", link)
    assert link.is_symlink()
    assert (tmp_path / "far" / "answer.json").read_text(encoding="utf-8") == "second"
    assert list((tmp_path / "far").iterdir()) == [tmp_path / "far" / "answer.json"]


@pytest.mark.parametrize("kept", [None, "old"])
def test_a_disk_without_room_keeps_what_was_there_and_nothing_half(tmp_path: Path, kept: str | None) -> None:
    answer = tmp_path / "answer.json"
    if kept:
        answer.write_text(kept, encoding="utf-8")
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from index_data.errors import OutputUnwritable; from terminal.delivery import deliver\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: deliver('x' * 100_000, Path(sys.argv[1]))\n"
        "except OutputUnwritable as error: print(error.message)"
    )
    ran = python(program, answer)
    assert ran.stdout == f"cannot write {answer}: File too large\n"
    assert [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()] == ([kept] if kept else [])
