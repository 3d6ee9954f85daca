"""The names of files that are read, and the reader that each suggests; what is inside has the last word."""

from __future__ import annotations

from pathlib import PurePath

MEDIA_TYPES = {
    ".txt": "txt",
    ".text": "txt",
    ".rst": "txt",
    ".adoc": "txt",
    ".asciidoc": "txt",
    ".org": "txt",
    ".md": "md",
    ".markdown": "md",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".epub": "epub",
}


def media_type_of(path: PurePath) -> str | None:
    """Guess the media type from the name; None for a suffix that is not read."""
    return MEDIA_TYPES.get(path.suffix.lower())
