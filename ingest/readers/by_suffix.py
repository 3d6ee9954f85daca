"""Which reader understands a file: its name suggests one, its first bytes decide."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePath

from index_data.errors import UnreadableFile
from ingest.readers.archive import Archive
from ingest.readers.csv import read_csv, read_tsv
from ingest.readers.docx import read_docx
from ingest.readers.epub import container_of, read_epub
from ingest.readers.gz import GZ_START, unpacked
from ingest.readers.html import read_html
from ingest.readers.ipynb import read_ipynb
from ingest.readers.json import read_json, read_jsonl
from ingest.readers.latex import read_latex
from ingest.readers.limits import MAX_TEXT_CHARACTERS, TOO_MUCH_TEXT
from ingest.readers.mail import read_eml, read_mbox
from ingest.readers.odf import read_odp, read_ods, read_odt
from ingest.readers.parsed_document import ParsedDocument
from ingest.readers.parts import ReadPart
from ingest.readers.pdf import read_pdf
from ingest.readers.plain import read_markdown, read_text
from ingest.readers.po import read_po
from ingest.readers.pptx import read_pptx
from ingest.readers.recognition import Recogniser
from ingest.readers.remedies import CONVERT, SAVE_ANEW, SPLIT, UNLOCK, UNPACK
from ingest.readers.rst import read_rst
from ingest.readers.rtf import RTF_START, read_rtf
from ingest.readers.subtitles import read_srt, read_vtt
from ingest.readers.suffixes import PACKED, media_type_of
from ingest.readers.xlsx import read_xlsx
from ingest.readers.zip import read_zip

_READERS: dict[str, Callable[[bytes], ParsedDocument]] = {
    "txt": read_text,
    "md": read_markdown,
    "rst": read_rst,
    "html": read_html,
    "docx": read_docx,
    "pptx": read_pptx,
    "xlsx": read_xlsx,
    "odt": read_odt,
    "ods": read_ods,
    "odp": read_odp,
    "epub": read_epub,
    "rtf": read_rtf,
    "csv": read_csv,
    "tsv": read_tsv,
    "json": read_json,
    "jsonl": read_jsonl,
    "ipynb": read_ipynb,
    "srt": read_srt,
    "vtt": read_vtt,
    "po": read_po,
    "tex": read_latex,
}
_HOLDERS: dict[str, Callable[[bytes, ReadPart | None], ParsedDocument]] = {
    "eml": read_eml,
    "mbox": read_mbox,
    "zip": read_zip,
}
"""Readers of documents that hold others."""
_ARCHIVED = {
    "word/document.xml": "docx",
    "ppt/presentation.xml": "pptx",
    "xl/workbook.xml": "xlsx",
    "META-INF/container.xml": "epub",
}
"""The entry that tells each kind of archive."""
_OPEN_DOCUMENT = re.compile(rb"application/vnd\.oasis\.opendocument\.(text|spreadsheet|presentation)\b")
_OPEN_DOCUMENT_TYPES = {b"text": "odt", b"spreadsheet": "ods", b"presentation": "odp"}
_NEVER_PLAIN = {"pdf", "rtf", "zip", "odt", "ods", "odp", *_ARCHIVED.values()}
_HTML_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_OFFICE = "EncryptedPackage".encode("utf-16-le")


def read(path: PurePath, data: bytes, recogniser: Recogniser | None = None) -> ParsedDocument:
    """Read the file `path` whose content is `data`; a `recogniser` reads the pages of a PDF without text.

    Raises:
        UnreadableFile: no reader understands it, or it has no text.
    """
    if not data.startswith(GZ_START):
        return _read(path, data, _read_part, recogniser)
    inside = path.with_suffix("") if path.suffix.lower() == PACKED else path
    parsed = _read(inside, unpacked(data), None, recogniser)
    return replace(parsed, encoding=None, bom_bytes=0, byte_exact=False)


def _read_part(path: PurePath, data: bytes) -> ParsedDocument:
    """Read a document inside another; what it holds itself is not opened.

    Raises:
        UnreadableFile: it is packed, no reader understands it, or it has no text.
    """
    if data.startswith(GZ_START):
        raise UnreadableFile("an archive inside another is not opened", remedy=UNPACK)
    return _read(path, data, None)


def _read(
    path: PurePath, data: bytes, read_part: ReadPart | None, recogniser: Recogniser | None = None
) -> ParsedDocument:
    if not data:
        raise UnreadableFile("empty file", remedy=CONVERT)
    media_type = _media_type(path, data)
    if media_type == "pdf":
        parsed = read_pdf(data, recogniser)
    elif holder := _HOLDERS.get(media_type):
        parsed = holder(data, read_part)
    else:
        parsed = _READERS[media_type](data)
    if not parsed.text.strip():
        raise UnreadableFile("no text in it", remedy=CONVERT)
    if len(parsed.text) > MAX_TEXT_CHARACTERS:
        raise UnreadableFile(TOO_MUCH_TEXT, remedy=SPLIT)
    return parsed


def _media_type(path: PurePath, data: bytes) -> str:
    suggested = media_type_of(path) or "txt"
    if data.startswith(b"%PDF-") or (suggested == "pdf" and b"%PDF-" in data[:1024]):
        return "pdf"
    if data.startswith(RTF_START):
        return "rtf"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _archived_type(suggested, data)
    if data.startswith(_COMPOUND_FILE):
        if _ENCRYPTED_OFFICE in data:
            raise UnreadableFile("encrypted", remedy=UNLOCK)
        raise UnreadableFile("an older Office file", remedy=SAVE_ANEW)
    if suggested in _NEVER_PLAIN:
        if _HTML_START.match(data):
            return "html"
        raise UnreadableFile(f"not a {suggested.upper()} file, whatever its name says", remedy=CONVERT)
    return suggested


def _archived_type(suggested: str, data: bytes) -> str:
    archive = Archive(data)
    for name, media_type in _ARCHIVED.items():
        if name in archive.names:
            return media_type
    if "mimetype" in archive.names and (kind := _OPEN_DOCUMENT.match(archive.read("mimetype"))):
        return _OPEN_DOCUMENT_TYPES[kind[1]]
    if suggested == "zip" or (suggested == "epub" and container_of(archive)):
        return suggested
    raise UnreadableFile("an archive, not a document", remedy=UNPACK)
