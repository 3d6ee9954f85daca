"""Files at the limits and beyond are read in bounded memory and time, or refused in one clear line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.readers.confinement import MEMORY_BYTES
from ingest.readers.limits import MAX_FILE_BYTES, MAX_TEXT_CHARACTERS
from tests.faults import huge
from tests.faults.nursery import Nursery

pytestmark = pytest.mark.slow
PAGES = 5_000
SPARE = 200_000_000
"""Bytes that an ingest takes whatever it reads."""


@dataclass(frozen=True, slots=True)
class Ingest:
    """What came of one."""

    said: Sequence[Sequence[object]]
    """Of each file."""
    seconds: float
    parent_bytes: int
    """By which the peak of the process grew."""
    child_bytes: int

    def __str__(self) -> str:
        parent, child = self.parent_bytes / 2**20, self.child_bytes / 2**20
        return (
            f"{len(self.said)} files in {self.seconds:.1f} s, parent +{parent:.0f} MiB, child {child:.0f} MiB"
        )


def _ingested(nursery: Nursery, tmp_path: Path, documents: Path) -> Ingest:
    child = nursery.fork(
        "tests.faults.huge:ingest", tmp_path / "log", folder=tmp_path / "index", documents=documents
    )
    assert child.wait() == 0, child.said()
    *said, (_, seconds, before, after, children) = child.said()
    return Ingest(said, seconds, after - before, children)


def _tell(capsys: pytest.CaptureFixture[str], line: str) -> None:
    """Show a line of figures, whether the test passes or not."""
    with capsys.disabled():
        sys.stdout.write(f"\n{line}\n")


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    (folder := tmp_path / "documents").mkdir()
    return folder


def test_a_text_of_200_mb_is_refused_without_being_read(
    nursery: Nursery, tmp_path: Path, documents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    huge.write_text(documents / "huge.txt", 2 * MAX_FILE_BYTES, seed=1)
    ingest = _ingested(nursery, tmp_path, documents)
    _tell(capsys, f"200 MB of text: {ingest}")
    assert ingest.said == [["skipped", "huge.txt", "too large (200 MB; limit 100 MB); split it into parts"]]
    assert ingest.parent_bytes < SPARE
    assert ingest.seconds < 30


def test_a_text_of_more_characters_than_are_read_is_refused(
    nursery: Nursery, tmp_path: Path, documents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    huge.write_text(documents / "long.txt", MAX_FILE_BYTES, seed=2)
    ingest = _ingested(nursery, tmp_path, documents)
    _tell(capsys, f"100 MB of text in one file: {ingest}")
    reason = "more than 20 million characters of text; split it into parts"
    assert ingest.said == [["skipped", "long.txt", reason]]
    assert ingest.parent_bytes < SPARE
    assert ingest.child_bytes < MEMORY_BYTES


def test_the_same_in_parts_of_20_million_characters_is_ingested(
    nursery: Nursery, tmp_path: Path, documents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = 2 * MAX_FILE_BYTES // MAX_TEXT_CHARACTERS
    for part in range(parts):
        huge.write_text(documents / f"part-{part:02}.txt", MAX_TEXT_CHARACTERS, seed=part)
    ingest = _ingested(nursery, tmp_path, documents)
    _tell(capsys, f"200 MB of text in {parts} files: {ingest}")
    assert [words[:2] for words in ingest.said] == [
        ["ingested", f"part-{part:02}.txt"] for part in range(parts)
    ]
    assert ingest.parent_bytes < SPARE + 20 * MAX_TEXT_CHARACTERS
    assert ingest.child_bytes < MEMORY_BYTES


def test_a_pdf_of_5000_pages_is_ingested(
    nursery: Nursery, tmp_path: Path, documents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    huge.write_pdf(documents / "huge.pdf", PAGES, seed=3)
    size = (documents / "huge.pdf").stat().st_size
    ingest = _ingested(nursery, tmp_path, documents)
    _tell(capsys, f"{PAGES} pages, {size / 1e6:.1f} MB: {ingest}")
    [(what, name, passages)] = ingest.said
    assert (what, name) == ("ingested", "huge.pdf")
    assert isinstance(passages, int)
    assert passages >= PAGES
    assert ingest.parent_bytes < SPARE + 10 * size
    assert ingest.child_bytes < MEMORY_BYTES
