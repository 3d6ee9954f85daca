"""EPUB: the chapters in the order of the spine; pictures, styles and the table of contents stay out."""

from __future__ import annotations

import posixpath
from urllib.parse import unquote

from lxml import etree

from index_data.errors import UnreadableFile
from ingest.readers.archive import Archive, local_attribute, local_name
from ingest.readers.characters import decode
from ingest.readers.flowing_text import FlowingText
from ingest.readers.html import add_html
from ingest.readers.parsed_document import ParsedDocument
from ingest.readers.remedies import CONVERT, UNLOCK

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_CHAPTER_TYPES = frozenset(("application/xhtml+xml", "text/html", "application/x-dtbook+xml"))


def read_epub(data: bytes) -> ParsedDocument:
    """Read an EPUB book.

    Raises:
        UnreadableFile: it is broken, encrypted, too large or has no text.
    """
    archive = Archive(data)
    top = (container_of(archive) or _CONTAINER).removesuffix(_CONTAINER)
    package_name = _package_name(archive, top)
    package = archive.read_xml(package_name)
    chapters = _chapters(package, posixpath.dirname(package_name))
    if _encrypted(archive, top) & set(chapters):
        raise UnreadableFile("encrypted", remedy=UNLOCK)
    flow = FlowingText()
    missing = [name for name in chapters if name not in archive.names]
    for name in chapters:
        if name in archive.names and (content := archive.read(name)):
            add_html(decode(content).text, flow)
            flow.end_block()
    if not flow.text():
        raise UnreadableFile("no text in it", remedy=CONVERT)
    return ParsedDocument(
        text=flow.text(),
        media_type="epub",
        title=_title(package) or next((heading.title for heading in flow.headings), None),
        headings=flow.headings,
        notes=tuple(f"the chapter {posixpath.basename(name)!r} is missing" for name in missing),
    )


def container_of(archive: Archive) -> str | None:
    """Find what names the package; some tools put it and all the rest into one folder."""
    places = (name for name in archive.entries if name.partition("/")[2] == _CONTAINER)
    return _CONTAINER if _CONTAINER in archive.names else next(places, None)


def _package_name(archive: Archive, top: str) -> str:
    for element in archive.read_xml(top + _CONTAINER).iter():
        if local_name(element) == "rootfile" and (name := local_attribute(element, "full-path")):
            return top + name
    raise UnreadableFile("broken EPUB: it names no package", remedy=CONVERT)


def _chapters(package: etree._Element, folder: str) -> list[str]:
    """Names of the entries that hold the text, each once, in reading order."""
    names: dict[str, str] = {}
    order: list[str] = []
    for element in package.iter():
        match local_name(element):
            case "item" if _is_chapter(element):
                names[element.get("id", "")] = _resolved(folder, element.get("href", ""))
            case "itemref":
                order.append(element.get("idref", ""))
    return list(dict.fromkeys(names[identifier] for identifier in order if identifier in names))


def _is_chapter(item: etree._Element) -> bool:
    contents = "nav" in item.get("properties", "").split()
    return item.get("media-type", "") in _CHAPTER_TYPES and not contents


def _resolved(folder: str, reference: str) -> str:
    """Find the entry that a reference means; it never leaves the archive, whatever it says."""
    return posixpath.normpath(posixpath.join(folder, unquote(reference.partition("#")[0])))


def _encrypted(archive: Archive, top: str) -> set[str]:
    if top + _ENCRYPTION not in archive.names:
        return set()
    references = archive.read_xml(top + _ENCRYPTION).iter("{*}CipherReference")
    return {_resolved(top, reference.get("URI", "")) for reference in references}


def _title(package: etree._Element) -> str | None:
    title = next(package.iter("{http://purl.org/dc/elements/1.1/}title"), None)
    return " ".join("".join(title.itertext()).split()) or None if title is not None else None
