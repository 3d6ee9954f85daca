"""T13: files that change, vanish or turn into something else between the walk and the reading."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.parser import Parser
from ingest.progress import Found
from tests.faults import oracle
from tests.faults.library import Library
from tests.faults.oracle import Promise
from tests.faults.worker import Encoder, ingest, ingester, print_nothing

Move = Callable[[Path], None]
SECRET = "mark9999 what must not be read\n"


def _change(path: Path) -> None:
    path.write_text("mark8888 something else altogether\n", encoding="utf-8")


def _vanish(path: Path) -> None:
    path.unlink()


def _become_a_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _become_a_link(path: Path) -> None:
    outside = path.parents[1] / "secret.txt"
    outside.write_text(SECRET, encoding="utf-8")
    path.unlink()
    path.symlink_to(outside)


def _become_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _grow(path: Path) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write("mark7777 and more\n")


def _shrink(path: Path) -> None:
    os.truncate(path, 9)


def _set_the_clock_back(path: Path) -> None:
    path.write_text("mark6666 older and other\n", encoding="utf-8")
    os.utime(path, ns=(1_000_000_000, 1_000_000_000))


MOVES: tuple[Move, ...] = (
    _change,
    _vanish,
    _become_a_fifo,
    _become_a_link,
    _become_a_folder,
    _grow,
    _shrink,
    _set_the_clock_back,
)


@pytest.fixture
def parser() -> Iterator[Parser]:
    with Parser(seconds=20) as ready:
        yield ready


@pytest.mark.parametrize("indexed_before", [False, True], ids=["new", "known"])
@pytest.mark.parametrize("move", MOVES)
def test_what_moves_under_the_reader_is_not_believed(
    parser: Parser, tmp_path: Path, move: Move, indexed_before: bool
) -> None:
    library = Library(tmp_path / "documents", 61, count=4)
    folder = tmp_path / "index"
    if indexed_before:
        ingest(print_nothing, folder=folder, documents=library.folder)
        for path in library.texts:
            os.utime(path)  # looked at again, as its date is another
    victim = sorted(library.texts)[1]
    with ingester(folder, Encoder(), parser) as ready:
        for step in ready.ingest([library.folder]):
            if isinstance(step, Found):
                move(victim)
    now = {path: text for path, text in library.texts.items() if path != victim}
    if victim.is_file() and not victim.is_symlink():
        now[victim] = victim.read_text(encoding="utf-8")
    known = library.texts if indexed_before else {}
    assert oracle.faults(folder, Promise(known, now, frozenset(now))) == []
    # The next run knows what has become of it, and keeps nothing of what it was.
    ingest(print_nothing, folder=folder, documents=library.folder)
    assert oracle.faults(folder, Promise(now, now, frozenset(now))) == []
