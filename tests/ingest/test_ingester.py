"""The whole of ingest over a real index, with the letter-counting embedder."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from encoder.interface import Window
from index_data.errors import UsageError
from index_data.index import Index
from index_data.records import Filters
from ingest.ingester import Ingester, Manner
from ingest.parser import ParsedFile, Parser
from ingest.pipeline import LocalPipeline
from ingest.progress import (
    Finished,
    Found,
    Ingested,
    Moved,
    Progress,
    Removed,
    Report,
    Skipped,
    Unchanged,
)
from tests.ingest.conftest import local, with_parts


def _run(ingester: Ingester, *paths: Path, prune: bool = True) -> list[Progress]:
    return list(ingester.ingest(paths, Manner(prune=prune)))


def _report(steps: list[Progress]) -> Report:
    assert isinstance(steps[-1], Finished)
    return steps[-1].report


def _texts(index: Index) -> dict[str, str]:
    """Join the passages of each document."""
    everything = index.nearest(_anywhere(index), 10_000, Filters())
    stored = index.passages(sorted(found.passage_id for found in everything))
    texts: dict[str, str] = {}
    for item in stored:
        name = item.document.path.name
        texts[name] = texts.get(name, "") + item.passage.text
    return texts


def _anywhere(index: Index) -> NDArray[np.float32]:
    vector = np.zeros(index.fingerprint.dimension, dtype=np.float32)
    vector[0] = 1
    return vector


@pytest.fixture
def three(folder: Path) -> Path:
    for name in ("a.txt", "b.md", "c.txt"):
        (folder / name).write_text(f"# Title\n\nThis is the text of {name}.\n" * 5, encoding="utf-8")
    return folder


def test_a_folder_of_every_kind_becomes_an_index(
    ingester: Ingester,
    index: Index,
    folder: Path,
    make_pdf: Callable[..., bytes],
    make_docx: Callable[..., bytes],
    make_epub: Callable[..., bytes],
) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "a.txt").write_bytes("Grüße aus dem Wald.\r\n".encode("cp1252"))
    (folder / "b.md").write_text("# Kopf\n\nDer Text darunter ist lang genug.\n", encoding="utf-8")
    (folder / "c.html").write_text("<title>Web</title><p>Page text", encoding="utf-8")
    (folder / "d.pdf").write_bytes(make_pdf(["Page one.", "第二页。"], title="Paper"))
    (folder / "e.docx").write_bytes(make_docx("<w:p><w:r><w:t>Word text</w:t></w:r></w:p>"))
    (folder / "f.epub").write_bytes(make_epub({"x.xhtml": "<h1>Ch</h1><p>Book</p>"}, title="Book"))
    (folder / "g.png").write_bytes(b"\x89PNG")
    (folder / "h.txt").touch()
    steps = _run(ingester, folder)
    found = steps[0]
    assert isinstance(found, Found)
    assert (found.files, dict(found.unsupported)) == (7, {".png": 1})
    assert _report(steps) == Report(
        ingested=6,
        unchanged=0,
        moved=0,
        removed=0,
        passages=7,
        tokens=sum(step.tokens for step in steps if isinstance(step, Ingested)),
        skipped=(Skipped(folder / "h.txt", "empty file"),),
        unsupported={".png": 1},
    )
    assert _texts(index) == {
        "a.txt": "Grüße aus dem Wald.\r\n",
        "b.md": "# Kopf\n\nDer Text darunter ist lang genug.\n",
        "c.html": "Page text",
        "d.pdf": "Page one.\n第二页。",
        "e.docx": "Word text",
        "f.epub": "Ch\n\nBook",
    }
    summary = index.summary()
    assert summary.documents == 6
    assert [(file.path.name, file.reason) for file in summary.unread] == [("h.txt", "empty file")]


def test_what_did_not_change_is_not_even_opened(
    ingester: Ingester, three: Path, letter_embedder: Any
) -> None:
    _run(ingester, three)
    embedded = letter_embedder.embedded_windows
    (three / "a.txt").chmod(0)
    steps = _run(ingester, three)
    assert [type(step) for step in steps] == [Found, Unchanged, Unchanged, Unchanged, Finished]
    assert letter_embedder.embedded_windows == embedded


def test_a_touched_file_is_restamped_without_embedding(
    ingester: Ingester, index: Index, three: Path, letter_embedder: Any
) -> None:
    _run(ingester, three)
    embedded = letter_embedder.embedded_windows
    os.utime(three / "a.txt", ns=(1, 1))
    assert _report(_run(ingester, three)).unchanged == 3
    assert letter_embedder.embedded_windows == embedded
    assert index.stamps()[three / "a.txt"].modified_ns == 1


def test_a_changed_file_replaces_what_was_there(ingester: Ingester, index: Index, three: Path) -> None:
    _run(ingester, three)
    (three / "a.txt").write_text("Something else.", encoding="utf-8")
    report = _report(_run(ingester, three))
    assert (report.ingested, report.unchanged) == (1, 2)
    assert _texts(index)["a.txt"] == "Something else."


def test_a_renamed_file_embeds_nothing(
    ingester: Ingester, index: Index, three: Path, letter_embedder: Any
) -> None:
    _run(ingester, three)
    before = _texts(index)
    embedded = letter_embedder.embedded_windows
    (three / "new").mkdir()
    (three / "a.txt").rename(three / "new" / "z.txt")
    steps = _run(ingester, three)
    assert Moved(three / "new" / "z.txt", three / "a.txt") in steps
    assert not [step for step in steps if isinstance(step, Removed)]
    assert letter_embedder.embedded_windows == embedded
    assert _texts(index) == {**{name: before[name] for name in ("b.md", "c.txt")}, "z.txt": before["a.txt"]}


def test_what_another_writer_forgets_meanwhile_is_left_to_the_next_run(
    ingester: Ingester, index: Index, three: Path
) -> None:
    _run(ingester, three)
    os.utime(three / "b.md", ns=(1, 1))
    (three / "c.txt").rename(three / "d.txt")
    steps = ingester.ingest([three])
    assert isinstance(next(steps), Found)
    index.remove([three / "b.md", three / "c.txt"])
    left = [step for step in steps if isinstance(step, Skipped)]
    assert [(step.path.name, step.reason.partition(" forgot")[0]) for step in left] == [
        ("b.md", "another writer"),
        ("d.txt", "another writer"),
    ]
    _run(ingester, three)
    assert sorted(_texts(index)) == ["a.txt", "b.md", "d.txt"]


def test_a_copy_is_a_document_of_its_own(ingester: Ingester, index: Index, three: Path) -> None:
    _run(ingester, three)
    (three / "copy.txt").write_bytes((three / "a.txt").read_bytes())
    assert _report(_run(ingester, three)).ingested == 1
    assert _texts(index)["copy.txt"] == _texts(index)["a.txt"]


def test_what_is_gone_is_forgotten_only_under_the_given_paths(
    ingester: Ingester, index: Index, folder: Path
) -> None:
    for name in ("one/a.txt", "two/b.txt"):
        (folder / name).parent.mkdir()
        (folder / name).write_text(f"Text of {name}.", encoding="utf-8")
    _run(ingester, folder)
    (folder / "one" / "a.txt").unlink()
    (folder / "two" / "b.txt").unlink()
    assert _report(_run(ingester, folder / "one", prune=False)).removed == 0
    assert Removed(folder / "one" / "a.txt") in _run(ingester, folder / "one")
    assert list(index.stamps()) == [folder / "two" / "b.txt"]


def test_an_unreadable_file_is_reported_again_but_not_parsed_again(
    ingester: Ingester, index: Index, folder: Path
) -> None:
    (folder / "good.txt").write_text("Words to read.", encoding="utf-8")
    bad = folder / "bad.pdf"
    bad.write_bytes(b"%PDF-1.7 no more")
    skipped = Skipped(bad, "broken PDF: its structure cannot be read")
    assert skipped in _run(ingester, folder)
    local(ingester).parser.close()
    assert skipped in _run(ingester, folder)
    bad.unlink()
    assert Removed(bad) in _run(ingester, folder)
    assert index.unread_stamps() == {}


def test_a_file_that_becomes_unreadable_leaves_no_passages(
    ingester: Ingester, index: Index, three: Path
) -> None:
    _run(ingester, three)
    (three / "a.txt").write_bytes(b"\x00\x01\x02" * 100)
    assert Skipped(three / "a.txt", "not a text file") in _run(ingester, three)
    assert set(_texts(index)) == {"b.md", "c.txt"}
    (three / "a.txt").write_text("Readable again.", encoding="utf-8")
    assert _report(_run(ingester, three)).ingested == 1
    assert index.unread_stamps() == {}


def test_a_huge_file_is_refused_unread(ingester: Ingester, folder: Path) -> None:
    with (folder / "huge.txt").open("wb") as file:
        file.truncate(1 << 40)
    for _ in range(2):
        assert _report(_run(ingester, folder)).skipped == (
            Skipped(folder / "huge.txt", "too large (1099512 MB; limit 100 MB); split it into parts"),
        )


def test_names_of_any_bytes_survive(ingester: Ingester, index: Index, folder: Path) -> None:
    path = folder / os.fsdecode(b"caf\xe9\n.txt")
    path.write_text("Words to read.", encoding="utf-8")
    _run(ingester, folder)
    assert list(index.stamps()) == [path]
    assert _report(_run(ingester, folder)).unchanged == 1


def test_the_index_inside_the_folder_is_left_alone(ingester: Ingester, index_folder: Path) -> None:
    (index_folder.parent / "a.txt").write_text("Words to read.", encoding="utf-8")
    (index_folder / "notes.txt").write_text("Not to be read.", encoding="utf-8")
    assert _report(_run(ingester, index_folder.parent)).ingested == 1


def test_an_interrupted_run_keeps_what_was_stored(
    ingester: Ingester, index: Index, folder: Path, letter_embedder: Any
) -> None:
    letter_embedder.batch_tokens = 64
    text = "Seven words make up this short sentence. " * 50
    for name in ("a.txt", "b.txt", "c.txt"):
        (folder / name).write_text(text + name, encoding="utf-8")
    steps = ingester.ingest([folder])
    first = next(step for step in steps if isinstance(step, Ingested))
    with pytest.raises(KeyboardInterrupt):
        steps.throw(KeyboardInterrupt)
    assert first.path in index.stamps()
    assert set(index.stamps()) < {folder / "a.txt", folder / "b.txt", folder / "c.txt"}
    report = _report(_run(ingester, folder))
    assert report.ingested + report.unchanged == 3
    assert report.unchanged >= 1


def test_a_long_run_publishes_on_its_way(ingester: Ingester, index: Index, three: Path) -> None:
    def segments(unpublished_passages: int) -> list[int]:
        steps = replace(ingester, unpublished_passages=unpublished_passages).ingest([three])
        return [len(index.summary().segments) for step in steps if isinstance(step, Ingested)]

    assert segments(1) == [0, 1, 1]
    index.remove(index.stamps())
    index.publish()
    assert segments(1_000) == [0, 0, 0]


class Tiring:
    """Raises once it has seen some calls."""

    def __init__(self, embedder: Any, calls: int) -> None:
        self._embedder, self._calls = embedder, calls

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def embed_passages(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        self._calls -= 1
        if self._calls < 0:
            raise KeyboardInterrupt
        vectors: NDArray[np.float32] = self._embedder.embed_passages(windows)
        return vectors


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_long_document_is_taken_up_at_the_batch_where_it_was(
    index: Index, letter_embedder: Any, ingester: Ingester, folder: Path, forgotten: bool
) -> None:
    (folder / "book.txt").write_text(
        "".join(f"Sentence number {number} of a book. " for number in range(2_000))
    )
    letter_embedder.batch_tokens = 1_024
    with pytest.raises(KeyboardInterrupt):
        _run(with_parts(ingester, embedder=Tiring(letter_embedder, 5)), folder)
    done = letter_embedder.embedded_windows
    assert done > 4
    assert index.summary().passages == 0
    if forgotten:
        index.forget_begun()
    [book] = [step for step in _run(ingester, folder) if isinstance(step, Ingested)]
    again = letter_embedder.embedded_windows - done
    assert again == (book.windows if forgotten else book.windows - done)


def _threads_ahead() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("look-ahead")]


def test_a_run_that_is_closed_early_leaves_no_thread(
    ingester: Ingester, three: Path, letter_embedder: Any
) -> None:
    letter_embedder.batch_tokens = 1
    steps = ingester.ingest([three])
    assert any(isinstance(step, Ingested) for step in steps)
    assert _threads_ahead()
    steps.close()
    assert not _threads_ahead()


class StuckParser(Parser):
    """Never done with one file."""

    def submit(self, path: Path) -> Future[ParsedFile]:
        return Future() if path.name == "stuck.txt" else super().submit(path)


def test_a_slow_file_does_not_hold_up_the_end(index: Index, letter_embedder: Any, folder: Path) -> None:
    (folder / "a.txt").write_text("Words to read.", encoding="utf-8")
    with StuckParser() as parser:
        ingester = Ingester(index, LocalPipeline(letter_embedder, parser, 64, 32))
        _run(ingester, folder)
        (folder / "stuck.txt").touch()
        steps = ingester.ingest([folder])
        assert [type(step) for step in islice(steps, 2)] == [Found, Unchanged]
        steps.close()
        assert not _threads_ahead()


def test_an_error_in_cutting_comes_after_the_files_before_it(
    ingester: Ingester, index: Index, three: Path, letter_embedder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter_embedder.batch_tokens = 1
    monkeypatch.setattr(letter_embedder, "token_spans", _failing_at("c.txt", letter_embedder.token_spans))
    with pytest.raises(LookupError, match=r"c\.txt"):
        _run(ingester, three)
    # The batch of the second was still open.
    assert list(index.stamps()) == [three / "a.txt"]
    assert not _threads_ahead()


def test_what_was_stored_before_an_encoder_fails_is_quick_to_search(
    ingester: Ingester, index_folder: Path, three: Path, letter_embedder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter_embedder.batch_tokens = 1
    monkeypatch.setattr(letter_embedder, "token_spans", _failing_at("c.txt", letter_embedder.token_spans))
    with pytest.raises(LookupError):
        _run(ingester, three)
    assert list((index_folder / "segments").iterdir())


def _failing_at(word: str, token_spans: Callable[[str], Any]) -> Callable[[str], Any]:
    def failing(text: str) -> Any:
        if word in text:
            raise LookupError(word)
        return token_spans(text)

    return failing


def test_context_is_pooled_into_no_passage(
    index: Index, letter_embedder: Any, parser: Parser, folder: Path
) -> None:
    text = "".join(f"Number {number} of many. " for number in range(100))
    tiled = Ingester(index, LocalPipeline(letter_embedder, parser, 64, 16))
    overlapping = with_parts(tiled, overlap_tokens=12)
    tokens = []
    for ingester, name in ((tiled, "a.txt"), (overlapping, "b.txt")):
        (folder / name).write_text(text, encoding="utf-8")
        tokens += [step.tokens for step in _run(ingester, folder) if isinstance(step, Ingested)]
    assert tokens[0] < tokens[1]
    ids = [candidate.passage_id for candidate in index.nearest(_anywhere(index), 1_000, Filters())]
    ids.sort()
    half = len(ids) // 2
    assert half > 10
    np.testing.assert_array_equal(index.vectors(ids[:half]), index.vectors(ids[half:]))


def test_a_weighing_encoder_fills_the_sparse_channel(
    index: Index, weighing_embedder: Any, parser: Parser, folder: Path
) -> None:
    for text in ("zebra", "lion"):
        (folder / f"{text}.txt").write_text(text, encoding="utf-8")
    _run(Ingester(index, LocalPipeline(weighing_embedder, parser, 64, 32)), folder)
    [query] = weighing_embedder.sparse_queries(["z"])
    [found] = index.sharing(query, 10, Filters())
    [stored] = index.passages([found.passage_id])
    assert stored.passage.text == "zebra"


def test_a_missing_path_is_an_error(ingester: Ingester, folder: Path) -> None:
    with pytest.raises(UsageError):
        _run(ingester, folder / "nothing")
