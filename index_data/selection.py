"""Which passages a search may see, settled before any channel ranks them.

What SQLite can tell of all passages at once becomes a list of ids. The one thing that it cannot, whether the
words of a phrase stand side by side, is read from the texts of those only that a channel proposes.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from index_data import store
from index_data.full_text import FullText
from index_data.passage_languages import PassageLanguages
from index_data.passages import Passages
from index_data.path_globs import PathGlob
from index_data.payloads import unpack_text
from index_data.phrases import fts_expression, settled, stands_in
from index_data.records import Candidate, Filters, Phrase

Propose = Callable[[int, NDArray[np.int64] | None], list[Candidate]]
"""Finds so many candidates, best first, out of these ids, (N,); out of all where there are none."""
_BATCH = 64
"""Phrases that the full-text table is asked for at once."""
_LATEST = 2**63 - 1
"""Nanoseconds since the epoch that SQLite can hold: the year 2262."""
_GROWTH = 4
"""How many times more candidates are asked for when too few have the phrases."""


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """What filters let through at one generation."""

    generation: int
    filters: Filters
    allowed: NDArray[np.bool_] | None
    """Whether a passage is let through, as far as it is known, by its id: (P,); None: all are."""
    phrases: tuple[tuple[Phrase, bool], ...]
    """What has to be read for: a phrase, and whether it has to be there."""
    read: set[int] = field(default_factory=set)
    """Passages of which it is known; those that have not what they should are let through no more."""


class Selection:
    """What filters let through; every method runs inside the caller's transaction."""

    def __init__(self) -> None:
        self._view: _View | None = None

    def best(
        self, connection: sqlite3.Connection, filters: Filters, count: int, propose: Propose
    ) -> list[Candidate]:
        """Take the `count` best that `propose` finds among what `filters` let through.

        Raises:
            IndexDamaged: a text is not what was stored.
        """
        view = self._current(connection, filters)
        asked = count
        while True:
            ids = None if view.allowed is None else np.flatnonzero(view.allowed)
            proposed = propose(asked, ids)
            sound = _sound(connection, view, proposed)
            if len(sound) >= count or len(proposed) < asked:
                return sound[:count]
            asked *= _GROWTH

    def _current(self, connection: sqlite3.Connection, filters: Filters) -> _View:
        generation = store.generation(connection)
        view = self._view
        if view is None or (view.generation, view.filters) != (generation, filters):
            allowed = _allowed(connection, filters)
            self._view = view = _View(generation, filters, allowed, _unsettled(filters))
        return view


def _sound(connection: sqlite3.Connection, view: _View, proposed: Sequence[Candidate]) -> list[Candidate]:
    """Keep the candidates whose text has the phrases that it should."""
    if view.allowed is None or not view.phrases:
        return list(proposed)
    unread = [one.passage_id for one in proposed if one.passage_id not in view.read]
    for passage_id, text in Passages(connection).texts_of(unread):
        view.read.add(passage_id)
        view.allowed[passage_id] = all(stands_in(phrase, text) == there for phrase, there in view.phrases)
    return [one for one in proposed if view.allowed[one.passage_id]]


def _unsettled(filters: Filters) -> tuple[tuple[Phrase, bool], ...]:
    pairs = [
        (phrase, there)
        for one in filters.chain()
        for phrases, there in ((one.phrases, True), (one.not_phrases, False))
        for phrase in phrases
    ]
    return tuple((phrase, there) for phrase, there in pairs if not settled(phrase))


def _allowed(connection: sqlite3.Connection, filters: Filters) -> NDArray[np.bool_] | None:
    """Tell which passages `filters` let through, by their ids, (P,), phrases aside; None for all."""
    choices = [choice for one in filters.chain() for choice in _choices(connection, one)]
    if not choices and not _unsettled(filters):
        return None
    allowed = np.ones(Passages(connection).highest_id() + 1, np.bool_)
    allowed[0] = False
    for ids, wanted in choices:
        chosen = np.zeros(len(allowed), np.bool_)
        # In a damaged index there may be words of passages that are not.
        chosen[ids[ids < len(chosen)]] = True
        allowed &= chosen if wanted else ~chosen
    return allowed


def _choices(connection: sqlite3.Connection, filters: Filters) -> list[tuple[NDArray[np.int64], bool]]:
    """Return ids, (N,), that have to be among those chosen (true), or must not be (false)."""
    texts, passages = FullText(connection), Passages(connection)
    alone = [phrase for phrase in filters.not_phrases if settled(phrase)]
    choices = [
        *((texts.holding(" AND ".join(some)), True) for some in _batches(filters.phrases)),
        *((texts.holding(" OR ".join(some)), False) for some in _batches(alone)),
    ]
    for codes, wanted in ((filters.languages, True), (filters.not_languages, False)):
        if codes:
            choices.append((PassageLanguages(connection).ids(codes), wanted))
    documents = _allowed_documents(connection, filters)
    if documents is not None:
        choices.append((passages.ids_of(documents), True))
    return choices


def _batches(phrases: Sequence[Phrase]) -> list[list[str]]:
    """Write what the full-text table has to hold, a few phrases at a time."""
    expressions = [f"({asked})" for phrase in phrases if (asked := fts_expression(phrase))]
    return [expressions[start : start + _BATCH] for start in range(0, len(expressions), _BATCH)]


def _allowed_documents(connection: sqlite3.Connection, filters: Filters) -> list[int] | None:
    """Return the ids of the documents that `filters` let through; None if they ask nothing of documents."""
    conditions = _conditions(filters)
    fields = (filters.path_globs, filters.not_path_globs, filters.titles, filters.not_titles)
    if not conditions and not any(fields):
        return None
    query = f"SELECT document_id, path, title FROM documents WHERE {' AND '.join(['true', *conditions])}"
    fits = _fits(filters)
    return [
        document_id
        for document_id, path, title in connection.execute(query, list(conditions.values()))
        if fits(os.fsdecode(path), title)
    ]


def _conditions(filters: Filters) -> dict[str, object]:
    """Write what SQLite has to find true of a document, each with its parameter."""
    conditions: dict[str, object] = {}
    if filters.media_types:
        conditions["media_type IN (SELECT value FROM json_each(?))"] = json.dumps(filters.media_types)
    if filters.not_media_types:
        conditions["media_type NOT IN (SELECT value FROM json_each(?))"] = json.dumps(filters.not_media_types)
    if filters.modified_from_ns is not None:
        conditions["modified_ns >= ?"] = min(filters.modified_from_ns, _LATEST)
    if filters.modified_before_ns is not None:
        conditions["modified_ns < ?"] = min(filters.modified_before_ns, _LATEST)
    return conditions


def _fits(filters: Filters) -> Callable[[str, bytes], bool]:
    """Return what tells whether a document of this path and title, as stored, is let through."""
    globs, not_globs = (
        [PathGlob.of(pattern) for pattern in patterns]
        for patterns in (filters.path_globs, filters.not_path_globs)
    )

    def fits(path: str, stored_title: bytes) -> bool:
        title = unpack_text(stored_title) if filters.titles or filters.not_titles else ""
        return (
            (not globs or any(glob.matches(path) for glob in globs))
            and not any(glob.matches(path) for glob in not_globs)
            and (not filters.titles or any(stands_in(phrase, title) for phrase in filters.titles))
            and not any(stands_in(phrase, title) for phrase in filters.not_titles)
        )

    return fits
