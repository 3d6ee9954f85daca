"""Which changes are told; that they are noticed at all is for the tests of the command."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from threading import Event, Timer

import pytest

from index_data.errors import UsageError
from ingest.watching import EVERYTHING, rounds


def _told(folder: Path, *changed: Path, seconds: float = 60.0) -> list[tuple[Path, ...]]:
    """Change files once a folder is watched, and collect what is told until nothing more is."""
    stop = Event()
    told = []
    with closing(rounds([folder], leave_out=folder / "index", seconds=seconds, stop=stop)) as changes:
        for change in changes:
            told.append(change)
            if len(told) == 1:
                for path in changed:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text("words", encoding="utf-8")
                Timer(3, stop.set).start()
    return told


def test_everything_comes_first_and_then_what_changed(folder: Path) -> None:
    first, *rest = _told(folder, folder / "a.txt")
    assert first == EVERYTHING
    assert {path for paths in rest for path in paths} == {folder / "a.txt"}


def test_the_index_and_what_is_hidden_do_not_count(folder: Path) -> None:
    for name in ("index", ".git"):
        (folder / name).mkdir()
    changed = [folder / name for name in ("index/meta.sqlite3", ".git/HEAD", ".b.txt")]
    assert _told(folder, *changed) == [EVERYTHING]


def test_rules_that_change_concern_everything(folder: Path) -> None:
    first, *rest = _told(folder, folder / ".dragomanignore")
    assert first == EVERYTHING
    assert set(rest) == {EVERYTHING}


def test_everything_comes_again(folder: Path) -> None:
    told = _told(folder, seconds=0.5)
    assert len(told) > 1
    assert set(told) == {EVERYTHING}


def test_a_missing_folder_is_an_error(folder: Path) -> None:
    with pytest.raises(UsageError, match="there is no "):
        next(rounds([folder / "none"], leave_out=folder, seconds=60, stop=Event()))
