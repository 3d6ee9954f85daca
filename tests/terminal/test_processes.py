"""The command as a process: streams, signals and what it loads."""

from __future__ import annotations

import json
import os
import pty
import select
import shlex
import subprocess
import sys
import termios
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from index_data.paths import IndexPaths

if TYPE_CHECKING:
    from tests.terminal.conftest import Library

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-c", "import sys; from terminal.cli import main; sys.exit(main())")


def dragoman(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    return subprocess.run(
        [*COMMAND, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_hits_on_stdout_and_0(library: Library) -> None:
    ran = dragoman("search", "--index", str(library.index_folder), "--mode", "lexical", "--json", "面包")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["results"][0]["title"] == "如何在家里烤面包"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["search", "--mode", "lexical", "zymurgy"], 1),
        (["search", "--nonsense"], 2),
        (["search", "--lang", "xx", "brot"], 2),
        (["tui"], 2),
        (["search", "--model", "/nowhere", "brot"], 4),
        (["search", "--index", "/nowhere", "brot"], 3),
    ],
)
def test_exit_codes(library: Library, arguments: list[str], code: int) -> None:
    ran = dragoman(arguments[0], "--index", str(library.index_folder), *arguments[1:])
    assert ran.returncode == code
    assert ran.stdout == ""
    assert "Traceback" not in ran.stderr
    if code > 1:
        assert ran.stderr.startswith("dragoman: ")
        assert len(ran.stderr.splitlines()) == 2


def in_bash(script: str) -> subprocess.CompletedProcess[str]:
    """Run `script`, in which `dragoman` is the command."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    function = f'dragoman() {{ {shlex.join(COMMAND)} "$@"; }}; set -o pipefail; '
    return subprocess.run(
        ["bash", "-c", function + script],
        env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_a_reader_that_leaves_early_is_no_error(library: Library) -> None:
    ran = in_bash(f"dragoman search --index {library.index_folder} --mode lexical --json brot | true")
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("closed", ["1>&-", "2>&-"])
def test_a_closed_stream_is_no_error(library: Library, closed: str) -> None:
    found = in_bash(f"dragoman search --index {library.index_folder} --mode lexical brot {closed}")
    missing = in_bash(f"dragoman search --index none --mode lexical brot {closed}")
    assert (found.returncode, missing.returncode) == (0, 3)
    assert "Traceback" not in found.stderr + missing.stderr


def test_a_screen_whose_index_is_none_ends_before_it_starts(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    IndexPaths(tmp_path / "none").database.write_bytes(b"nothing of the kind" * 999)
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    ran = subprocess.run(
        [*COMMAND, "tui", "--index", str(tmp_path / "none")],
        stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False, timeout=60,
    )  # fmt: skip
    drawn, _, _ = select.select([ours], [], [], 0)
    os.close(ours)
    os.close(theirs)
    assert ran.returncode == 3
    assert ran.stderr.startswith(b"dragoman: ")
    assert ran.stderr.count(b"\n") == 2
    assert drawn == []


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys\nfrom terminal.cli import main\nmain(['--help'])\n"
        "heavy = {'torch', 'faiss', 'textual', 'rich', 'numpy', 'sqlite3', 'tokenizers', 'lxml'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stderr


def test_a_search_by_words_loads_no_encoder(library: Library) -> None:
    program = (
        "import sys\nfrom terminal.cli import main\n"
        f"code = main(['search', '--index', {str(library.index_folder)!r}, '--mode', 'lexical', 'brot'])\n"
        "sys.exit(code or ', '.join({'torch', 'textual'} & set(sys.modules)) or 0)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stderr


def test_a_terminal_without_a_size_gets_no_screen(library: Library) -> None:
    ours, theirs = pty.openpty()
    ran = subprocess.run(
        [*COMMAND, "tui", "--index", str(library.index_folder)],
        stdin=theirs, stdout=theirs, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False, timeout=60,
    )  # fmt: skip
    os.close(ours)
    os.close(theirs)
    assert ran.returncode == 2
    assert b"no size" in ran.stderr
