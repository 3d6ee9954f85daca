"""Everyday facts in eight languages, planted among passages of an index, in an index of their own."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from encoder.interface import Embedder, Window
from encoder.tuning.trials import GENERAL
from index_data.index import Index
from index_data.records import Document, FileStamp, Passage, StoredPassage
from search.hits import Hit

_BESIDE = 40
"""Places of the index whose passages stand beside the facts."""
_AROUND = 25
"""Neighbours on either side of such a place."""
_ROOT = Path("/facts")

Fact = dict[str, str]
"""What a fact is in each language."""


@dataclass(frozen=True, slots=True)
class FactQuery:
    """A question about a fact, or the fact itself as a query."""

    text: str
    language: str
    fact: int
    is_question: bool

    def targets(self, facts: Sequence[Fact]) -> list[str]:
        """Name the languages in which it can be answered by something else than itself."""
        return [language for language in facts[self.fact] if self.is_question or language != self.language]

    def rank(self, hits: Sequence[Hit], language: str) -> int:
        """Return the rank of the fact in `language`, from 1, the same fact in others left out; 0 if none."""
        wanted, others = _path(language, self.fact), _ROOT / str(self.fact)
        place = 0
        for hit in hits:
            if hit.document.path == wanted:
                return place + 1
            place += hit.document.path.parent != others
        return 0


def read_facts() -> tuple[list[Fact], list[FactQuery]]:
    """Read the facts that the encoder brings, and everything that can be asked about them."""
    rows = [json.loads(line) for line in GENERAL.read_text(encoding="utf-8").splitlines() if line.strip()]
    queries = [
        FactQuery(text, language, fact, is_question)
        for fact, row in enumerate(rows)
        for texts, is_question in ((row["questions"], True), (row["passages"], False))
        for language, text in texts.items()
    ]
    return [row["passages"] for row in rows], queries


def drawn(queries: Sequence[FactQuery], count: int, random: Random) -> list[FactQuery]:
    """Draw up to `count` queries, as many of each language as there are."""
    by_language: dict[str, list[FactQuery]] = defaultdict(list)
    for query in random.sample(queries, len(queries)):
        by_language[query.language].append(query)
    turns = max(map(len, by_language.values()))
    in_turn = [
        asked[turn] for turn in range(turns) for _, asked in sorted(by_language.items()) if turn < len(asked)
    ]
    return in_turn[:count]


@contextmanager
def planted(index: Index, embedder: Embedder, facts: Sequence[Fact], random: Random) -> Iterator[Index]:
    """Make an index of `facts` and of a few thousand passages of `index`, and delete it afterwards."""
    with TemporaryDirectory(prefix="dragoman-selftest-") as folder:
        home = Path(folder) / "index"
        with Index.create_or_open(home, index.fingerprint) as scratch:
            for passages in _beside(index, random):
                numbered = [replace(stored.passage, ordinal=place) for place, stored in enumerate(passages)]
                vectors = index.vectors([stored.passage_id for stored in passages])
                scratch.replace(passages[0].document, numbered, vectors)
            for language in sorted({language for fact in facts for language in fact}):
                _plant(scratch, embedder, language, [fact[language] for fact in facts])
            scratch.publish()
        with Index.open(home) as scratch:
            yield scratch


def _beside(index: Index, random: Random) -> Iterator[list[StoredPassage]]:
    """Yield passages from many places of an index, those of a document together."""
    ids = index.passage_ids().tolist()
    chosen: dict[int, StoredPassage] = {}
    for passage_id in random.sample(ids, min(len(ids), _BESIDE)):
        around = index.passages_around(passage_id, _AROUND, _AROUND)
        chosen |= {stored.passage_id: stored for stored in around}
    ordered = sorted(chosen.values(), key=lambda stored: (str(stored.document.path), stored.passage.ordinal))
    for _, passages in groupby(ordered, key=lambda stored: stored.document.path):
        yield list(passages)


def _plant(scratch: Index, embedder: Embedder, language: str, texts: Sequence[str]) -> None:
    """Store each fact as a document of its own."""
    vectors = embedder.embed_passages([Window(text, ((0, len(text)),)) for text in texts])
    for fact, text in enumerate(texts):
        stamp = FileStamp(len(text.encode()), 0, f"{fact} {language}")
        document = Document(_path(language, fact), stamp, "txt", language, language)
        passage = Passage(0, text, 0, len(text), 1, language)
        scratch.replace(document, [passage], vectors[fact : fact + 1])


def _path(language: str, fact: int) -> Path:
    return _ROOT / str(fact) / language
