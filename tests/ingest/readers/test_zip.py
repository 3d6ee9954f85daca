"""Archives of documents."""

from __future__ import annotations

import gzip
import io
import warnings
import zipfile
from collections.abc import Callable
from pathlib import PurePath

import pytest

from index_data.errors import UnreadableFile
from ingest.readers.by_suffix import read
from ingest.readers.parts import MAX_NOTES
from tests.ingest.readers.conftest import pptx, shape, zipped


def test_documents_stand_below_their_names(make_docx: Callable[..., bytes]) -> None:
    data = zipped(
        {
            "letters/": "",
            "letters/один.md": "# Kopf\n\nText\n",
            "deck.pptx": pptx([shape("Eins", placeholder="title"), "", shape("mehr")]),
            "b.docx": make_docx("<w:p><w:r><w:t>Words</w:t></w:r></w:p>"),
        }
    )
    parsed = read(PurePath("a.zip"), data)
    assert parsed.text == "letters/один.md\n\n# Kopf\n\nText\n\ndeck.pptx\n\nEins\n\nmehr\n\nb.docx\n\nWords"
    assert [(item.level, item.title, parsed.text[item.start : item.end]) for item in parsed.headings] == [
        (1, "letters/один.md", "letters/один.md"), (2, "Kopf", "# Kopf"),
        (1, "deck.pptx", "deck.pptx"), (2, "page 1", ""), (3, "Eins", "Eins"), (2, "page 2", ""),
        (2, "page 3", ""), (1, "b.docx", "b.docx"),
    ]  # fmt: skip
    assert parsed.notes == ("'deck.pptx': slide 2 has no text",)
    assert parsed.pages == ()


def test_what_is_not_read_is_noted() -> None:
    inner = zipped({"a.txt": "never"})
    names: dict[str, str | bytes] = {
        "a.txt": "Words",
        "b.png": "x",
        "c.zip": inner,
        "d.txt.gz": gzip.compress(b"x"),
        "e.pdf": "x",
        "f.md": "",
    }
    parsed = read(PurePath("a.zip"), zipped(names))
    assert parsed.text == "a.txt\n\nWords"
    assert parsed.notes == (
        "'b.png' was not read: not a kind of file that is read",
        "'c.zip' was not read: an archive inside another is not opened",
        "'d.txt.gz' was not read: an archive inside another is not opened",
        "'e.pdf' was not read: not a PDF file, whatever its name says",
        "'f.md' was not read: empty file",
    )


def test_of_very_many_notes_the_first_are_kept() -> None:
    data = zipped({"a.txt": "Words", **{f"{number}.png": "" for number in range(MAX_NOTES + 7)}})
    notes = read(PurePath("a.zip"), data).notes
    assert len(notes) == MAX_NOTES + 1
    assert notes[-1] == "and 7 more"


def test_of_two_entries_with_one_name_the_last_is_read() -> None:
    stream = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("a.txt", "first")
        archive.writestr("a.txt", "last")
    parsed = read(PurePath("a.zip"), stream.getvalue())
    assert parsed.text == "a.txt\n\nlast"
    assert parsed.notes == ("'a.txt' is there 2 times; the last one counts",)


def test_one_bomb_does_not_hide_the_rest() -> None:
    parsed = read(PurePath("a.zip"), zipped({"a.txt": "Words", "bomb.txt": b"\n" * 20_000_000}))
    assert parsed.notes == ("'bomb.txt' was not read: an archive that inflates too far",)


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ({}, "nothing in the archive could be read: it is empty"),
        (
            {"a.png": "x"},
            "nothing in the archive could be read: 'a.png' was not read: not a kind of file that is read",
        ),
    ],
)
def test_an_archive_without_documents_is_refused(entries: dict[str, str], reason: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(PurePath("a.zip"), zipped(entries))
    assert refused.value.message == reason


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.txt.gz", gzip.compress(b"\n" * 20_000_000), "an archive that inflates too far"),
        ("a.txt.gz", gzip.compress(b"words" * 99)[:-20], "broken gzip file"),
        ("a.txt.gz", b"\x1f\x8b" + bytes(90), "broken gzip file"),
        ("a.txt.gz", gzip.compress(b""), "empty file"),
        ("a.zip.gz", gzip.compress(zipped({"a.txt": "x"})), "an archive inside another is not opened"),
        ("a.txt.gz", gzip.compress(gzip.compress(b"x")), "not a text file"),
    ],
    ids=["bomb", "cut", "no gzip", "empty", "archive", "twice"],
)
def test_packed_files_that_are_refused(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        read(PurePath(name), data)


def test_a_packed_file_is_known_by_its_content() -> None:
    assert read(PurePath("a.txt"), gzip.compress(b"Words")).text == "Words"
    assert read(PurePath("a.pdf.gz"), gzip.compress(b"{\\rtf1 Words}")).media_type == "rtf"
