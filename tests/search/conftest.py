"""An embedder that also weighs words, as BGE-M3 does, and indexes made from a few texts."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from encoder.interface import Window
from index_data.index import Index
from index_data.records import Document, FileStamp, Fingerprint, Passage, SparseVector
from tests.conftest import TOKEN, LetterEmbedder


class WeighingLetterEmbedder(LetterEmbedder):
    """An `encoder.interface.SparseEmbedder`: a piece is the hash of a word and weighs how often it occurs."""

    def embed_passages_with_sparse(
        self, windows: Sequence[Window]
    ) -> tuple[NDArray[np.float32], list[SparseVector]]:
        texts = [window.text[slice(*span)] for window in windows for span in window.spans]
        return self.embed_passages(windows), self.sparse_queries(texts)

    def sparse_queries(self, queries: Sequence[str]) -> list[SparseVector]:
        return [_weighed(query) for query in queries]


def _weighed(text: str) -> SparseVector:
    counts = Counter(zlib.crc32(word.encode()) % 250_000 for word in TOKEN.findall(text.casefold()))
    pieces = sorted(counts)
    weights = [0.1 * counts[piece] for piece in pieces]
    return SparseVector(np.array(pieces, np.int32), np.array(weights, np.float32))


@pytest.fixture
def weighing_embedder() -> WeighingLetterEmbedder:
    return WeighingLetterEmbedder()


MakeIndex = Callable[[Mapping[str, Sequence[str]]], Index]


@pytest.fixture
def make_index(index_folder: Path, tmp_path: Path, letter_embedder: LetterEmbedder) -> Iterator[MakeIndex]:
    """Make an index of text files, by name, given the passages of each."""
    with ExitStack() as opened:

        def make(files: Mapping[str, Sequence[str]]) -> Index:
            made_by = Fingerprint(
                "letters", letter_embedder.fingerprint, letter_embedder.dimension, 512, 256, 1
            )
            with Index.create_or_open(index_folder, made_by) as writer:
                for name, texts in files.items():
                    document = _written(tmp_path / name, "".join(texts))
                    passages = _passages(texts)
                    spans = tuple((passage.start, passage.end) for passage in passages)
                    vectors = letter_embedder.embed_passages([Window("".join(texts), spans)])
                    writer.replace(document, passages, vectors)
                writer.publish()
            return opened.enter_context(Index.open(index_folder))

        yield make


def _written(path: Path, text: str) -> Document:
    path.write_text(text, encoding="utf-8")
    facts = path.stat()
    stamp = FileStamp(facts.st_size, facts.st_mtime_ns, sha256(text.encode()).hexdigest())
    return Document(path, stamp, path.suffix[1:], path.stem, "en", "utf-8")


def _passages(texts: Sequence[str]) -> list[Passage]:
    passages: list[Passage] = []
    start = 0
    for ordinal, text in enumerate(texts):
        passages.append(Passage(ordinal, text, start, start + len(text), ordinal + 1, "en"))
        start += len(text)
    return passages
