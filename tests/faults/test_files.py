"""T7: each file of an index missing, empty, cut, grown or replaced. The answer is right, or says why not."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from index_data.errors import DragomanError
from tests.faults.rot import DATABASE, Specimen
from tests.faults.worker import ingest, print_nothing

Spoil = Callable[[Path], None]


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def _empty(path: Path) -> None:
    _remove(path)
    path.touch()


def _halve(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _append_garbage(path: Path) -> None:
    with path.open("ab") as file:
        file.write(os.urandom(5_000))


def _replace_by_garbage(path: Path) -> None:
    path.write_bytes(os.urandom(path.stat().st_size))


def _replace_by_a_folder(path: Path) -> None:
    _remove(path)
    (path / "inside").mkdir(parents=True)


def _forbid(path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("nothing is forbidden to root")
    path.chmod(0)


FOR_FILES: tuple[Spoil, ...] = (
    _remove,
    _empty,
    _halve,
    _append_garbage,
    _replace_by_garbage,
    _replace_by_a_folder,
    _forbid,
)
FOR_FOLDERS: tuple[Spoil, ...] = (_remove, _empty, _forbid)


@pytest.fixture(scope="module")
def specimen(tmp_path_factory: pytest.TempPathFactory) -> Specimen:
    return Specimen(tmp_path_factory.mktemp("specimen"), 71)


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        *(("meta.sqlite3", spoil) for spoil in FOR_FILES),
        *(("segments/*", spoil) for spoil in FOR_FILES),
        *(("LOCK", spoil) for spoil in FOR_FILES),
        *((folder, spoil) for folder in ("segments", "tmp", "quarantine") for spoil in FOR_FOLDERS),
    ],
)
def test_a_spoilt_file_gives_right_answers_or_a_clean_error(
    specimen: Specimen, tmp_path: Path, name: str, spoil: Spoil
) -> None:
    with specimen.a_copy(tmp_path) as folder:
        (path,) = folder.glob(name)
        spoil(path)
        given = specimen.ask(folder, specimen.questions)
        if name == "meta.sqlite3":
            assert specimen.lies(range(len(specimen.questions)), given) == []
        else:
            assert given == specimen.answers
        with suppress(DragomanError):
            ingest(print_nothing, folder=folder, documents=specimen.documents)
            assert specimen.ask(folder, specimen.questions) == specimen.answers


@pytest.mark.parametrize("name", ["meta.sqlite3", "segments/*"])
def test_an_older_copy_of_a_file_gives_older_answers_or_right_ones(
    specimen: Specimen, tmp_path: Path, name: str
) -> None:
    with specimen.a_copy(tmp_path) as folder:
        (path,) = folder.glob(name)
        older = path.read_bytes()
        (documents := tmp_path / "documents").mkdir()
        for number, document in enumerate(sorted(specimen.documents.iterdir())):
            if number % 2:
                shutil.copy2(document, documents)
        ingest(print_nothing, folder=folder, documents=documents)
        newer = specimen.ask(folder, specimen.questions)
        (path,) = folder.glob(name)
        path.write_bytes(older)
        given = specimen.ask(folder, specimen.questions)
        assert given == (specimen.answers if name == "meta.sqlite3" else newer)
        ingest(print_nothing, folder=folder, documents=documents)
        assert specimen.ask(folder, specimen.questions) == newer


def test_a_log_of_garbage_is_not_believed(specimen: Specimen, tmp_path: Path) -> None:
    with specimen.a_copy(tmp_path) as folder:
        (folder / "meta.sqlite3-wal").write_bytes(os.urandom(40_000))
        assert specimen.ask(folder, specimen.questions) == specimen.answers


def test_an_index_whose_making_was_interrupted_is_made_anew(specimen: Specimen, tmp_path: Path) -> None:
    half, folder = tmp_path / "half.sqlite3", tmp_path / "index"
    folder.mkdir()
    with closing(sqlite3.connect(half, isolation_level=None)) as rows:
        rows.execute("PRAGMA cache_size = 1")
        rows.execute("BEGIN")
        rows.execute("CREATE TABLE unfinished AS SELECT randomblob(400000)")
        for end in ("", "-journal"):
            shutil.copy(f"{half}{end}", f"{folder / DATABASE}{end}")
    (refusal, *_) = specimen.ask(folder, specimen.questions)
    assert "interrupted while it was made" in refusal
    ingest(print_nothing, folder=folder, documents=specimen.documents)
    assert specimen.ask(folder, specimen.questions) == specimen.answers
