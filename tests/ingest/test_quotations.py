"""What was shown is cut from its file again, and each way in which that can fail is told apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.parser import Parser
from ingest.quotations import Quotation, Verdict, check_quotations

TEXT = "Käse und Brot.\r\nWein 🍷 aus dem Süden. Öl.\n"
SHOWN = "Wein 🍷 aus dem Süden."


@pytest.fixture
def parser() -> Iterator[Parser]:
    with Parser() as parser:
        yield parser


def quotation(path: Path, data: bytes, *, encoding: str | None = "utf-8", mark: int = 0) -> Quotation:
    """Quote the second line, of which its first sentence was shown."""
    path.write_bytes(data)
    start, end = TEXT.index("Wein"), len(TEXT) - 1
    byte = None
    if encoding is not None:
        first, last = (len(TEXT[:edge].encode(encoding)) for edge in (start, end))
        byte = (mark + first, mark + last)
    digest = hashlib.sha256(data).hexdigest()
    span = start, start + len(SHOWN)
    return Quotation(path, digest, TEXT[start:end], (start, end), byte, encoding, span, SHOWN)


def verdicts(parser: Parser, *quotations: Quotation) -> list[Verdict]:
    return [checked.verdict for checked in check_quotations(quotations, parser)]


@pytest.mark.parametrize(
    ("encoding", "mark"), [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16-be", b"\xfe\xff")]
)
def test_bytes_of_a_plain_text_give_it(parser: Parser, tmp_path: Path, encoding: str, mark: bytes) -> None:
    said = quotation(tmp_path / "a.txt", mark + TEXT.encode(encoding), encoding=encoding, mark=len(mark))
    assert verdicts(parser, said) == [Verdict.HOLDS]
    assert said.byte is not None
    moved = replace(said, byte=(said.byte[0] + 2, said.byte[1]))
    assert verdicts(parser, moved) == [Verdict.DIFFERS]


def test_without_bytes_the_reader_is_asked(parser: Parser, tmp_path: Path) -> None:
    said = quotation(tmp_path / "a.txt", TEXT.encode(), encoding=None)
    assert verdicts(parser, said, replace(said, char=(said.char[0] + 1, said.char[1]))) == [
        Verdict.HOLDS,
        Verdict.DIFFERS,
    ]


def test_the_span_that_was_shown_is_cut_too(parser: Parser, tmp_path: Path) -> None:
    said = quotation(tmp_path / "a.txt", TEXT.encode())
    assert said.span is not None
    start, end = said.span
    for span in ((start + 1, end), (start - 1, end), (start, 10_000), (0, 4)):
        assert verdicts(parser, replace(said, span=span)) == [Verdict.DIFFERS]
    assert verdicts(parser, replace(said, span=None)) == [Verdict.HOLDS]


def test_a_file_that_changed_went_or_cannot_be_read_is_told(parser: Parser, tmp_path: Path) -> None:
    stale = quotation(tmp_path / "stale.txt", TEXT.encode())
    stale.path.write_text(TEXT + "More.", encoding="utf-8")
    gone = quotation(tmp_path / "gone.txt", TEXT.encode())
    gone.path.unlink()
    unreadable = quotation(tmp_path / "odd.pdf", b"%PDF-nonsense", encoding=None)
    sound = quotation(tmp_path / "sound.txt", TEXT.encode())
    assert verdicts(parser, stale, gone, unreadable, sound) == [
        Verdict.STALE,
        Verdict.GONE,
        Verdict.UNREADABLE,
        Verdict.HOLDS,
    ]


def test_a_file_is_parsed_once_for_all_that_is_quoted_of_it(tmp_path: Path) -> None:
    class CountingParser(Parser):
        parsed = 0

        def parse(self, path: Path):  # type: ignore[no-untyped-def]
            self.parsed += 1
            return super().parse(path)

    said = quotation(tmp_path / "a.txt", TEXT.encode(), encoding=None)
    with CountingParser() as parser:
        assert verdicts(parser, said, said, said) == [Verdict.HOLDS] * 3
        assert parser.parsed == 1
