"""EPUB books."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

import pytest

from index_data.errors import UnreadableFile
from ingest.readers.by_suffix import read
from ingest.readers.epub import read_epub

MakeEpub = Callable[..., bytes]


def _page(body: str) -> str:
    return f'<?xml version="1.0"?><!DOCTYPE html><html><head><title/></head><body>{body}</body></html>'


def test_chapters_come_in_the_order_of_the_spine(make_epub: MakeEpub) -> None:
    data = make_epub(
        {"z.xhtml": _page("<h1>Erstes</h1><p>Anfang.</p>"), "text/a%20b.xhtml": "<p>never</p>"},
        title="Das Buch",
        parts={"OEBPS/text/a b.xhtml": _page("<h1>Zweites</h1><p>Ende.</p>")},
    )
    parsed = read_epub(data)
    assert parsed.text == "Erstes\n\nAnfang.\n\nZweites\n\nEnde."
    assert [item.title for item in parsed.headings] == ["Erstes", "Zweites"]
    assert parsed.title == "Das Buch"


def test_a_missing_chapter_is_noted(make_epub: MakeEpub) -> None:
    data = make_epub({"a.xhtml": _page("<p>Here.</p>"), "..%2f..%2fetc/passwd": ""})
    parsed = read_epub(data)
    assert parsed.text == "Here."
    assert parsed.notes == ("the chapter 'passwd' is missing",)


def test_a_locked_book_is_refused(make_epub: MakeEpub) -> None:
    lock = (
        '<encryption><EncryptedData xmlns="http://www.w3.org/2001/04/xmlenc#"><CipherData>'
        '<CipherReference URI="OEBPS/a.xhtml"/></CipherData></EncryptedData></encryption>'
    )
    with pytest.raises(UnreadableFile, match=r"^encrypted$"):
        read_epub(make_epub({"a.xhtml": _page("x")}, parts={"META-INF/encryption.xml": lock}))


def test_a_book_whose_fonts_are_locked_is_read(make_epub: MakeEpub) -> None:
    lock = (
        '<encryption><EncryptedData xmlns="http://www.w3.org/2001/04/xmlenc#"><CipherData>'
        '<CipherReference URI="OEBPS/font.otf"/></CipherData></EncryptedData></encryption>'
    )
    data = make_epub({"a.xhtml": _page("seen")}, parts={"META-INF/encryption.xml": lock})
    assert read_epub(data).text == "seen"


def test_a_package_with_entities_is_refused(make_zip: Callable[..., bytes]) -> None:
    bomb = '<!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><package>&b;</package>'
    container = '<container><rootfile full-path="p.opf"/></container>'
    with pytest.raises(UnreadableFile, match="document type declaration"):
        read_epub(make_zip({"META-INF/container.xml": container, "p.opf": bomb}))


@pytest.mark.parametrize("locked", [False, True])
def test_a_book_inside_a_folder_of_its_archive_is_read(
    make_zip: Callable[..., bytes], *, locked: bool
) -> None:
    lock = (
        '<encryption><EncryptedData xmlns="http://www.w3.org/2001/04/xmlenc#"><CipherData>'
        '<CipherReference URI="text/a.xhtml"/></CipherData></EncryptedData></encryption>'
    )
    item = '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>'
    data = make_zip(
        {
            "book/META-INF/container.xml": '<container><rootfile full-path="text/p.opf"/></container>',
            "book/text/p.opf": f'<package>{item}<itemref idref="a"/></package>',
            "book/text/a.xhtml": _page("<p>Found all the same.</p>"),
            **({"book/META-INF/encryption.xml": lock} if locked else {}),
        }
    )
    if locked:
        with pytest.raises(UnreadableFile, match=r"^encrypted$"):
            read(PurePath("book.epub"), data)
    else:
        assert read(PurePath("book.epub"), data).text == "Found all the same."
        # An archive with a book in it is no book.
        assert read(PurePath("book.zip"), data).media_type == "zip"
