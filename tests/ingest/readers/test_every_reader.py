"""What holds for every kind of file: many scripts, and nothing but `UnreadableFile` for damage."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import PurePath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index_data.errors import UnreadableFile
from ingest.readers.by_suffix import read
from ingest.readers.suffixes import MEDIA_TYPES
from tests.ingest.readers.conftest import SCRIPTS, samples, zipped

SAMPLES = samples()
PACKED = [name for name, data in SAMPLES.items() if data.startswith(b"PK")]
SOURCES = [name for name in SAMPLES if name not in PACKED]


SPICES = (
    b"\xff",
    b"\0",
    b"{",
    b"}",
    b"<",
    b">",
    b'"',
    b"\\",
    b"\n",
    b"\xed\xa0\x80",
    b"9" * 5_000,
    b"-1",
    b"[" * 2_000,
)


def _damaged(data: bytes, chance: random.Random) -> bytes:
    """Overwrite, drop, repeat or insert a little, a few times."""
    damaged = bytearray(data)
    for _ in range(chance.randint(1, 5)):
        start = chance.randrange(len(damaged) + 1)
        end = min(len(damaged), start + chance.choice((0, 1, 1, 4, 40)))
        damaged[start:end] = chance.choice((b"", bytes(damaged[start:end]) * 2, *SPICES))
    return bytes(damaged)


def _read_or_refuse(name: str, data: bytes) -> None:
    with suppress(UnreadableFile):
        read(PurePath(name), data)


def test_there_is_a_sample_of_every_kind() -> None:
    made_elsewhere = {"pdf", "docx", "epub"}
    assert {name.partition(".")[2] for name in SAMPLES} | made_elsewhere == set(MEDIA_TYPES.values())


@pytest.mark.parametrize("name", SAMPLES)
def test_every_script_is_read(name: str) -> None:
    parsed = read(PurePath(name), SAMPLES[name])
    assert parsed.media_type == name.partition(".")[2]
    assert [script for script, words in SCRIPTS.items() if words not in parsed.text] == []
    for heading in parsed.headings:
        assert heading.title in parsed.text[heading.start : heading.end]


@pytest.mark.parametrize("name", SOURCES)
def test_a_packed_file_says_what_the_file_does(name: str) -> None:
    packed = read(PurePath(f"{name}.gz"), gzip.compress(SAMPLES[name]))
    assert packed.text == read(PurePath(name), SAMPLES[name]).text
    assert not packed.byte_exact
    assert packed.encoding is None


@pytest.mark.parametrize("name", PACKED)
def test_a_truncated_archive_is_refused(name: str) -> None:
    data = SAMPLES[name]
    for length in range(1, len(data), len(data) // 20):
        with pytest.raises(UnreadableFile):
            read(PurePath(name), data[:length])


@pytest.mark.parametrize("name", ["a.pptx", "a.xlsx", "a.odt", "a.ods", "a.odp"])
def test_a_part_with_a_document_type_is_refused(name: str) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><a xmlns="x"><row/>&c;</a>'
    main = {"pptx": "ppt/presentation.xml", "xlsx": "xl/workbook.xml"}.get(name[2:], "content.xml")
    kind = {"odt": "text", "ods": "spreadsheet", "odp": "presentation"}.get(name[2:], "")
    data = zipped({"mimetype": f"application/vnd.oasis.opendocument.{kind}", main: bomb})
    with pytest.raises(UnreadableFile, match="document type declaration"):
        read(PurePath(name), data)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_of_nothing_but_zeros_is_refused(name: str) -> None:
    with pytest.raises(UnreadableFile):
        read(PurePath(name), bytes(5_000))


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=20)
@given(data=st.binary(min_size=1, max_size=400))
def test_random_bytes_are_read_or_refused(name: str, data: bytes) -> None:
    _read_or_refuse(name, data)


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=30)
@given(seed=st.integers(0, 2**32))
def test_damaged_files_are_read_or_refused(name: str, seed: int) -> None:
    _read_or_refuse(name, _damaged(SAMPLES[name], random.Random(seed)))


@pytest.mark.parametrize("name", PACKED)
@settings(max_examples=30)
@given(seed=st.integers(0, 2**32))
def test_archives_of_damaged_parts_are_read_or_refused(name: str, seed: int) -> None:
    chance = random.Random(seed)
    with zipfile.ZipFile(io.BytesIO(SAMPLES[name])) as archive:
        entries = {entry: archive.read(entry) for entry in archive.namelist()}
    damaged = chance.choice([*entries])
    entries[damaged] = _damaged(entries[damaged], chance)
    _read_or_refuse(name, zipped(entries))


def test_other_damaged_files_are_read_or_refused(
    make_pdf: Callable[..., bytes], make_docx: Callable[..., bytes], make_epub: Callable[..., bytes]
) -> None:
    files = {
        "a.pdf": make_pdf(list(SCRIPTS.values())),
        "a.docx": make_docx("<w:p><w:r><w:t>Words</w:t></w:r></w:p>"),
        "a.epub": make_epub({"a.xhtml": "<h1>Words</h1>"}),
    }
    for seed in range(60):
        for name, data in files.items():
            _read_or_refuse(name, _damaged(data, random.Random(seed)))
