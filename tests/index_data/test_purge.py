from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from index_data.checking import check
from index_data.index import Index
from index_data.paths import IndexPaths
from index_data.purge import purge, would_purge
from index_data.records import FileStamp, Filters, Fingerprint

Store = Callable[..., list[int]]
SECRET = "Zwetschgenknödelrezept"
TRACES = (SECRET.encode(), "ödelrezept".encode(), b"zwetschgenknodelrezept", b"diary")
"""The text, a word of it as FTS5 abbreviates it beside the next, and the folder."""


@pytest.fixture
def telling(index: Index, store: Store, index_folder: Path) -> Path:
    """Make an index with a secret among much else, in a segment and in quarantine too."""
    for number in range(20):
        store(f"/notes/{number}", *(f"quite another thing {number} {place}" for place in range(20)))
    store("/diary/1", f"nobody may know my {SECRET}", "nor this")
    store("/notes/20", "more of the same")
    index.record_unread(Path("/diary/scan.pdf"), FileStamp(1, 1, ""), "encrypted")
    index.publish()
    index.close()
    (IndexPaths(index_folder).quarantine / "old.sqlite3").write_bytes(SECRET.encode())
    return index_folder


def traces(folder: Path) -> set[bytes]:
    content = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    return {trace for trace in TRACES if trace in content}


def test_nothing_is_left_of_what_was_purged(telling: Path) -> None:
    assert traces(telling) == set(TRACES)
    (segment,) = IndexPaths(telling).segments.iterdir()
    planned = would_purge(telling, [Path("/diary")])
    assert purge(telling, [Path("/diary")]) == planned
    assert planned.documents == (Path("/diary/1"),)
    assert planned.unread == (Path("/diary/scan.pdf"),)
    assert [file.name for file in planned.quarantined] == ["old.sqlite3"]
    assert traces(telling) == set()
    assert not segment.exists()
    assert check(telling, full=True) == []
    with Index.open(telling) as index:
        assert len(index.stamps()) == 21
        assert index.matching(SECRET, 5, Filters()) == []
        assert len(index.matching("same", 5, Filters())) == 1


def test_a_plain_removal_leaves_traces(telling: Path, fingerprint: Fingerprint) -> None:
    """The control: without a purge the words are still there."""
    for file in IndexPaths(telling).quarantine.iterdir():
        file.unlink()
    with Index.create_or_open(telling, fingerprint) as index:
        index.remove([Path("/diary/1"), Path("/diary/scan.pdf")])
        index.publish()
    assert traces(telling) != set()


def test_only_whole_names_count(telling: Path) -> None:
    assert would_purge(telling, [Path("/dia"), Path("/notes/2")]).documents == (Path("/notes/2"),)
    assert purge(telling, [Path("/nowhere")]).documents == ()


def test_a_search_that_is_open_does_not_keep_it(telling: Path) -> None:
    with Index.open(telling) as reader:
        assert reader.summary().documents == 22
        purge(telling, [Path("/diary")])
        assert traces(telling) == set()
        assert reader.summary().documents == 21
