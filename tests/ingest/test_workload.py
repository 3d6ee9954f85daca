from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from index_data.errors import UsageError
from ingest.parser import Parser
from ingest.workload import workload


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with Parser() as parser:
        yield parser


def words(text: str) -> int:
    return len(text.split())


def test_a_suffix_has_as_many_tokens_to_a_byte_as_its_sample(tmp_path: Path, parser: Parser) -> None:
    for number in range(40):
        (tmp_path / f"{number}.txt").write_text("four " * 10 * (number + 1), encoding="utf-8")
    for number in range(20):
        (tmp_path / f"{number}.md").write_text("seventeen-letters " * 10, encoding="utf-8")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    work = workload([tmp_path], parser, words, leave_out=tmp_path / "none")
    assert (work.files, work.sampled_files, work.unread_files) == (60, 10, 0)
    assert work.tokens == 10 * sum(range(1, 41)) + 20 * 10
    assert work.bytes == 50 * sum(range(1, 41)) + 20 * 180
    assert work.sampled_bytes < work.bytes


def test_the_sample_goes_from_small_to_large(tmp_path: Path, parser: Parser) -> None:
    for size in range(1, 51):
        (tmp_path / f"{size}.txt").write_text("x " * size, encoding="utf-8")
    seen: list[int] = []

    def noted(text: str) -> int:
        seen.append(words(text))
        return 0

    workload([tmp_path], parser, noted, leave_out=tmp_path / "none")
    assert seen == [6, 16, 26, 36, 46]


def test_what_cannot_be_read_counts_as_without_text(tmp_path: Path, parser: Parser) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    (tmp_path / "note.md").write_text("one two three", encoding="utf-8")
    work = workload([tmp_path], parser, words, leave_out=tmp_path / "none")
    assert (work.files, work.tokens, work.unread_files) == (2, 3, 1)


def test_the_index_is_left_out(tmp_path: Path, parser: Parser) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "note.txt").write_text("one", encoding="utf-8")
    assert workload([tmp_path], parser, words, leave_out=tmp_path / "index").files == 0
    assert workload([tmp_path], parser, words, leave_out=tmp_path / "none").files == 1


def test_a_folder_that_is_not_there_is_told(tmp_path: Path, parser: Parser) -> None:
    with pytest.raises(UsageError):
        workload([tmp_path / "none"], parser, words, leave_out=tmp_path)
