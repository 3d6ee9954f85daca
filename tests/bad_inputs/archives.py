"""Office documents, books and archives, as somebody would make them who means harm."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Mapping
from itertools import pairwise

from tests.bad_inputs.bad_input import BadInput, Put, Read, Refused, holding, saying
from tests.ingest.readers.conftest import zipped

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
ENTITIES = "".join(f"<!ENTITY {name} '{f'&{before};' * 10}'>" for before, name in pairwise("abcdefghij"))
LAUGHS = f"<!DOCTYPE a [<!ENTITY a 'ha'>{ENTITIES}]>"
OUTSIDE = '<!DOCTYPE a [<!ENTITY a SYSTEM "{}">]>'


def _docx(body: str, *, before: str = "", parts: Mapping[str, str | bytes] | None = None) -> bytes:
    document = f'{before}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
    return zipped({"word/document.xml": document, **(parts or {})})


def _paragraph(words: str) -> str:
    return f"<w:p><w:r><w:t>{words}</w:t></w:r></w:p>"


def docx(body: str, *, before: str = "", parts: Mapping[str, str | bytes] | None = None) -> Put:
    """Write a Word document; `{}` stands for a paragraph that says its word."""
    return saying(lambda word: _docx(body.replace("{}", _paragraph(word)), before=before, parts=parts))


def _epub(word: str, items: str, spine: str, parts: Mapping[str, str | bytes]) -> bytes:
    container = '<container xmlns="c"><rootfiles><rootfile full-path="o/p.opf"/></rootfiles></container>'
    package = f'<package xmlns="p"><manifest>{items}</manifest><spine>{spine}</spine></package>'
    chapter = f"<html><body><p>{word}</p></body></html>"
    return zipped({"META-INF/container.xml": container, "o/p.opf": package, "o/1.xhtml": chapter, **parts})


def epub(hrefs: Mapping[str, str], *, parts: Mapping[str, str | bytes] | None = None) -> Put:
    """Write a book whose first chapter says its word; `hrefs` are its chapters by their ids."""
    items = "".join(
        f'<item id="{key}" href="{href}" media-type="application/xhtml+xml"/>' for key, href in hrefs.items()
    )
    spine = "".join(f'<itemref idref="{key}"/>' for key in hrefs)
    return saying(lambda word: _epub(word, items, spine, parts or {}))


def archive(entries: Mapping[str, str | bytes]) -> Put:
    """Write a ZIP file beside whose `entries` one says its word."""
    return saying(lambda word: zipped({**entries, "words.txt": word}))


def _overlapping(copies: int) -> bytes:
    """Name the same entry many times."""
    data = zipped({"word/document.xml": bytes(range(256)) * 400})
    start, end = data.index(b"PK\1\2"), data.rindex(b"PK\5\6")
    entry = data[start:end]
    tail = bytearray(data[end:])
    struct.pack_into("<HHII", tail, 8, copies, copies, len(entry) * copies, start)
    return data[:start] + entry * copies + bytes(tail)


def _changed(data: bytes, mark: bytes, place: int, value: int) -> bytes:
    """Change one byte of the first record that begins with `mark`."""
    changed = bytearray(data)
    changed[data.index(mark) + place] = value
    return bytes(changed)


def _lying(word: str) -> bytes:
    """Say in every header that a megabyte is one byte."""
    data = bytearray(zipped({"a.txt": "x " * 500_000 + word}))
    struct.pack_into("<I", data, 22, 1)
    struct.pack_into("<I", data, data.index(b"PK\1\2") + 24, 1)
    return bytes(data)


def _streamed(word: str) -> bytes:
    """Write the sizes behind each entry, as a pipe has to, and wide ones at that."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    pipe = Pipe()
    with (
        zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as stream,
        stream.open("words.txt", "w", force_zip64=True) as entry,
    ):
        entry.write(word.encode())
    return pipe.getvalue()


def _twice(word: str) -> bytes:
    data = zipped({"a.txt": "the first one", "b.txt": word})
    return data.replace(b"b.txt", b"a.txt")


def _with_a_link(word: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = 0o120777 << 16
        opened.writestr(link, "/etc/passwd")
        opened.writestr("words.txt", word)
    return stream.getvalue()


def _laughing_odt() -> bytes:
    kind = "application/vnd.oasis.opendocument.text"
    return zipped({"mimetype": kind, "content.xml": f"{LAUGHS}<a>&j;</a>"})


BOMB = b"\0" * 20_000_000
UNREAD = "nothing in the archive could be read: "
OVERWHELMING = "the XML in '{}' is nested too deep or grows too large"
DECLARED = "'word/document.xml' has a document type declaration"
NESTED = "an archive inside another is not opened"
EXTERNAL = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="attachedTemplate" Target="http://example.org/t" TargetMode="External"/>'
    "</Relationships>"
)
WORD_DOCUMENTS = (
    BadInput(
        41,
        "bomb.docx",
        "DOCX that inflates to 20 MB from 20 kB",
        holding(zipped({"word/document.xml": BOMB})),
        Refused("an archive that inflates too far"),
    ),
    BadInput(
        42,
        "overlap.docx",
        "entries that overlap: DOCX, EPUB, ODT",
        holding(_overlapping(200)),
        Refused("an archive whose entries overlap"),
    ),
    BadInput(
        46,
        "laughs.docx",
        "a part with entities that grow a billionfold",
        docx("&j;", before=LAUGHS),
        Refused(OVERWHELMING.format("word/document.xml")),
    ),
    BadInput(
        46,
        "laughs.odt",
        "a part with entities that grow a billionfold",
        holding(_laughing_odt()),
        Refused(OVERWHELMING.format("content.xml")),
    ),
    BadInput(
        46,
        "declared.docx",
        "a part with a document type that does nothing",
        docx("{}", before="<!DOCTYPE a [<!ENTITY a 'a'>]>"),
        Refused(DECLARED),
    ),
    BadInput(
        47,
        "file.docx",
        "a part that names a file or an address outside",
        docx("&a;", before=OUTSIDE.format("file:///etc/passwd")),
        Refused(DECLARED),
    ),
    BadInput(
        47,
        "http.docx",
        "a part that names a file or an address outside",
        docx("&a;", before=OUTSIDE.format("http://example.org/")),
        Refused(DECLARED),
    ),
    BadInput(
        48,
        "outside.docx",
        "DOCX with a chunk, a template and relations elsewhere",
        docx('{}<w:altChunk r:id="r1" xmlns:r="r"/>', parts={"word/_rels/document.xml.rels": EXTERNAL}),
        Read(),
    ),
    BadInput(
        49,
        "bare.docx",
        "DOCX without its main part",
        holding(zipped({"word/styles.xml": "<a/>"})),
        Refused("an archive, not a document"),
    ),
    BadInput(
        49,
        "else.docx",
        "DOCX whose main part is something else",
        holding(zipped({"word/document.xml": "words"})),
        Refused("broken XML in 'word/document.xml'"),
    ),
    BadInput(
        49, "paragraphs.docx", "DOCX with 20,000 empty paragraphs", docx("<w:p/>" * 20_000 + "{}"), Read()
    ),
    BadInput(
        49,
        "tables.docx",
        "DOCX with tables 30 deep",
        docx("<w:tbl><w:tr><w:tc>" * 30 + "{}" + "</w:tc></w:tr></w:tbl>" * 30),
        Read(),
    ),
    BadInput(
        49,
        "deep tables.docx",
        "DOCX with tables 500 deep",
        docx("<w:tbl><w:tr><w:tc>" * 500 + "{}" + "</w:tc></w:tr></w:tbl>" * 500),
        Refused(OVERWHELMING.format("word/document.xml")),
    ),
    BadInput(
        49,
        "cut.docx",
        "DOCX that breaks off",
        holding(_docx(_paragraph("words"))[:-40]),
        Refused("broken archive: File is not a zip file"),
    ),
)
BOOKS = (
    BadInput(
        51,
        "slip.epub",
        "EPUB with a chapter outside the book",
        epub({"a": "1.xhtml", "b": "%2e%2e/%2e%2e/%2e%2e/etc/passwd"}),
        Read(notes=("the chapter 'passwd' is missing",)),
    ),
    BadInput(
        52,
        "bare.epub",
        "EPUB without its list of contents",
        holding(zipped({"mimetype": "application/epub+zip"})),
        Refused("an archive, not a document"),
    ),
    BadInput(
        52,
        "nowhere.epub",
        "EPUB that names no package",
        holding(zipped({"META-INF/container.xml": "<a/>"})),
        Refused("broken EPUB: it names no package"),
    ),
    BadInput(
        52,
        "missing.epub",
        "EPUB that lacks a chapter",
        epub({"a": "1.xhtml", "b": "2.xhtml"}),
        Read(notes=("the chapter '2.xhtml' is missing",)),
    ),
    BadInput(
        52,
        "locked.epub",
        "EPUB with copy protection",
        epub(
            {"a": "1.xhtml"}, parts={"META-INF/encryption.xml": '<e><CipherReference URI="o/1.xhtml"/></e>'}
        ),
        Refused("encrypted"),
    ),
)
ARCHIVES = (
    BadInput(
        43,
        "entries.zip",
        "ZIP with 10,001 entries",
        holding(zipped(dict.fromkeys(map(str, range(10_001)), ""))),
        Refused("an archive with more than 10,000 entries"),
    ),
    BadInput(
        43,
        "twice.zip",
        "ZIP with one name twice",
        saying(_twice),
        Read(notes=("'a.txt' is there 2 times; the last one counts",)),
    ),
    BadInput(
        43,
        "lying.zip",
        "ZIP whose headers lie about sizes",
        saying(_lying),
        Refused(UNREAD + "'a.txt' was not read: broken archive: Bad CRC-32 for file 'a.txt'"),
    ),
    BadInput(
        43,
        "locked.zip",
        "ZIP with a password",
        holding(_changed(zipped({"a.txt": "x"}), b"PK\1\2", 8, 1)),
        Refused(UNREAD + "'a.txt' was not read: encrypted"),
    ),
    BadInput(43, "streamed.zip", "ZIP written to a pipe, with wide sizes", saying(_streamed), Read()),
    BadInput(
        43,
        "prefix.zip",
        "ZIP behind something else",
        saying(lambda word: b"#!/bin/sh\n" + zipped({"a.txt": word})),
        Refused("not a ZIP file, whatever its name says"),
    ),
    BadInput(
        43,
        "cut.zip",
        "ZIP that breaks off",
        holding(zipped({"a.txt": "words"})[:-30]),
        Refused("broken archive: File is not a zip file"),
    ),
    BadInput(
        44,
        "slip.zip",
        "names that lead out of an archive, and a link in it",
        archive({"../../a.txt": "x", "/etc/b.txt": "x", "..\\c.txt": "x"}),
        Read(),
    ),
    BadInput(
        44, "link.zip", "names that lead out of an archive, and a link in it", saying(_with_a_link), Read()
    ),
    BadInput(
        45,
        "nested.zip",
        "archives inside archives",
        archive({"a.zip": zipped({"b.zip": zipped({"c.txt": "x"})})}),
        Read(notes=(f"'a.zip' was not read: {NESTED}",)),
    ),
    BadInput(
        45,
        "nested.txt.gz",
        "archives inside archives",
        saying(lambda word: gzip.compress(gzip.compress(word.encode()))),
        Refused("not a text file"),
    ),
    BadInput(
        45,
        "bomb.txt.gz",
        "a packed text that inflates to 20 MB from 20 kB",
        holding(gzip.compress(BOMB)),
        Refused("an archive that inflates too far"),
    ),
)
