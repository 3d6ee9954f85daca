"""What is fuzzed: every reader, as the child calls it, and what holds for whatever it makes of any bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise
from pathlib import PurePath

from index_data.errors import UnreadableFile
from ingest.readers.by_suffix import read
from ingest.readers.parsed_document import ParsedDocument
from ingest.readers.suffixes import MEDIA_TYPES
from tests.fuzz.seeds import sound_archive
from tests.ingest.readers.conftest import zipped

Target = Callable[[bytes], None]


def read_or_refused(name: str, data: bytes) -> None:
    """Read a file called `name`; anything but a sound document or a clear refusal is an error."""
    try:
        parsed = read(PurePath(name), data)
    except UnreadableFile as error:
        reason = error.message
    else:
        check(parsed, data)
        return
    assert _is_one_line(reason), reason


def check(parsed: ParsedDocument, data: bytes) -> None:
    """Fail on a document that the others could not rely on; `data` is what it was made of."""
    length = len(parsed.text)
    assert parsed.text.strip()
    assert "\0" not in parsed.text
    parsed.text.encode()
    assert parsed.media_type in MEDIA_TYPES.values()
    assert all(_is_one_line(note) for note in parsed.notes), parsed.notes
    assert parsed.title is None or _is_one_line(parsed.title), parsed.title
    for heading in parsed.headings:
        assert 0 <= heading.start <= heading.end <= length, heading
        assert heading.level >= 1, heading
    assert all(before.start <= after.start for before, after in pairwise(parsed.headings))
    assert all(before <= after for before, after in pairwise((0, *parsed.pages, length))), parsed.pages
    if parsed.byte_exact:
        assert parsed.encoding
        assert parsed.text.encode(parsed.encoding) == data[parsed.bom_bytes :]


def _is_one_line(text: str) -> bool:
    text.encode()
    return bool(text.strip()) and not any(mark in text for mark in "\0\n\r\x1b")


def in_archive(kind: str, entries: Mapping[str, bytes], data: bytes) -> None:
    """Read a sound archive whose main part is `data`: chance alone hardly ever mends a checksum."""
    read_or_refused(f"a.{kind}", zipped({**entries, MAIN_PARTS[kind]: data}))


MAIN_PARTS = {
    "docx": "word/document.xml",
    "epub": "o/1.xhtml",
    "odp": "content.xml",
    "ods": "content.xml",
    "odt": "content.xml",
    "pptx": "ppt/slides/slide0.xml",
    "xlsx": "xl/worksheets/sheet0.xml",
}
"""Where the words of the sound archives stand."""
TARGETS: dict[str, Target] = {
    **{kind: partial(read_or_refused, f"a.{kind}") for kind in sorted(set(MEDIA_TYPES.values()))},
    "gz": partial(read_or_refused, "a.txt.gz"),
    **{f"{kind}-xml": partial(in_archive, kind, sound_archive(kind)) for kind in MAIN_PARTS},
}
