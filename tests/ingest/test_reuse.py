"""What was embedded before is not embedded again, and nobody can tell by the vectors."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from index_data.checking import check
from index_data.findings import Invariant
from index_data.index import Index
from index_data.paths import IndexPaths
from index_data.records import Filters, SparseVector, StoredPassage
from index_data.repair import repair
from ingest.ingester import Ingester
from ingest.parser import Parser
from ingest.pipeline import LocalPipeline
from ingest.progress import Finished, Ingested, Moved, Progress, Report
from tests.ingest.conftest import with_parts

PARAGRAPHS = [f"Paragraph {n} says that {n} times {n} is {n**2}.\n\n" for n in range(60)]
TEXT = "".join(PARAGRAPHS)


def _report(ingester: Ingester, folder: Path) -> Report:
    *_, last = ingester.ingest([folder])
    assert isinstance(last, Finished)
    return last.report


def _stored(index: Index, name: str) -> list[StoredPassage]:
    stored = index.passages(index.passage_ids().tolist())
    return [passage for passage in stored if passage.document.path.name == name]


def _vectors(index: Index, name: str) -> NDArray[np.float32]:
    return index.vectors([passage.passage_id for passage in _stored(index, name)])


@pytest.fixture
def fresh_vectors(
    tmp_path: Path, ingester: Ingester, index: Index, letter_embedder: Any
) -> Callable[[str, str], NDArray[np.float32]]:
    """Ingest a text into an index of its own, and return the vectors of its passages."""

    def fresh(name: str, text: str) -> NDArray[np.float32]:
        folder = tmp_path / "fresh"
        folder.mkdir()
        (folder / name).write_text(text, encoding="utf-8")
        with Index.create_or_open(tmp_path / "fresh-index", index.fingerprint) as other:
            list(replace(ingester, index=other).ingest([folder]))
            return _vectors(other, name)

    return fresh


@pytest.mark.parametrize(("overlap_tokens", "changed_windows"), [(0, 1), (12, 2)])
def test_an_edited_document_embeds_the_windows_that_changed_and_no_other(
    ingester: Ingester,
    index: Index,
    letter_embedder: Any,
    folder: Path,
    fresh_vectors: Callable[[str, str], NDArray[np.float32]],
    overlap_tokens: int,
    changed_windows: int,
) -> None:
    ingester = with_parts(ingester, overlap_tokens=overlap_tokens)
    (folder / "a.txt").write_text(TEXT, encoding="utf-8")
    first = _report(ingester, folder)
    windows = letter_embedder.embedded_windows
    assert windows >= 10
    assert first.reused == 0
    edited = TEXT.replace("Paragraph 30 says", "Paragraph 30 sighs")
    (folder / "a.txt").write_text(edited, encoding="utf-8")
    second = _report(ingester, folder)
    # Where windows overlap, what changed is context of a neighbour too.
    assert letter_embedder.embedded_windows - windows == changed_windows
    assert second.passages - second.reused == 2
    assert "".join(stored.passage.text for stored in _stored(index, "a.txt")) == edited
    np.testing.assert_array_equal(_vectors(index, "a.txt"), fresh_vectors("a.txt", edited))


def test_a_paragraph_in_front_moves_every_passage_and_keeps_what_is_cut_as_before(
    ingester: Ingester,
    index: Index,
    letter_embedder: Any,
    folder: Path,
    fresh_vectors: Callable[[str, str], NDArray[np.float32]],
) -> None:
    chapters = "".join(f"# Chapter {number}\n\n{TEXT[:1_000]}" for number in range(10))
    (folder / "a.md").write_text(chapters, encoding="utf-8")
    _report(ingester, folder)
    edited = f"# Preface\n\nWhat this is about.\n\n{chapters}"
    (folder / "a.md").write_text(edited, encoding="utf-8")
    report = _report(ingester, folder)
    assert report.reused > report.passages // 2
    np.testing.assert_array_equal(_vectors(index, "a.md"), fresh_vectors("a.md", edited))


def test_a_copy_of_what_is_stored_embeds_nothing(
    ingester: Ingester, index: Index, letter_embedder: Any, folder: Path
) -> None:
    (folder / "a.txt").write_text(TEXT, encoding="utf-8")
    _report(ingester, folder)
    embedded = letter_embedder.embedded_windows
    (folder / "b.txt").write_text(TEXT, encoding="utf-8")
    report = _report(ingester, folder)
    assert letter_embedder.embedded_windows == embedded
    assert (report.ingested, report.reused) == (1, report.passages)
    np.testing.assert_array_equal(_vectors(index, "a.txt"), _vectors(index, "b.txt"))
    found = index.nearest(_vectors(index, "a.txt")[0], 2, Filters())
    names = {item.document.path.name for item in index.passages([hit.passage_id for hit in found])}
    assert names == {"a.txt", "b.txt"}


def test_copies_in_the_first_run_are_embedded_once(
    ingester: Ingester, index: Index, letter_embedder: Any, folder: Path
) -> None:
    (folder / "a.txt").write_text(TEXT, encoding="utf-8")
    _report(ingester, folder)
    once = letter_embedder.embedded_windows
    for name in ("b.txt", "c.txt", "d.txt"):
        (folder / name).write_text(TEXT[::-1], encoding="utf-8")
    report = _report(ingester, folder)
    assert report.ingested == 3
    assert report.reused == report.passages * 2 // 3
    assert letter_embedder.embedded_windows <= 2 * once
    np.testing.assert_array_equal(_vectors(index, "b.txt"), _vectors(index, "d.txt"))


def test_a_renamed_document_is_called_after_its_new_name(
    ingester: Ingester, index: Index, folder: Path
) -> None:
    (folder / "a.txt").write_text(TEXT, encoding="utf-8")
    (folder / "b.html").write_text(f"<title>Times</title><p>{TEXT}", encoding="utf-8")
    _report(ingester, folder)
    (folder / "a.txt").rename(folder / "c.txt")
    (folder / "b.html").rename(folder / "d.html")
    steps = list(ingester.ingest([folder]))
    assert [step for step in steps if isinstance(step, Moved)] == [
        Moved(folder / "c.txt", folder / "a.txt"),
        Moved(folder / "d.html", folder / "b.html"),
    ]
    titles = {_stored(index, name)[0].document.title for name in ("c.txt", "d.html")}
    assert titles == {"c", "Times"}


def test_another_kind_of_name_is_read_anew_and_embeds_what_is_new(
    ingester: Ingester, index: Index, letter_embedder: Any, folder: Path
) -> None:
    (folder / "a.txt").write_text("# Title\n\nOne text.\n", encoding="utf-8")
    _report(ingester, folder)
    embedded = letter_embedder.embedded_windows
    (folder / "a.txt").rename(folder / "a.md")
    report = _report(ingester, folder)
    assert (report.ingested, report.moved, report.removed) == (1, 0, 1)
    assert _stored(index, "a.md")[0].document.title == "Title"
    assert letter_embedder.embedded_windows == embedded


def test_sparse_vectors_are_taken_over_too(
    index: Index, weighing_embedder: Any, parser: Parser, folder: Path
) -> None:
    ingester = Ingester(index, LocalPipeline(weighing_embedder, parser, 64, 32))
    (folder / "a.txt").write_text(TEXT, encoding="utf-8")
    _report(ingester, folder)
    embedded = weighing_embedder.embedded_windows
    (folder / "b.txt").write_text(TEXT, encoding="utf-8")
    _report(ingester, folder)
    assert weighing_embedder.embedded_windows == embedded
    [query] = weighing_embedder.sparse_queries([PARAGRAPHS[7]])
    scores = [hit.score for hit in index.sharing(query, 1_000, Filters())]
    assert len(scores) == len(index.passage_ids())
    assert scores[::2] == scores[1::2]


def test_what_has_no_sparse_vectors_is_embedded_where_they_are_wanted(
    ingester: Ingester, index: Index, weighing_embedder: Any, folder: Path
) -> None:
    (folder / "a.txt").write_text(TEXT, encoding="utf-8")
    _report(ingester, folder)
    (folder / "b.txt").write_text(TEXT, encoding="utf-8")
    report = _report(with_parts(ingester, embedder=weighing_embedder), folder)
    assert report.reused == 0
    query = SparseVector(np.array([ord("P")], np.int32), np.ones(1, np.float32))
    assert len(index.sharing(query, 1_000, Filters())) == report.passages


def test_a_damaged_vector_is_not_taken_over(
    ingester: Ingester, index: Index, index_folder: Path, letter_embedder: Any, folder: Path
) -> None:
    (folder / "a.txt").write_text(TEXT, encoding="utf-8")
    _report(ingester, folder)
    embedded = letter_embedder.embedded_windows
    before = _vectors(index, "a.txt")
    with closing(sqlite3.connect(IndexPaths(index_folder).database)) as rows, rows:
        rows.execute("UPDATE vectors SET vector_crc = vector_crc + 1 WHERE passage_id = 3")
    (folder / "a.txt").rename(folder / "a.rst")
    (folder / "a.rst").write_text(f"{TEXT} ", encoding="utf-8")
    list(ingester.ingest([folder]))
    assert 1 <= letter_embedder.embedded_windows - embedded <= 2
    np.testing.assert_array_equal(_vectors(index, "a.rst"), before)


def test_the_reuse_of_a_document_is_told(ingester: Ingester, folder: Path) -> None:
    (folder / "a.txt").write_text("Words to read.", encoding="utf-8")
    list(ingester.ingest([folder]))
    (folder / "b.txt").write_text("Words to read.", encoding="utf-8")
    steps: list[Progress] = list(ingester.ingest([folder]))
    assert [step for step in steps if isinstance(step, Ingested)] == [
        Ingested(folder / "b.txt", passages=1, windows=1, tokens=3, reused=1)
    ]


@pytest.mark.parametrize(
    "break_it",
    ["UPDATE ledger SET characters = 1", "UPDATE ledger SET textless_pages = '['", "DELETE FROM ledger"],
)
def test_an_account_that_was_lost_is_made_by_reading_again_and_embeds_nothing(
    ingester: Ingester, index: Index, index_folder: Path, letter_embedder: Any, folder: Path, break_it: str
) -> None:
    (folder / "a.txt").write_text(TEXT, encoding="utf-8")
    _report(ingester, folder)
    before, embedded = index.accounts(), letter_embedder.embedded_windows
    index.close()
    with closing(sqlite3.connect(IndexPaths(index_folder).database)) as rows, rows:
        rows.execute(break_it)
    assert [finding.invariant for finding in check(index_folder, full=True)] == [Invariant.ACCOUNTED]
    assert repair(index_folder).lost == ()
    assert check(index_folder, full=True) == []
    with Index.create_or_open(index_folder, index.fingerprint) as again:
        (account,) = again.accounts()
        assert (account.share_embedded, account.characters) == (1.0, len(TEXT))
        assert _report(replace(ingester, index=again), folder).ingested == 1
        assert again.accounts() == before
        assert _report(replace(ingester, index=again), folder).ingested == 0
    assert letter_embedder.embedded_windows == embedded
