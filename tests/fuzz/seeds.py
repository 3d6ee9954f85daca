"""Files to begin with: a good one of each kind, and the small ones among the bad inputs."""

from __future__ import annotations

import gzip
import io
import zipfile
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.bad_inputs import archives, pages, pdfs, texts
from tests.ingest.readers.conftest import SCRIPTS, samples

MOST_BYTES = 20_000
SOUND = ("outside.docx", "missing.epub")
"""Bad inputs that are whole archives, of the kinds of which there is no sample."""
SOURCES = (
    texts.BYTES, texts.MARKED_UP, texts.SIGNS, pdfs.DAMAGED, pdfs.LOOPS, pdfs.LOCKS, pdfs.REST,
    archives.WORD_DOCUMENTS, archives.BOOKS, archives.ARCHIVES, pages.PAGES,
)  # fmt: skip


def seeds(target: str) -> list[bytes]:
    """List files of the kind of `target`, or their parts; a plain text if there are none."""
    kind, _, part = target.partition("-")
    if part:
        return [content for content in sound_archive(kind).values() if content.startswith(b"<")]
    words = "\n\n".join(SCRIPTS.values()).encode()
    found = [data for name, data in _files() if name.endswith(f".{kind}") and len(data) <= MOST_BYTES]
    return found or [gzip.compress(words) if kind == "gz" else words]


def sound_archive(kind: str) -> dict[str, bytes]:
    """Take a document of one of the kinds that are archives apart: its entries."""
    wanted = {f"a.{kind}", *SOUND}
    data = next(data for name, data in _files() if name in wanted and name.endswith(f".{kind}"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@cache
def _files() -> tuple[tuple[str, bytes], ...]:
    with TemporaryDirectory() as folder:
        place = Path(folder, "file")
        made = []
        for one in (one for source in SOURCES for one in source):
            one.put(place, one.word, Random(0))
            made.append((one.name, place.read_bytes()))
    return (*samples().items(), *made)
