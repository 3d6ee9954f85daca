from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from index_data.checking import check
from index_data.errors import IndexDamaged, IndexMissing
from index_data.paths import IndexPaths
from index_data.rebuilding import rebuild


def test_words_and_segments_are_made_anew(sound: Path, alter: Callable[[str], None]) -> None:
    (segment,) = IndexPaths(sound).segments.iterdir()
    segment.write_bytes(b"spoilt")
    alter("DELETE FROM passage_words_data")
    rebuild(sound)
    assert check(sound, full=True) == []
    assert [file.read_bytes() for file in IndexPaths(sound).quarantine.iterdir()] == [b"spoilt"]


def test_a_sound_segment_is_not_kept_aside(sound: Path) -> None:
    rebuild(sound)
    assert check(sound, full=True) == []
    assert list(IndexPaths(sound).quarantine.iterdir()) == []


def test_damaged_rows_are_not_passed_on(sound: Path, alter: Callable[[str], None]) -> None:
    alter("UPDATE passages SET text = x'79' WHERE passage_id = 5")
    with pytest.raises(IndexDamaged, match="passage 5 of /library/"):
        rebuild(sound)


def test_no_index_is_told(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        rebuild(tmp_path)
