"""ZIP files of documents, inflated in memory and within limits; nothing is ever written to disk."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from gzip import GzipFile
from typing import IO

from lxml import etree

from index_data.errors import UnreadableFile
from ingest.readers.limits import (
    MAX_ARCHIVE_BYTES,
    MAX_ARCHIVE_ENTRIES,
    MAX_ENTRY_BYTES,
    MAX_INFLATION,
    MEGABYTE,
)
from ingest.readers.remedies import CONVERT, UNLOCK

_STEP_BYTES = 65_536
_ENCRYPTED = 0x1


class Archive:
    """The entries of a ZIP file by name."""

    def __init__(self, data: bytes) -> None:
        """Open an archive that is whole in memory.

        Raises:
            UnreadableFile: it is broken or made to overwhelm.
        """
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError) as error:
            raise UnreadableFile(f"broken archive: {error}", remedy=CONVERT) from error
        entries = self._zip.infolist()
        if len(entries) > MAX_ARCHIVE_ENTRIES:
            raise UnreadableFile(f"an archive with more than {MAX_ARCHIVE_ENTRIES:,} entries", remedy=CONVERT)
        if sum(entry.compress_size for entry in entries) > len(data):
            raise UnreadableFile("an archive whose entries overlap", remedy=CONVERT)
        self.entries = tuple(entry.filename for entry in entries)
        """Names in their order; one may stand there twice, and the last of its entries counts."""
        self.names = frozenset(self.entries)
        self._inflated = 0

    def read(self, name: str) -> bytes:
        """Inflate one entry.

        Raises:
            UnreadableFile: it is missing, broken, encrypted or grows too large.
        """
        if name not in self.names:
            raise UnreadableFile(f"broken archive: {name!r} is missing", remedy=CONVERT)
        entry = self._zip.getinfo(name)
        if entry.flag_bits & _ENCRYPTED:
            raise UnreadableFile("encrypted", remedy=UNLOCK)
        try:
            return self._inflate(entry)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as error:
            raise UnreadableFile(f"broken archive: {error or repr(name)}", remedy=CONVERT) from error

    def read_xml(self, name: str) -> etree._Element:
        """Parse one entry; entities stay as they are and nothing else is read.

        Raises:
            UnreadableFile: it is missing, broken, too large, or has a document type declaration.
        """
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            root = etree.fromstring(self.read(name), parser)
        except etree.XMLSyntaxError as error:
            raise UnreadableFile(_flaw(name, error), remedy=CONVERT) from error
        _refuse_declaration(root, name)
        return root

    def iter_xml(self, name: str, tag: str) -> Iterator[etree._Element]:
        """Parse one entry as `read_xml` does, but piece by piece: each `tag`, emptied when the next comes.

        Raises:
            UnreadableFile: it is missing, broken, too large, or has a document type declaration.
        """
        events = etree.iterparse(
            io.BytesIO(self.read(name)),
            tag=f"{{*}}{tag}",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
        )
        try:
            for _, element in events:
                _refuse_declaration(element, name)
                yield element
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]
        except etree.XMLSyntaxError as error:
            raise UnreadableFile(_flaw(name, error), remedy=CONVERT) from error

    def _inflate(self, entry: zipfile.ZipInfo) -> bytes:
        with self._zip.open(entry) as stream:
            left = min(MAX_ENTRY_BYTES, MAX_ARCHIVE_BYTES - self._inflated)
            content = inflated(stream, entry.compress_size, most=left)
        self._inflated += len(content)
        return content


def inflated(stream: IO[bytes] | GzipFile, stored_bytes: int, *, most: int) -> bytes:
    """Read all of `stream`, and count the bytes as they come; what headers promise counts for nothing.

    Raises:
        UnreadableFile: there are more than `most`, or too many for what is stored.
    """
    most = min(most, max(MEGABYTE, stored_bytes * MAX_INFLATION))
    content = bytearray()
    while block := stream.read(_STEP_BYTES):
        content += block
        if len(content) > most:
            raise UnreadableFile("an archive that inflates too far", remedy=CONVERT)
    return bytes(content)


def _flaw(name: str, error: etree.XMLSyntaxError) -> str:
    if error.code == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
        return f"the XML in {name!r} is nested too deep or grows too large"
    return f"broken XML in {name!r}"


def _refuse_declaration(element: etree._Element, name: str) -> None:
    if element.getroottree().docinfo.internalDTD is not None:
        raise UnreadableFile(f"{name!r} has a document type declaration", remedy=CONVERT)


def local_name(element: etree._Element) -> str:
    """Take the tag without its namespace; empty for comments and the like."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def local_attribute(element: etree._Element, name: str) -> str | None:
    """Find an attribute by its name without namespace."""
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), None)
