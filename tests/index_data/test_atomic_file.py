from __future__ import annotations

import os
from pathlib import Path

import pytest

from index_data.atomic_file import write_atomically


def test_a_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    for content in (b"older", b"new", b""):
        write_atomically(path, content)
        assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_mode_is_less_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "result.json", b"", mode=0o666)
    finally:
        os.umask(before)
    assert (tmp_path / "result.json").stat().st_mode & 0o777 == 0o640


def test_a_name_may_be_as_long_as_the_file_system_allows(tmp_path: Path) -> None:
    write_atomically(tmp_path / ("x" * 255), b"content")
    assert (tmp_path / ("x" * 255)).read_bytes() == b"content"


@pytest.mark.parametrize("scratch", [False, True])
def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scratch: bool
) -> None:
    folder = tmp_path / "scratch"
    folder.mkdir()
    path = tmp_path / "result.json"
    path.write_bytes(b"older")

    def full_disk(descriptor: int) -> None:
        unfinished = list(tmp_path.rglob("*.unfinished"))
        assert [file.parent for file in unfinished] == [folder if scratch else tmp_path]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new", scratch=folder if scratch else None)
    assert path.read_bytes() == b"older"
    assert sorted(tmp_path.rglob("*")) == [path, folder]


def test_what_cannot_be_replaced_stays(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        write_atomically(tmp_path / "folder", b"content")
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]
