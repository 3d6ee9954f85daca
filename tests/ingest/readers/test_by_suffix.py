"""The content of a file has the last word about its kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from index_data.errors import UnreadableFile
from ingest.readers.by_suffix import read
from ingest.readers.suffixes import MEDIA_TYPES, media_type_of


@pytest.mark.parametrize("name", ["a.txt", "a.pdf", "a.MD"])
def test_a_pdf_is_read_whatever_its_name(make_pdf: Callable[..., bytes], name: str) -> None:
    assert read(Path(name), make_pdf(["Words."])).media_type == "pdf"


def test_documents_in_archives_are_told_apart(
    make_docx: Callable[..., bytes], make_epub: Callable[..., bytes], make_zip: Callable[..., bytes]
) -> None:
    docx = make_docx("<w:p><w:r><w:t>Words</w:t></w:r></w:p>")
    epub = make_epub({"a.xhtml": "<p>Words</p>"})
    assert read(Path("a.epub"), docx).media_type == "docx"
    assert read(Path("a.docx"), epub).media_type == "epub"
    with pytest.raises(UnreadableFile, match="an archive, not a document"):
        read(Path("a.txt"), make_zip({"a.txt": "Words"}))


def test_names_decide_about_text() -> None:
    assert read(Path("a.md"), b"# Words").media_type == "md"
    assert read(Path("a.rst"), b"Words").media_type == "rst"
    assert read(Path("a.py"), b"Words").media_type == "txt"
    assert read(Path("a.htm"), b"Words").media_type == "html"
    assert read(Path("saved.pdf"), b"\n<!DOCTYPE html><p>Words").media_type == "html"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.pdf", b"plain words", "not a PDF file, whatever its name says"),
        ("a.docx", b"plain words", "not a DOCX file, whatever its name says"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "an older Office file"),
        (
            "a.docx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "encrypted",
        ),
        ("a.md", b"\x7fELF\x02\x01\x01" + bytes(range(64)) * 8, "not a text file"),
        ("a.html", b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 9, "not a text file"),
        ("a.txt", b" \r\n\t ", "no text in it"),
        ("a.txt", b"\xef\xbb\xbf", "no text in it"),
    ],
)
def test_the_reason_says_what_is_there(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(Path(name), data)
    assert refused.value.message == reason
    assert refused.value.remedy


@pytest.mark.parametrize("suffix", MEDIA_TYPES)
def test_an_empty_file_is_refused(suffix: str) -> None:
    with pytest.raises(UnreadableFile, match=r"^empty file$"):
        read(Path(f"a{suffix}"), b"")


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.TXT", "txt"),
        ("a.ltx", "tex"),
        ("a.md.gz", "md"),
        ("a.tar.gz", None),
        ("changelog.gz", None),
        ("a.txt.gz.gz", None),
        (".gz", None),
        ("a", None),
    ],
)
def test_a_packed_file_is_named_for_what_is_inside(name: str, media_type: str | None) -> None:
    assert media_type_of(Path(name)) == media_type
