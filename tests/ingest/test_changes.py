"""Files that changed, or did not, or were hard to read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from index_data.documents import MAX_ATTEMPTS
from index_data.errors import ReaderDied
from index_data.index import Index
from index_data.records import FileState
from ingest.ingester import Ingester, Manner
from ingest.parser import ParsedFile, Parser
from ingest.pipeline import LocalPipeline
from ingest.progress import Finished, Report, Skipped
from tests.ingest.conftest import local, with_parts

REHASH = Manner(rehash=True)


def _report(ingester: Ingester, folder: Path, manner: Manner | None = None) -> Report:
    *_, last = ingester.ingest([folder], manner or Manner())
    assert isinstance(last, Finished)
    return last.report


def _text(index: Index) -> str:
    return "".join(stored.passage.text for stored in index.passages(index.passage_ids().tolist()))


def _write_in_secret(path: Path, text: str) -> None:
    """Change a file and leave its size and time as they were."""
    before = path.stat()
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def test_a_time_that_lies_is_found_by_rehashing_and_only_so(
    ingester: Ingester, index: Index, folder: Path
) -> None:
    (folder / "a.txt").write_text("Words of old.", encoding="utf-8")
    _report(ingester, folder)
    _write_in_secret(folder / "a.txt", "Words anew...")
    assert _report(ingester, folder).unchanged == 1
    assert _text(index) == "Words of old."
    assert _report(ingester, folder, REHASH).ingested == 1
    assert _text(index) == "Words anew..."


def test_rehashing_what_is_as_it_was_writes_nothing(ingester: Ingester, index: Index, folder: Path) -> None:
    (folder / "a.txt").write_text("Words.", encoding="utf-8")
    (folder / "empty.txt").touch()
    _report(ingester, folder)
    _report(ingester, folder, REHASH)
    generation = index.generation
    report = _report(ingester, folder, REHASH)
    assert (report.unchanged, len(report.skipped)) == (1, 1)
    assert index.generation == generation


class HastyWriter(Parser):
    """Somebody writes to a file after it was looked at and before it is read."""

    def submit(self, path: Path) -> Future[ParsedFile]:
        path.write_text("What is there now.", encoding="utf-8")
        return super().submit(path)


def test_a_document_is_stamped_with_what_was_read(index: Index, letter_embedder: Any, folder: Path) -> None:
    (folder / "a.txt").write_text("What was there when it was looked at.", encoding="utf-8")
    with HastyWriter() as parser:
        _report(Ingester(index, LocalPipeline(letter_embedder, parser, 64, 32)), folder)
    assert _text(index) == "What is there now."
    stamp = index.stamps()[folder / "a.txt"]
    assert stamp.content_hash == hashlib.sha256(b"What is there now.").hexdigest()
    assert stamp.size == 18


@dataclass
class Poisoned:
    """Which files kill their reader, and how often one died."""

    names: set[str]
    deaths: int = 0


class MortalParser(Parser):
    """Dies on some files."""

    def __init__(self, poisoned: Poisoned) -> None:
        super().__init__()
        self.poisoned = poisoned

    def submit(self, path: Path) -> Future[ParsedFile]:
        if path.name not in self.poisoned.names:
            return super().submit(path)
        self.poisoned.deaths += 1
        dead: Future[ParsedFile] = Future()
        dead.set_exception(ReaderDied("the reader crashed on it (SIGSEGV)", remedy="Leave it."))
        return dead


@pytest.fixture
def poisoned(folder: Path) -> Poisoned:
    for name in ("a.txt", "b.txt", "c.txt"):
        (folder / name).write_text(f"Words of {name}.", encoding="utf-8")
    return Poisoned({"b.txt"})


@pytest.fixture
def mortal(ingester: Ingester, poisoned: Poisoned) -> Any:
    with MortalParser(poisoned) as parser:
        yield with_parts(ingester, parser=parser)


def test_a_reader_dies_on_a_file_three_times_and_never_again(
    mortal: Ingester, index: Index, poisoned: Poisoned, folder: Path
) -> None:
    for _ in range(MAX_ATTEMPTS + 2):
        report = _report(mortal, folder)
        assert report.skipped == (Skipped(folder / "b.txt", "the reader crashed on it (SIGSEGV)"),)
        assert index.summary().documents == 2
    assert poisoned.deaths == MAX_ATTEMPTS
    [account] = [account for account in index.accounts() if account.state is FileState.FAILED]
    assert (account.path, account.attempts) == (folder / "b.txt", MAX_ATTEMPTS)
    os.utime(folder / "b.txt", ns=(1, 1))
    _report(mortal, folder)
    _report(mortal, folder, REHASH)
    assert poisoned.deaths == MAX_ATTEMPTS


def _new_content(mortal: Ingester, path: Path) -> None:
    path.write_text("Other words.", encoding="utf-8")


def _new_readers(mortal: Ingester, path: Path) -> None:
    local(mortal).parser.readers = "readers 2"


@pytest.mark.parametrize("happens", [_new_content, _new_readers])
def test_a_file_is_tried_again_when_it_or_the_readers_are_others(
    mortal: Ingester,
    index: Index,
    poisoned: Poisoned,
    folder: Path,
    happens: Callable[[Ingester, Path], None],
) -> None:
    for _ in range(MAX_ATTEMPTS + 1):
        _report(mortal, folder)
    happens(mortal, folder / "b.txt")
    for _ in range(MAX_ATTEMPTS + 1):
        _report(mortal, folder)
    assert poisoned.deaths == 2 * MAX_ATTEMPTS
    poisoned.names.clear()
    (folder / "b.txt").write_text("Harmless words.", encoding="utf-8")
    assert _report(mortal, folder).ingested == 1
    assert index.summary().unread == ()


def test_a_file_that_its_reader_survives_the_second_time_is_in(
    mortal: Ingester, index: Index, poisoned: Poisoned, folder: Path
) -> None:
    _report(mortal, folder)
    poisoned.names.clear()
    report = _report(mortal, folder)
    assert (report.ingested, report.unchanged, report.skipped) == (1, 2, ())


def test_a_refused_file_is_read_again_by_other_readers(
    ingester: Ingester, index: Index, folder: Path
) -> None:
    (folder / "a.pdf").write_bytes(b"%PDF-1.7 no more")
    _report(ingester, folder)
    generation = index.generation
    assert len(_report(ingester, folder).skipped) == 1
    assert index.generation == generation
    local(ingester).parser.readers = "readers 2"
    assert len(_report(ingester, folder).skipped) == 1
    assert index.generation > generation
    assert index.summary().unread[0].readers == "readers 2"


@pytest.mark.parametrize("change", ["gone", "fifo", "link", "folder"])
def test_what_turns_into_something_else_before_it_is_read_is_left_out(
    index: Index, letter_embedder: Any, folder: Path, change: str
) -> None:
    class Trickster(Parser):
        def submit(self, path: Path) -> Future[ParsedFile]:
            if path.name == "b.txt":
                path.unlink()
                match change:
                    case "fifo":
                        os.mkfifo(path)
                    case "link":
                        path.symlink_to(folder / "a.txt")
                    case "folder":
                        path.mkdir()
            return super().submit(path)

    for name in ("a.txt", "b.txt", "c.txt"):
        (folder / name).write_text(f"Words of {name}.", encoding="utf-8")
    with Trickster() as parser:
        ingester = Ingester(index, LocalPipeline(letter_embedder, parser, 64, 32))
        report = _report(ingester, folder)
        assert (report.ingested, len(report.skipped)) == (2, 1)
        assert set(index.stamps()) == {folder / "a.txt", folder / "c.txt"}
        assert _report(ingester, folder).unchanged == 2
        assert index.summary().unread == ()
