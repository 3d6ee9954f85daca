"""Files of every kind, made by hand, and an index to ingest them into."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from encoder.interface import Window
from index_data.index import Index
from index_data.records import Fingerprint, SparseVector
from ingest.ingester import Ingester
from ingest.parser import Parser
from ingest.passages import SPLITTER_VERSION
from ingest.pipeline import LocalPipeline
from tests.conftest import LetterEmbedder

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


class WeighingEmbedder(LetterEmbedder):
    """An `encoder.interface.SparseEmbedder`: a letter is a piece, and weighs how often it occurs."""

    def embed_passages_with_sparse(
        self, windows: Sequence[Window]
    ) -> tuple[NDArray[np.float32], list[SparseVector]]:
        texts = [window.text[start:end] for window in windows for start, end in window.spans]
        return self.embed_passages(windows), self.sparse_queries(texts)

    def sparse_queries(self, queries: Sequence[str]) -> list[SparseVector]:
        return [_weighed(query) for query in queries]


def _weighed(text: str) -> SparseVector:
    letters, times = np.unique([ord(letter) for letter in text], return_counts=True)
    return SparseVector(letters.astype(np.int32), times.astype(np.float32))


@pytest.fixture
def weighing_embedder() -> WeighingEmbedder:
    return WeighingEmbedder()


@pytest.fixture
def make_zip() -> Callable[[Mapping[str, str | bytes]], bytes]:
    return _zip


@pytest.fixture
def make_docx() -> Callable[..., bytes]:
    """Make a Word document from the XML inside its body, inside its styles, and of further parts."""

    def make(body: str, *, styles: str = "", parts: Mapping[str, str] | None = None) -> bytes:
        document = f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
        sheet = f'<w:styles xmlns:w="{WORD}">{styles}</w:styles>'
        wrapped = {
            name: f'<w:notes xmlns:w="{WORD}">{content}</w:notes>' for name, content in (parts or {}).items()
        }
        return _zip({"word/document.xml": document, "word/styles.xml": sheet, **wrapped})

    return make


@pytest.fixture
def make_epub() -> Callable[..., bytes]:
    """Make a book from its chapters, in order, by the names that its package uses for them."""

    def make(
        chapters: Mapping[str, str], *, title: str = "", parts: Mapping[str, str] | None = None
    ) -> bytes:
        items = "".join(
            f'<item id="c{number}" href="{name}" media-type="application/xhtml+xml"/>'
            for number, name in enumerate(chapters)
        )
        spine = "".join(f'<itemref idref="c{number}"/>' for number in range(len(chapters)))
        package = (
            '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f"<metadata><dc:title>{title}</dc:title></metadata>"
            f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
        )
        container = (
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="OEBPS/content.opf"/></rootfiles></container>'
        )
        entries = {
            "META-INF/container.xml": container,
            "OEBPS/content.opf": package,
            **{f"OEBPS/{name}": content for name, content in chapters.items()},
            **(parts or {}),
        }
        return _zip(entries)

    return make


@pytest.fixture
def make_pdf() -> Callable[..., bytes]:
    """Make a PDF whose pages say the given texts, in any script; no glyphs, only their meaning."""

    def make(pages: Sequence[str], *, title: str = "") -> bytes:
        letters = {letter: code for code, letter in enumerate(sorted(set("".join(pages))), 1)}
        names = "".join(
            f"<{code:04x}> <{letter.encode('utf-16-be').hex()}>\n" for letter, code in letters.items()
        )
        meanings = (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /M def /CMapType 2 def\n"
            f"1 begincodespacerange <0000> <ffff> endcodespacerange\n{len(letters)} beginbfchar\n{names}"
            "endbfchar endcmap end end"
        )
        kids = " ".join(f"{6 + 2 * number} 0 R" for number in range(len(pages)))
        objects = [
            "<</Type/Catalog/Pages 2 0 R>>",
            f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]>>",
            "<</Type/Font/Subtype/Type0/BaseFont/F/Encoding/Identity-H/ToUnicode 5 0 R"
            "/DescendantFonts[4 0 R]>>",
            "<</Type/Font/Subtype/CIDFontType2/BaseFont/F/DW 600"
            "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>",
            _stream(meanings),
        ]
        for number, page in enumerate(pages):
            lines = ("".join(f"{letters[letter]:04x}" for letter in line) for line in page.splitlines())
            shown = " ".join(f"<{line}> Tj 0 -14 Td" for line in lines)
            objects.append(
                f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 2000 800]/Contents {7 + 2 * number} 0 R"
                "/Resources<</Font<</F 3 0 R>>>>>>"
            )
            objects.append(_stream(f"BT /F 10 Tf 50 700 Td {shown} ET"))
        objects.append(f"<</Title <feff{title.encode('utf-16-be').hex()}>>>" if title else "<<>>")
        return _pdf(objects)

    return make


@pytest.fixture
def parser() -> Iterator[Parser]:
    with Parser() as ready:
        yield ready


@pytest.fixture
def index(index_folder: Path, letter_embedder: Any) -> Iterator[Index]:
    fingerprint = Fingerprint(
        letter_embedder.model,
        letter_embedder.fingerprint,
        letter_embedder.dimension,
        window_tokens=64,
        passage_tokens=32,
        splitter=SPLITTER_VERSION,
    )
    with Index.create_or_open(index_folder, fingerprint) as writer:
        yield writer


@pytest.fixture
def ingester(index: Index, letter_embedder: Any, parser: Parser) -> Ingester:
    return Ingester(index, LocalPipeline(letter_embedder, parser, 64, 32))


def with_parts(ingester: Ingester, **parts: Any) -> Ingester:
    """Put other parts into the pipeline of an ingester."""
    return replace(ingester, pipeline=replace(local(ingester), **parts))


def local(ingester: Ingester) -> LocalPipeline:
    """Take the pipeline of an ingester on this machine."""
    assert isinstance(ingester.pipeline, LocalPipeline)
    return ingester.pipeline


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a test puts its documents."""
    documents = tmp_path / "documents"
    documents.mkdir()
    return documents


def _zip(entries: Mapping[str, str | bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _stream(content: str) -> str:
    return f"<</Length {len(content)}>>\nstream\n{content}\nendstream"


def _pdf(objects: Sequence[str]) -> bytes:
    """Write a file; the last object is the document's information."""
    content = b"%PDF-1.7\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(content))
        content += f"{number} 0 obj\n{body}\nendobj\n".encode("ascii")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    count = len(objects)
    tail = (
        f"xref\n0 {count + 1}\n0000000000 65535 f \n{table}"
        f"trailer\n<</Size {count + 1}/Root 1 0 R/Info {count} 0 R>>\nstartxref\n{len(content)}\n%%EOF\n"
    )
    return content + tail.encode("ascii")
