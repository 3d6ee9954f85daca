"""An index to write to, and the two verbs most tests need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from encoder.interface import Embedder, Window
from index_data.index import Index
from index_data.records import Document, FileStamp, Filters, Fingerprint, Passage


@pytest.fixture
def fingerprint(letter_embedder: Embedder) -> Fingerprint:
    return Fingerprint(
        model=letter_embedder.model,
        encoder=letter_embedder.fingerprint,
        dimension=letter_embedder.dimension,
        window_tokens=512,
        passage_tokens=64,
        splitter=1,
    )


@pytest.fixture
def index(index_folder: Path, fingerprint: Fingerprint) -> Iterator[Index]:
    with Index.create_or_open(index_folder, fingerprint) as writer:
        yield writer


@pytest.fixture
def store(index: Index, letter_embedder: Embedder) -> Callable[..., list[int]]:
    """Put texts into the index as the passages of one document, and return the ids they got."""

    def put(path: str, *texts: str, language: str = "en", media_type: str = "txt") -> list[int]:
        passages, start = [], 0
        for ordinal, text in enumerate(texts):
            passages.append(Passage(ordinal, text, start, start + len(text), 1, language))
            start += len(text)
        windows = [Window(text, ((0, len(text)),)) for text in texts]
        document = Document(Path(path), FileStamp(start, 1, "0" * 64), media_type, path, language)
        index.replace(document, passages, letter_embedder.embed_passages(windows))
        everything = index.nearest(
            letter_embedder.embed_queries([""])[0], 10_000, Filters(path_globs=(path,))
        )
        return sorted(found.passage_id for found in everything)

    return put


@pytest.fixture
def vector_of(letter_embedder: Embedder) -> Callable[[str], NDArray[np.float32]]:
    def embed(text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = letter_embedder.embed_queries([text])[0]
        return vector

    return embed
