"""Documents in any number for an index: real sentences in their languages, drawn anew, and ready vectors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from benchmarks.encoding.folder_documents import documents
from benchmarks.imitated_vectors import imitated
from benchmarks.report import ROOT
from index_data.records import Document, FileStamp, Fingerprint, Passage
from ingest.languages import language_of

DOCUMENT = 20
"""Passages of each document."""
_SENTENCE = re.compile(r"\n+|(?<=[.!?])\s+|(?<=[。！？])")
_SHORTEST = 10
"""Characters of a sentence."""
_DENSE = frozenset(("ja", "zh", "ko"))
"""Languages that say in a third of the characters what others say."""

Sentences = dict[str, list[str]]
"""By language."""


@dataclass(frozen=True, slots=True)
class Collection:
    """So many passages, the same each time."""

    sentences: Sentences
    vectors: Path
    """float32 (N, D), one row after the other, without a header."""
    dimension: int
    characters: int
    """Of a passage, about."""

    @property
    def fingerprint(self) -> Fingerprint:
        """Nothing made these vectors."""
        return Fingerprint("imitated", "imitated", self.dimension, 512, 256, 1)

    def documents(self, passages: int) -> Iterator[tuple[Document, list[Passage], NDArray[np.float32]]]:
        """Yield each document with its passages and their vectors, float32 (N, D)."""
        width = 4 * self.dimension
        with self.vectors.open("rb") as rows:
            for number, start in enumerate(range(0, passages, DOCUMENT)):
                count = min(DOCUMENT, passages - start)
                language, texts = self.texts(number, count)
                vectors = np.frombuffer(rows.read(count * width), np.float32).reshape(count, self.dimension)
                yield _document(number, language), list(_passages(texts, language)), vectors

    def texts(self, number: int, count: int) -> tuple[str, list[str]]:
        """Draw the language and the texts of the passages of one document."""
        dice, languages = Random(number), list(self.sentences)
        language = languages[number % len(languages)]
        room = self.characters // 3 if language in _DENSE else self.characters
        texts = []
        for _ in range(count):
            text = ""
            while len(text) < room:
                text += dice.choice(self.sentences[language]) + " "
            texts.append(text)
        return language, texts

    def questions(self, count: int) -> list[str]:
        """Draw a few neighbouring words, or as many characters, of sentences in every language in turn."""
        dice, languages, asked = Random(-1), list(self.sentences), []
        for number in range(count):
            sentence = dice.choice(self.sentences[languages[number % len(languages)]])
            words, size = sentence.split(), dice.randint(3, 9)
            start = dice.randrange(max(len(words) - size, 1))
            asked.append(" ".join(words[start : start + size]) if len(words) > 2 else sentence[: 2 * size])
        return asked


def path_of(number: int) -> Path:
    """Where the document of this number is said to be."""
    return Path(f"/collection/{number}.txt")


def sentences() -> Sentences:
    """Sentences of the sample documents by language."""
    found: Sentences = {}
    for document in documents(ROOT / "samples" / "documents"):
        parts = [part for part in _SENTENCE.split(document.text) if len(part) >= _SHORTEST]
        found.setdefault(language_of(document.text), []).extend(parts)
    return found


def write_vectors(real: NDArray[np.float32], count: int, path: Path) -> None:
    """Write `count` vectors that lie as `real` ones, float32 (M, D), do."""
    with path.open("wb") as file:
        for vectors in imitated(real, count, seed=2):
            file.write(vectors.tobytes())


def _document(number: int, language: str) -> Document:
    return Document(path_of(number), FileStamp(1, 1, f"{number:064x}"), "txt", str(number), language)


def _passages(texts: list[str], language: str) -> Iterator[Passage]:
    start = 0
    for ordinal, text in enumerate(texts):
        yield Passage(ordinal, text, start, start + len(text), 1, language)
        start += len(text)
