from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from index_data.backup import back_up
from index_data.checking import check
from index_data.errors import IndexDamaged, IndexMissing, UsageError
from index_data.index import Index
from index_data.paths import IndexPaths
from index_data.records import Filters, Fingerprint

Store = Callable[..., list[int]]


def test_the_copy_is_an_index_of_its_own(sound: Path, tmp_path: Path, fingerprint: Fingerprint) -> None:
    copy = tmp_path / "copy"
    size = back_up(sound, copy)
    assert size == sum(path.stat().st_size for path in copy.rglob("*") if path.is_file())
    assert check(copy, full=True) == []
    with Index.open(sound) as index, Index.open(copy) as other:
        assert index.stamps() == other.stamps()
        assert index.summary().passages == other.summary().passages
    for path in (copy, *copy.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    (segment,) = IndexPaths(copy).segments.iterdir()
    assert segment.read_bytes() == (IndexPaths(sound).segments / segment.name).read_bytes()
    with Index.create_or_open(copy, fingerprint) as other:
        other.remove(other.stamps())
    assert check(sound, full=True) == []


def test_an_index_that_is_written_to_is_copied_with_its_log(
    index: Index, store: Store, index_folder: Path, tmp_path: Path
) -> None:
    store("/a", "red apple")
    back_up(index_folder, tmp_path / "copy")
    store("/b", "green pear")
    with Index.open(tmp_path / "copy") as copy:
        assert list(copy.stamps()) == [Path("/a")]
        assert len(copy.matching("apple", 5, Filters())) == 1


@pytest.mark.parametrize("damage", [lambda file: file.unlink(), lambda file: file.write_bytes(b"spoilt")])
def test_a_segment_that_is_lost_or_damaged_is_left_out(
    sound: Path, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    (segment,) = IndexPaths(sound).segments.iterdir()
    damage(segment)
    back_up(sound, tmp_path / "copy")
    assert check(tmp_path / "copy", full=True) == []
    assert list(IndexPaths(tmp_path / "copy").segments.iterdir()) == []


def test_a_damaged_index_is_not_copied_and_nothing_is_left(
    sound: Path, tmp_path: Path, alter: Callable[[str], None]
) -> None:
    alter("UPDATE passages SET text = x'79' WHERE passage_id = 5")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(IndexDamaged, match="of its texts are not what was stored"):
        back_up(sound, tmp_path / "copy")
    assert sorted(tmp_path.iterdir()) == before


def test_nothing_is_written_over(sound: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("copy", "link"):
        with pytest.raises(UsageError):
            back_up(sound, tmp_path / name)
    with pytest.raises(IndexMissing):
        back_up(tmp_path / "copy", tmp_path / "other")
    assert not (tmp_path / "other").exists()
