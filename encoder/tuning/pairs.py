"""Passages become pairs: something that one may ask, and the text that should be found for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from index_data.records import StoredPassage
from index_data.sentences import sentence_ends

_LEAST_ASKED, _MOST_ASKED = 12, 300
"""Letters and digits of a sentence that may be a query."""
_LEAST_LEFT = 40
"""Letters and digits that must be left of a passage without it."""
_SHORT_TITLE = 3
"""Words below which a title says little without the one above it."""
_MOST_BELOW = 50
"""Passages below a title or heading; of more it says too little."""
_MARKUP = " \t\r\n\f#*=_-~"


@dataclass(frozen=True, slots=True)
class Pair:
    """A query, and what should be found for it."""

    query: str
    passage_id: int
    text: str | None
    """What is read of the passage: without the heading or the sentence that is the query.

    None: of all that are right, the one that the encoder ranks best is read instead.
    """
    right: frozenset[int]
    """Ids of all passages that are as good an answer, this one included."""
    wrong: tuple[int, ...] = ()
    """Ids of passages that were judged to be none."""


def pairs_of(passages: Sequence[StoredPassage], random: Random, *, sentences: int) -> list[Pair]:
    """Make pairs of titles, of headings, and of up to `sentences` sentences of each passage.

    `passages` come in their order, those of one document together.
    """
    return [*_titled(passages), *_headed(passages), *_cloze(passages, random, sentences)]


def body_of(stored: StoredPassage) -> str:
    """Return the text of a passage without the headings at its start."""
    titles = {_bare(title) for title in (*stored.passage.heading_path, stored.document.title)}
    lines = stored.passage.text.splitlines(keepends=True)
    first = next((place for place, line in enumerate(lines) if _bare(line) and _bare(line) not in titles), 0)
    return "".join(lines[first:]).strip()


def _titled(passages: Iterable[StoredPassage]) -> Iterator[Pair]:
    """Ask for documents by their titles; one that is but the file's name says nothing."""
    documents = _grouped((stored.document.path, stored) for stored in passages)
    for members in documents:
        document = members[0].document
        named = document.title != document.path.stem and _weight(document.title) >= _LEAST_ASKED
        if named and len(members) <= _MOST_BELOW:
            yield _pair(document.title, members)


def _headed(passages: Iterable[StoredPassage]) -> Iterator[Pair]:
    """Ask for sections by their headings."""
    sections = _grouped(((stored.document.path, stored.passage.heading_path), stored) for stored in passages)
    for members in sections:
        path = members[0].passage.heading_path
        if path and len(members) <= _MOST_BELOW:
            few = len(path[-1].split()) < _SHORT_TITLE
            yield _pair(": ".join(path[-2:] if few else path[-1:]), members)


def _cloze(passages: Iterable[StoredPassage], random: Random, count: int) -> Iterator[Pair]:
    """Ask for passages by sentences that are taken out of them (arXiv 1906.00300)."""
    for stored in passages:
        text = body_of(stored)
        spans = list(pairwise(sorted({0, *sentence_ends(text).tolist(), len(text)})))
        usable = [
            (start, end)
            for start, end in spans
            if _LEAST_ASKED <= (weight := _weight(text[start:end])) <= _MOST_ASKED
            and _weight(text) - weight >= _LEAST_LEFT
        ]
        for start, end in random.sample(usable, min(count, len(usable))):
            rest = f"{text[:start].rstrip()} {text[end:]}".strip()
            yield Pair(text[start:end].strip(), stored.passage_id, rest, frozenset((stored.passage_id,)))


def _pair(query: str, members: Sequence[StoredPassage]) -> Pair:
    right = frozenset(stored.passage_id for stored in members)
    return Pair(query, members[0].passage_id, body_of(members[0]), right)


def _grouped(keyed: Iterable[tuple[object, StoredPassage]]) -> list[list[StoredPassage]]:
    groups: dict[object, list[StoredPassage]] = defaultdict(list)
    for key, stored in keyed:
        groups[key].append(stored)
    return list(groups.values())


def _bare(line: str) -> str:
    return line.strip(_MARKUP).casefold()


def _weight(text: str) -> int:
    """Count letters and digits; a sign of a script without spaces weighs as much as two."""
    return sum(2 if ord(sign) > 0x2E7F else 1 for sign in text if sign.isalnum())
