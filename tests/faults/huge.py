"""Very large files, made by a seed, and an ingest of them that says what it took."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from encoder.interface import Window
from index_data.index import Index
from index_data.records import Fingerprint
from ingest.ingester import Ingester
from ingest.parser import Parser
from ingest.passages import SPLITTER_VERSION
from ingest.pipeline import LocalPipeline
from ingest.progress import Ingested, Skipped
from tests.faults.library import WORDS

_DIMENSION = 64
_WINDOW_TOKENS, _PASSAGE_TOKENS = 512, 256
_LINE_WORDS, _PARAGRAPH_LINES, _PAGE_LINES = 12, 5, 45
_HEAD = b"%PDF-1.4\n"


class Histograms:
    """An `encoder.interface.Embedder` that counts characters, quickly and in little memory."""

    model = "histograms"
    fingerprint = "histograms-1"
    dimension = _DIMENSION
    max_window_tokens = _WINDOW_TOKENS
    batch_tokens = 65_536

    def token_spans(self, text: str) -> NDArray[np.int32]:
        """Find the words between spaces: int32 (T, 2)."""
        points = np.frombuffer(text.encode("utf-32-le"), np.uint32)
        inside = np.zeros(len(points) + 2, bool)
        inside[1:-1] = points > ord(" ")
        borders = np.flatnonzero(inside[1:] != inside[:-1])
        return borders.astype(np.int32).reshape(-1, 2)

    def embed_passages(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        """Count the characters of each passage: float32 (N, D), unit length."""
        return self.embed_queries([window.text[a:b] for window in windows for a, b in window.spans])

    def embed_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Count the characters of each text: float32 (Q, D), unit length."""
        points = (np.frombuffer(query.encode("utf-32-le"), np.uint32) for query in queries)
        counts = [np.bincount(row % _DIMENSION, minlength=_DIMENSION) + 0.01 for row in points]
        vectors = np.array(counts, np.float32).reshape(-1, _DIMENSION)
        lengths: NDArray[np.float32] = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / lengths

    def token_vectors(self, texts: Sequence[str], *, query: bool = False) -> list[NDArray[np.float32]]:
        """Count the characters of each word of each text: float32 (T, D)."""
        return [self.embed_queries(text.split()) for text in texts]


def write_text(path: Path, size: int, seed: int) -> None:
    """Write `size` characters of ASCII in paragraphs."""
    random = Random(seed)
    with path.open("w", encoding="ascii", newline="\n") as file:
        left = size
        while left:
            paragraph = "\n".join(_line(random) for _ in range(_PARAGRAPH_LINES)) + "\n\n"
            left -= file.write(paragraph[:left])


def write_pdf(path: Path, pages: int, seed: int) -> None:
    """Write a PDF file with a full page of text on each of its `pages`."""
    random = Random(seed)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(pages))
    bodies = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {pages} /Kids [{kids}] >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number in range(pages):
        bodies.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * number} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        shown = "".join(f"({_line(random)}) Tj T*\n" for _ in range(_PAGE_LINES))
        content = f"BT /F1 9 Tf 14 TL 50 790 Td\n{shown}ET"
        bodies.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    with path.open("wb") as file:
        place = file.write(_HEAD)
        places = []
        for number, body in enumerate(bodies, 1):
            places.append(place)
            place += file.write(f"{number} 0 obj\n{body}\nendobj\n".encode("ascii"))
        entries = "".join(f"{start:010} 00000 n \n" for start in places)
        size = len(bodies) + 1
        file.write(f"xref\n0 {size}\n0000000000 65535 f \n{entries}".encode("ascii"))
        file.write(f"trailer << /Size {size} /Root 1 0 R >>\nstartxref\n{place}\n%%EOF\n".encode("ascii"))


def ingest(say: Callable[..., Any], *, folder: str, documents: str) -> None:
    """Ingest, and say what came of each file; at last the seconds, and peaks of memory in bytes.

    The peaks are those of this process before and after, and of the parse child.
    """
    before, started = _peak(resource.RUSAGE_SELF), time.perf_counter()
    embedder = Histograms()
    made_by = Fingerprint(
        embedder.model, embedder.fingerprint, _DIMENSION, _WINDOW_TOKENS, _PASSAGE_TOKENS, SPLITTER_VERSION
    )
    with Index.create_or_open(Path(folder), made_by) as index, Parser() as parser:
        for step in Ingester(index, LocalPipeline(embedder, parser, _WINDOW_TOKENS, _PASSAGE_TOKENS)).ingest(
            [Path(documents)]
        ):
            match step:
                case Ingested(path, passages):
                    say("ingested", path.name, passages)
                case Skipped(path, reason):
                    say("skipped", path.name, reason)
    peaks = before, _peak(resource.RUSAGE_SELF), _peak(resource.RUSAGE_CHILDREN)
    say("took", time.perf_counter() - started, *peaks)


def _line(random: Random) -> str:
    return " ".join(random.choices(WORDS[0], k=_LINE_WORDS)).capitalize() + "."


def _peak(who: int) -> int:
    return 1024 * resource.getrusage(who).ru_maxrss
