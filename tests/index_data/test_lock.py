from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from index_data.errors import IndexLocked
from index_data.index import Index
from index_data.lock import WriterLock
from index_data.records import Fingerprint

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys
from pathlib import Path
from index_data.lock import WriterLock
lock = WriterLock(Path(sys.argv[1]))
sys.stdout.write("held\\n")
sys.stdout.flush()
sys.stdin.read()
"""


@pytest.fixture
def holder(index_folder: Path, fingerprint: Fingerprint) -> subprocess.Popen[str]:
    """Another process that writes to the index."""
    Index.create_or_open(index_folder, fingerprint).close()
    command = [sys.executable, "-c", HOLDER, str(index_folder / "LOCK")]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_there_is_one_writer_and_the_lock_dies_with_it(
    holder: subprocess.Popen[str], index_folder: Path, fingerprint: Fingerprint
) -> None:
    with holder:
        with pytest.raises(IndexLocked, match=f"pid {holder.pid}, since 2"):
            Index.create_or_open(index_folder, fingerprint)
        Index.open(index_folder).close()
        holder.kill()
        holder.wait()
        Index.create_or_open(index_folder, fingerprint).close()


def test_a_refused_writer_leaves_the_name_of_the_holder(tmp_path: Path) -> None:
    first = WriterLock(tmp_path / "LOCK")
    written = (tmp_path / "LOCK").read_text()
    for _ in range(2):
        with pytest.raises(IndexLocked, match="pid"):
            WriterLock(tmp_path / "LOCK")
    assert (tmp_path / "LOCK").read_text() == written
    first.release()
    WriterLock(tmp_path / "LOCK").release()


def test_a_writer_that_could_not_open_lets_go_of_the_lock(
    index_folder: Path, fingerprint: Fingerprint
) -> None:
    index_folder.mkdir()
    (index_folder / "segments").touch()
    for _ in range(2):
        with pytest.raises(Exception, match="cannot be used"):
            Index.create_or_open(index_folder, fingerprint)
    (index_folder / "segments").unlink()
    Index.create_or_open(index_folder, fingerprint).close()
