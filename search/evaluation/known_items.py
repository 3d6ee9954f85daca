"""Questions whose answer is known without anyone having judged: headings and sentences of an index itself."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING

from encoder.tuning.pairs import Pair, body_of, pairs_of
from index_data.records import StoredPassage
from search.hits import Hit

if TYPE_CHECKING:
    from index_data.index import Index

_LOOKED_AT = 40
"""Passages that are looked at for each question, so that rare languages get their turn."""
_AROUND = 51
"""Neighbours on either side: a heading has at most 50 passages below it, or is not asked for."""


class Kind(StrEnum):
    """What is asked for."""

    HEADING = "heading"
    SENTENCE = "sentence"


@dataclass(frozen=True, slots=True)
class KnownItem:
    """A query out of an index, and the passages it is from."""

    kind: Kind
    query: str
    language: str
    right: frozenset[int]

    def rank(self, hits: Sequence[Hit]) -> int:
        """Return the rank of the first right hit, from 1; 0 where there is none.

        The same heading elsewhere, and the same sentence in a copy, are right too.
        """
        return next((hit.rank for hit in hits if self._is_right(hit)), 0)

    def _is_right(self, hit: Hit) -> bool:
        if hit.passage_id in self.right:
            return True
        if self.kind is Kind.HEADING:
            path = [hit.document.title, *hit.passage.heading_path]
            return self.query.casefold() in {heading.casefold() for heading in path}
        return _flat(self.query) in _flat(hit.passage.text)


def known_items(index: Index, count: int, random: Random) -> list[KnownItem]:
    """Draw up to `count` headings and as many sentences, of all languages in turn."""
    ids = index.passage_ids().tolist()
    drawn = index.passages(random.sample(ids, min(len(ids), _LOOKED_AT * count)))
    items: dict[Kind, dict[str, KnownItem]] = {kind: {} for kind in Kind}
    for stored in _in_turn(drawn):
        for kind, found in items.items():
            if len(found) < count and (pair := _asked(index, stored, kind, random)):
                language = stored.passage.language
                found.setdefault(pair.query, KnownItem(kind, pair.query, language, pair.right))
        if all(len(found) == count for found in items.values()):
            break
    return [item for found in items.values() for item in found.values()]


def _asked(index: Index, stored: StoredPassage, kind: Kind, random: Random) -> Pair | None:
    """Make a question to which `stored` is an answer."""
    if kind is Kind.SENTENCE:
        return next(iter(_sentences(stored, random)), None)
    around = index.passages_around(stored.passage_id, _AROUND, _AROUND)
    pairs = [pair for pair in pairs_of(around, random, sentences=0) if stored.passage_id in pair.right]
    return random.choice(pairs) if pairs else None


def _sentences(stored: StoredPassage, random: Random) -> list[Pair]:
    """Ask for one sentence of a passage, and for none of its headings."""
    whole = len(body_of(stored))
    pairs = pairs_of([stored], random, sentences=1)
    return [pair for pair in pairs if pair.text is not None and len(pair.text) < whole]


def _in_turn(drawn: Sequence[StoredPassage]) -> Iterator[StoredPassage]:
    """Yield one passage of each language, then the next of each."""
    queues: dict[str, deque[StoredPassage]] = defaultdict(deque)
    for stored in drawn:
        queues[stored.passage.language].append(stored)
    while queues:
        for language in sorted(queues):
            yield queues[language].popleft()
            if not queues[language]:
                del queues[language]


def _flat(text: str) -> str:
    return " ".join(text.split())
