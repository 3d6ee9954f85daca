"""Walking through folders."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from index_data.errors import UsageError
from ingest.discovery import FoundFile, Ignored, Unsupported, roots_of, walk
from ingest.progress import Skipped


def _found(*paths: Path, leave_out: Path = Path("/nowhere")) -> list[str]:
    roots = roots_of(paths)
    found = [item for item in walk(roots, leave_out=leave_out) if isinstance(item, FoundFile)]
    return [str(item.path.relative_to(roots[0])) for item in found]


def _write(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("words", encoding="utf-8")
    return path


def test_files_come_in_the_order_of_their_names(folder: Path) -> None:
    for name in ("b.txt", "a/z.md", "a/b/c.PDF", "c.html"):
        _write(folder / name)
    assert _found(folder) == ["a/b/c.PDF", "a/z.md", "b.txt", "c.html"]


def test_sizes_and_times_are_those_of_the_file_system(folder: Path) -> None:
    path = _write(folder / "a.txt")
    (found,) = walk([folder], leave_out=folder / "none")
    assert found == FoundFile(path, 5, path.stat().st_mtime_ns)


def test_what_is_hidden_special_or_a_link_is_passed_over(folder: Path) -> None:
    _write(folder / "seen.txt")
    _write(folder / ".hidden.txt")
    _write(folder / ".git" / "notes.txt")
    os.mkfifo(folder / "fifo.txt")
    (folder / "link.txt").symlink_to(folder / "seen.txt")
    (folder / "loop").symlink_to(folder)
    (folder / "dangling.txt").symlink_to(folder / "none")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(folder / "socket.txt"))
        assert _found(folder) == ["seen.txt"]


def test_other_kinds_are_told_apart_from_nothing(folder: Path) -> None:
    _write(folder / "a.txt")
    picture = _write(folder / "b.png")
    assert Unsupported(picture) in list(walk([folder], leave_out=folder / "none"))
    assert list(walk([picture], leave_out=folder)) == []
    assert list(walk([picture], leave_out=folder / "none")) == [
        Skipped(picture, "not a kind of file that is read")
    ]


def test_the_index_is_never_walked(folder: Path) -> None:
    _write(folder / "a.txt")
    _write(folder / "index" / "b.txt")
    assert _found(folder, leave_out=folder / "index") == ["a.txt"]
    assert _found(folder / "index", leave_out=folder / "index") == []
    assert _found(folder) == ["a.txt", "index/b.txt"]


def test_roots_inside_others_count_once(folder: Path) -> None:
    inner = _write(folder / "a" / "b.txt")
    assert roots_of([inner, folder, folder / "a", folder / "a" / ".."]) == [folder]


def test_a_missing_path_is_an_error(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"^there is no .*nothing$"):
        roots_of([folder, folder / "nothing"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_one_line(folder: Path) -> None:
    locked = folder / "locked"
    locked.mkdir(mode=0)
    assert list(walk([folder], leave_out=folder / "none")) == [Skipped(locked, "Permission denied")]


def test_deep_folders_and_long_names_end_in_a_line(folder: Path) -> None:
    here = os.open(folder, os.O_RDONLY)
    for _ in range(30):
        os.mkdir("d" * 200, dir_fd=here)
        here, above = os.open("d" * 200, os.O_RDONLY, dir_fd=here), here
        os.close(above)
    os.close(here)
    (skipped,) = walk([folder], leave_out=folder / "none")
    assert isinstance(skipped, Skipped)
    assert skipped.reason == "File name too long"


def test_only_some_paths_are_looked_at_and_what_is_below_them(folder: Path) -> None:
    for name in ("a.txt", "b/c.txt", "b/d/e.txt", "b/d/f.txt", "g/h.txt", ".hidden/i.txt"):
        _write(folder / name)

    def looked_at(*names: str) -> list[str]:
        only = [folder / name for name in names]
        found = walk([folder], leave_out=folder / "none", only=only)
        return [str(item.path.relative_to(folder)) for item in found]

    assert looked_at("b/d") == ["b/d/e.txt", "b/d/f.txt"]
    assert looked_at("b/d/f.txt", "a.txt", "gone.txt", "gone/too.txt") == ["a.txt", "b/d/f.txt"]
    assert looked_at(".hidden/i.txt") == []
    assert looked_at(".") == looked_at()
    assert list(walk([folder], leave_out=folder / "none", only=[folder.parent / "elsewhere"])) == []


def test_what_is_ignored_stays_so_when_only_it_is_looked_at(folder: Path) -> None:
    _write(folder / "a" / "b.txt")
    (folder / ".dragomanignore").write_text("a/\n", encoding="utf-8")
    found = list(walk([folder], leave_out=folder / "none", only=[folder / "a" / "b.txt"]))
    assert found == [Ignored(folder / "a")]
