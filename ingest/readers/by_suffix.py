"""Which reader understands a file: its name suggests one, its first bytes decide."""

from __future__ import annotations

import re
from pathlib import PurePath

from index_data.errors import UnreadableFile
from ingest.readers.archive import Archive
from ingest.readers.docx import read_docx
from ingest.readers.epub import read_epub
from ingest.readers.html import read_html
from ingest.readers.limits import MAX_TEXT_CHARACTERS, TOO_MUCH_TEXT
from ingest.readers.parsed_document import ParsedDocument
from ingest.readers.pdf import read_pdf
from ingest.readers.plain import read_markdown, read_text
from ingest.readers.remedies import CONVERT, SAVE_ANEW, SPLIT, UNLOCK, UNPACK
from ingest.readers.suffixes import media_type_of

_READERS = {
    "txt": read_text,
    "md": read_markdown,
    "html": read_html,
    "pdf": read_pdf,
    "docx": read_docx,
    "epub": read_epub,
}
_HTML_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_OFFICE = "EncryptedPackage".encode("utf-16-le")


def read(path: PurePath, data: bytes) -> ParsedDocument:
    """Read the file `path` whose content is `data`.

    Raises:
        UnreadableFile: no reader understands it, or it has no text.
    """
    if not data:
        raise UnreadableFile("empty file", remedy=CONVERT)
    parsed = _READERS[_media_type(path, data)](data)
    if not parsed.text.strip():
        raise UnreadableFile("no text in it", remedy=CONVERT)
    if len(parsed.text) > MAX_TEXT_CHARACTERS:
        raise UnreadableFile(TOO_MUCH_TEXT, remedy=SPLIT)
    return parsed


def _media_type(path: PurePath, data: bytes) -> str:
    suggested = media_type_of(path) or "txt"
    if data.startswith(b"%PDF-") or (suggested == "pdf" and b"%PDF-" in data[:1024]):
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        return _archived_type(data)
    if data.startswith(_COMPOUND_FILE):
        if _ENCRYPTED_OFFICE in data:
            raise UnreadableFile("encrypted", remedy=UNLOCK)
        raise UnreadableFile("an older Office file", remedy=SAVE_ANEW)
    if suggested in {"pdf", "docx", "epub"}:
        if _HTML_START.match(data):
            return "html"
        raise UnreadableFile(f"not a {suggested.upper()} file, whatever its name says", remedy=CONVERT)
    return suggested


def _archived_type(data: bytes) -> str:
    names = Archive(data).names
    if "word/document.xml" in names:
        return "docx"
    if "META-INF/container.xml" in names:
        return "epub"
    raise UnreadableFile("an archive, not a document", remedy=UNPACK)
