"""ZIP files made to overwhelm."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Mapping

import pytest

from index_data.errors import UnreadableFile
from ingest.readers.archive import Archive

MakeZip = Callable[[Mapping[str, str | bytes]], bytes]


def _overlapping(data: bytes, copies: int) -> bytes:
    """Name the first entry of an archive many times over."""
    end = data.rindex(b"PK\x05\x06")
    size, start = struct.unpack_from("<II", data, end + 12)
    entry = data[start : start + size]
    tail = bytearray(data[end:])
    struct.pack_into("<HHII", tail, 8, copies, copies, size * copies, start)
    return data[:start] + entry * copies + bytes(tail)


def test_an_entry_is_read(make_zip: MakeZip) -> None:
    archive = Archive(make_zip({"a.txt": "x" * 500_000}))
    assert archive.names == {"a.txt"}
    assert archive.read("a.txt") == b"x" * 500_000


def test_a_bomb_is_refused_while_it_inflates(make_zip: MakeZip) -> None:
    data = make_zip({"bomb": b"\0" * 20_000_000})
    assert len(data) < 30_000
    with pytest.raises(UnreadableFile, match="inflates too far"):
        Archive(data).read("bomb")
    assert len(zipfile.ZipFile(io.BytesIO(data)).read("bomb")) == 20_000_000


def test_overlapping_entries_are_refused(make_zip: MakeZip) -> None:
    data = _overlapping(make_zip({"a": bytes(range(256)) * 400}), copies=200)
    assert len(zipfile.ZipFile(io.BytesIO(data)).infolist()) == 200
    with pytest.raises(UnreadableFile, match="overlap"):
        Archive(data)


def test_many_entries_are_refused(make_zip: MakeZip) -> None:
    with pytest.raises(UnreadableFile, match="more than 10,000 entries"):
        Archive(make_zip({str(number): "" for number in range(10_001)}))


def test_damage_is_refused_in_one_line(make_zip: MakeZip) -> None:
    data = bytearray(make_zip({"a": "some words" * 500}))
    with pytest.raises(UnreadableFile, match=r"^broken archive: .+$"):
        Archive(bytes(data[:-30]))
    data[45] ^= 0xFF
    with pytest.raises(UnreadableFile, match=r"^broken archive: .+$"):
        Archive(bytes(data)).read("a")


def test_an_encrypted_entry_is_refused(make_zip: MakeZip) -> None:
    data = bytearray(make_zip({"a": "x"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UnreadableFile, match=r"^encrypted$"):
        Archive(bytes(data)).read("a")


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        ("<a><b></a>", "broken XML"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type declaration"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "document type declaration"),
        ("<a>" * 300 + "</a>" * 300, "nested too deep or grows too large"),
    ],
)
def test_dangerous_xml_is_refused(make_zip: MakeZip, xml: str, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        Archive(make_zip({"a": xml})).read_xml("a")


def test_nothing_outside_is_looked_up(make_zip: MakeZip) -> None:
    with pytest.raises(UnreadableFile, match="is missing"):
        Archive(make_zip({"a": "x"})).read("../../etc/passwd")
