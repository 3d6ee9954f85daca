from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from index_data.checking import check
from index_data.garbage import collect_garbage
from index_data.index import Index
from index_data.paths import IndexPaths


def test_files_without_a_row_are_deleted(sound: Path) -> None:
    paths = IndexPaths(sound)
    (segment,) = paths.segments.iterdir()
    left_over = [paths.scratch / "half", paths.segments / "1-2-x.faiss"]
    for file in left_over:
        file.write_bytes(b"1234")
    freed = collect_garbage(sound)
    assert (list(freed.files), freed.file_bytes) == (left_over, 8)
    assert not any(file.exists() for file in left_over)
    assert segment.exists()
    assert check(sound, full=True) == []


def test_the_database_shrinks_after_a_removal(
    index: Index, store: Callable[..., list[int]], index_folder: Path
) -> None:
    store("/a", *(f"passage {number} of many" for number in range(200)))
    index.remove([Path("/a")])
    index.close()
    before = IndexPaths(index_folder).database.stat().st_size
    freed = collect_garbage(index_folder)
    assert freed.database_bytes == before - IndexPaths(index_folder).database.stat().st_size > 0
    assert check(index_folder, full=True) == []


def test_quarantine_is_emptied_only_on_demand_and_after_a_time(sound: Path) -> None:
    kept = IndexPaths(sound).quarantine / "1-2-x.faiss"
    kept.touch()
    assert collect_garbage(sound).files == ()
    assert collect_garbage(sound, quarantine_days=1).files == ()
    assert collect_garbage(sound, quarantine_days=0).files == (kept,)
