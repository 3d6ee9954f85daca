from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_data.errors import IndexDamaged
from index_data.index import Index
from index_data.paths import IndexPaths
from index_data.payloads import checksum, pack_text, unpack_text

Store = Callable[..., list[int]]


def tamper(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(IndexPaths(folder).database)) as connection, connection:
        assert connection.execute(statement).rowcount == 1


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_survives(text: str) -> None:
    assert unpack_text(pack_text(text)) == text


@given(st.binary(min_size=1, max_size=64), st.integers(min_value=0, max_value=8 * 64 - 1))
def test_a_flipped_bit_is_noticed(payload: bytes, bit: int) -> None:
    flipped = bytearray(payload)
    flipped[bit // 8 % len(payload)] ^= 1 << bit % 8
    assert checksum(bytes(flipped)) != checksum(payload)


def test_a_damaged_text_is_never_shown(index: Index, store: Store, index_folder: Path) -> None:
    first, second, third = store("/a", "red apple", "green pear", "blue plum")
    tamper(index_folder, f"UPDATE passages SET text = x'79' WHERE passage_id = {second}")
    with pytest.raises(IndexDamaged, match=f"the text of passage {second} of /a ") as caught:
        index.passages([first, second])
    assert "dragoman repair" in caught.value.remedy
    assert len(index.passages([first, third])) == 2
    with pytest.raises(IndexDamaged):
        store("/a", "its words cannot be told any more, so they cannot be taken out")


def test_a_damaged_title_is_never_shown(index: Index, store: Store, index_folder: Path) -> None:
    ids = store("/a", "red apple")
    tamper(index_folder, "UPDATE documents SET title = x'ff'")
    with pytest.raises(IndexDamaged):
        index.passages(ids)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE documents SET notes = '[\"'",
        "UPDATE documents SET notes = '7'",
        "UPDATE documents SET language = CAST(x'ff' AS TEXT)",
        "UPDATE passages SET heading_path = ''",
        "UPDATE passages SET language = CAST(x'ff' AS TEXT)",
    ],
)
def test_no_damage_ends_in_a_traceback(
    index: Index, store: Store, index_folder: Path, statement: str
) -> None:
    ids = store("/a", "red apple")
    tamper(index_folder, statement)
    with pytest.raises(IndexDamaged):
        index.passages(ids)


def test_a_malformed_database_is_told(index: Index, store: Store, index_folder: Path) -> None:
    store("/a", *(f"word{number} " * 50 for number in range(40)))
    index.close()
    database = IndexPaths(index_folder).database
    data = bytearray(database.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    database.write_bytes(data)
    with pytest.raises(IndexDamaged, match="damaged"), Index.open(index_folder) as reader:
        reader.summary()
