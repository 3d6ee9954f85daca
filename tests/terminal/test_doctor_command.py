from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from index_data.observations import Verdict
from index_data.paths import IndexPaths
from terminal.cli import main
from terminal.examination import machine

if TYPE_CHECKING:
    from tests.terminal.conftest import Library

ROOT = Path(__file__).parents[2]
SUBJECTS = [
    "limits",
    "network",
    "files",
    "programs",
    "file system",
    "index folder",
    "room",
    "index",
    "encoder",
    "engine",
    "recognition",
    "machine",
]


def doctor(index: Path, *arguments: str) -> int:
    return main(["doctor", "--index", str(index), "--model", "builtin", *arguments])


def observations(index: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, str | None]]:
    doctor(index, "--json")
    shape = json.loads(capsys.readouterr().out)
    assert shape["schema"] == "dragoman.doctor/1"
    assert shape["sound"] is not any(item["verdict"] == "fault" for item in shape["observations"])
    return {item["subject"]: item for item in shape["observations"]}


def test_everything_is_looked_at(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    found = observations(library.index_folder, capsys)
    assert list(found)[-len(SUBJECTS) :] == SUBJECTS
    assert {"Python", "SQLite", "expat", "pypdf", "faiss-cpu", "torch"} <= set(found)
    assert {name: item["remedy"] for name, item in found.items() if item["verdict"] == "ok"} == {
        name: None for name, item in found.items() if item["verdict"] == "ok"
    }
    assert all(item["remedy"] for item in found.values() if item["verdict"] != "ok")
    assert found["encoder"]["verdict"] == found["index"]["verdict"] == "ok"


def test_each_thing_is_one_line(library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    code = doctor(library.index_folder)
    lines = capsys.readouterr().out.splitlines()
    words = [line.split()[0] for line in lines]
    assert set(words) <= {"ok", "warning", "fault"}
    assert code == ("fault" in words)
    assert any(line.startswith("ok       readers have bounded memory") for line in lines)


def test_a_fault_is_1_and_the_rest_is_looked_at_all_the_same(
    library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    IndexPaths(library.index_folder).database.write_bytes(b"\xa5" * 8192)
    assert doctor(library.index_folder) == 1
    lines = capsys.readouterr().out.splitlines()
    (fault,) = [line for line in lines if line.startswith("fault") and "meta.sqlite3" in line]
    assert "--start-anew" in fault
    assert " can be used." in lines[-1]


def test_an_index_that_is_still_to_be_made_is_no_fault_and_not_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = observations(tmp_path / "none\x1b[2J", capsys)
    assert found["index"]["verdict"] == "ok"
    doctor(tmp_path / "none\x1b[2J")
    assert "\x1b" not in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_another_encoder_is_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--index", str(tmp_path), "--model", str(tmp_path / "none")]) == 1
    assert "fault    there is no encoder in " in capsys.readouterr().out


@pytest.mark.parametrize(("gib", "verdict"), [(2, Verdict.WARNING), (3, Verdict.OK)])
def test_little_memory_is_a_warning(gib: int, verdict: Verdict) -> None:
    found = machine(1, gib << 30)
    assert found.verdict is verdict
    assert found.what == f"1 core and {gib}.0 GiB of memory can be used"


def test_nothing_heavy_is_loaded(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom terminal.cli import main\n"
        f"main(['doctor', '--index', {str(tmp_path)!r}, '--model', 'builtin'])\n"
        "heavy = {'torch', 'transformers', 'faiss', 'textual', 'pypdf', 'pypdfium2', 'lxml', 'tokenizers'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
