"""Every character of a document is accounted for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from index_data.errors import UnreadableFile
from index_data.index import Index
from index_data.records import FileAccount, FileState
from ingest import cutter as whole
from ingest.coverage import refuse_gaps
from ingest.ingester import Ingester
from ingest.passages import cut
from ingest.progress import Skipped
from ingest.readers.parsed_document import ParsedDocument
from ingest.windows import PlannedWindow

TEXT = "".join(f"Sentence number {number} of a text.  \n" for number in range(60))


def _windows(embedder: Any) -> list[PlannedWindow]:
    return cut(ParsedDocument(TEXT, "txt"), embedder.token_spans(TEXT), window_tokens=64, passage_tokens=16)


def _lost(windows: list[PlannedWindow]) -> list[PlannedWindow]:
    return windows[:2] + windows[3:]


def _ended_early(windows: list[PlannedWindow]) -> list[PlannedWindow]:
    return windows[:-1]


def _twice(windows: list[PlannedWindow]) -> list[PlannedWindow]:
    return windows[:2] + windows[1:]


def _other_text(windows: list[PlannedWindow]) -> list[PlannedWindow]:
    passage = replace(windows[1].passages[0], text=windows[1].passages[0].text.upper())
    return [windows[0], replace(windows[1], passages=(passage, *windows[1].passages[1:])), *windows[2:]]


def _not_shown(windows: list[PlannedWindow]) -> list[PlannedWindow]:
    """Keep the passage, but cut off what the encoder sees of it."""
    return [*windows[:-1], replace(windows[-1], text=windows[-1].text[:-10])]


def _without_a_passage(windows: list[PlannedWindow]) -> list[PlannedWindow]:
    return [replace(windows[0], passages=windows[0].passages[1:]), *windows[1:]]


FAULTS = (_lost, _ended_early, _twice, _other_text, _not_shown, _without_a_passage)


def test_what_is_whole_passes(letter_embedder: Any) -> None:
    windows = _windows(letter_embedder)
    assert len(windows) > 3
    refuse_gaps(TEXT, windows)


@pytest.mark.parametrize("fault", FAULTS)
def test_text_that_is_lost_is_noticed(
    letter_embedder: Any, fault: Callable[[list[PlannedWindow]], list[PlannedWindow]]
) -> None:
    with pytest.raises(UnreadableFile, match=r"lose text at character [\d,]+ of [\d,]+"):
        refuse_gaps(TEXT, fault(_windows(letter_embedder)))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_document_that_loses_text_is_not_kept_and_the_others_are(
    ingester: Ingester,
    index: Index,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[[list[PlannedWindow]], list[PlannedWindow]],
) -> None:
    def careless_cut(parsed: ParsedDocument, *arguments: Any, **options: Any) -> list[PlannedWindow]:
        windows = cut(parsed, *arguments, **options)
        return fault(windows) if len(windows) > 3 else windows

    monkeypatch.setattr(whole, "cut", careless_cut)
    (folder / "long.txt").write_text(TEXT, encoding="utf-8")
    (folder / "short.txt").write_text("Brief.", encoding="utf-8")
    skipped = [step for step in ingester.ingest([folder]) if isinstance(step, Skipped)]
    assert [step.path for step in skipped] == [folder / "long.txt"]
    assert "lose text" in skipped[0].reason
    assert list(index.stamps()) == [folder / "short.txt"]


def test_each_file_is_accounted_for(
    ingester: Ingester, index: Index, folder: Path, make_pdf: Callable[..., bytes]
) -> None:
    (folder / "a.txt").write_text(TEXT, encoding="utf-8")
    (folder / "b.pdf").write_bytes(make_pdf(["One.", "", "Three.", ""]))
    (folder / "c.txt").touch()
    list(ingester.ingest([folder]))
    text, pdf, empty = index.accounts()
    assert text == FileAccount(
        folder / "a.txt",
        FileState.READY,
        "txt",
        passages=text.passages,
        embedded_characters=len(TEXT),
        characters=len(TEXT),
    )
    assert text.passages > 3
    assert (pdf.pages, pdf.textless_pages, pdf.recognised_pages) == (4, (2, 4), ())
    assert pdf.notes == ("no text on pages 2, 4 (a scan?)",)
    assert pdf.share_embedded == text.share_embedded == 1
    assert empty == FileAccount(folder / "c.txt", FileState.SKIPPED, reason="empty file")
    assert [index.account(one.path) for one in (text, pdf, empty)] == [text, pdf, empty]
    assert index.account(folder / "absent.txt") is None


def test_a_text_of_white_space_at_its_end_is_whole(ingester: Ingester, index: Index, folder: Path) -> None:
    (folder / "a.txt").write_text(f"\n\n  {TEXT}\n \n\u3000\n", encoding="utf-8")
    list(ingester.ingest([folder]))
    [account] = index.accounts()
    assert account.share_embedded == 1
