"""Whether a folder can hold an index is tried out there, and leaves no trace."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from index_data.observations import Observation, Verdict
from index_data.suitability import examine_folder

GIB = 1 << 30
MOUNTS = "27 1 254:0 / / rw - {kind} source rw\n"


def look(folder: Path, tmp_path: Path, *, kind: str = "ext4", free: int = 9 * GIB) -> dict[str, Observation]:
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTS.format(kind=kind), encoding="ascii")
    return {item.subject: item for item in examine_folder(folder, mounts=table, free_bytes=free)}


def test_a_folder_that_will_do_is_left_as_it_was(tmp_path: Path) -> None:
    place = tmp_path / "data"
    place.mkdir()
    found = look(place / "deep" / "index", tmp_path)
    assert [(name, item.verdict) for name, item in found.items()] == [
        ("file system", Verdict.OK),
        ("index folder", Verdict.OK),
        ("room", Verdict.OK),
    ]
    assert "(ext4)" in found["file system"].what
    assert list(place.iterdir()) == []


def test_a_network_is_a_fault_and_nothing_is_tried_there(tmp_path: Path) -> None:
    found = look(tmp_path / "index", tmp_path, kind="nfs4")
    assert found["file system"].verdict is Verdict.FAULT
    assert "--any-file-system" in found["file system"].remedy
    assert "index folder" not in found


def test_a_file_system_in_user_space_is_a_warning(tmp_path: Path) -> None:
    assert look(tmp_path, tmp_path, kind="fuse.sshfs")["file system"].verdict is Verdict.WARNING


@pytest.mark.parametrize(
    ("free", "verdict"),
    [(9 * GIB, Verdict.OK), (GIB, Verdict.WARNING), (GIB // 20, Verdict.FAULT)],
)
def test_room_is_judged(tmp_path: Path, free: int, verdict: Verdict) -> None:
    room = look(tmp_path, tmp_path, free=free)["room"]
    assert room.verdict is verdict
    assert f"{free / GIB:.1f} GiB" in room.what
    assert bool(room.remedy) is (verdict is not Verdict.OK)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no folder that takes no file")
def test_a_folder_that_takes_no_file_is_a_fault() -> None:
    _, tried, _ = examine_folder(Path("/proc/self/index"), free_bytes=9 * GIB)
    assert tried.verdict is Verdict.FAULT
    assert "/proc/self cannot hold an index" in tried.what
    assert tried.remedy


def test_locks_that_lock_nothing_are_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    tried = look(tmp_path, tmp_path)["index folder"]
    assert tried.verdict is Verdict.FAULT
    assert "locked twice" in tried.what
