"""Which passages a search may see, settled before any channel ranks them.

What SQLite can tell of all passages at once becomes a list of ids. The one thing that it cannot, whether the
words of a phrase stand side by side, is read from the texts of those only that a channel proposes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from index_data import store
from index_data.channels import Words
from index_data.passage_languages import PassageLanguages
from index_data.passages import Passages
from index_data.path_globs import PathGlob
from index_data.payloads import unpack_text
from index_data.phrases import settled, stands_in
from index_data.records import Candidate, Filters, Phrase
from index_data.rows import Rows

Propose = Callable[[int, NDArray[np.int64] | None], list[Candidate]]
"""Finds so many candidates, best first, out of these ids, (N,); out of all where there are none."""
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

    def __init__(self, words: Callable[[Rows], Words]) -> None:
        self._words = words
        self._view: _View | None = None

    def best(self, connection: Rows, filters: Filters, count: int, propose: Propose) -> list[Candidate]:
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

    def _current(self, connection: Rows, filters: Filters) -> _View:
        generation = store.generation(connection)
        view = self._view
        if view is None or (view.generation, view.filters) != (generation, filters):
            allowed = _allowed(connection, self._words(connection), filters)
            self._view = view = _View(generation, filters, allowed, _unsettled(filters))
        return view


def _sound(connection: Rows, view: _View, proposed: Sequence[Candidate]) -> list[Candidate]:
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


def _allowed(connection: Rows, words: Words, filters: Filters) -> NDArray[np.bool_] | None:
    """Tell which passages `filters` let through, by their ids, (P,), phrases aside; None for all."""
    choices = [choice for one in filters.chain() for choice in _choices(connection, words, one)]
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


def _choices(connection: Rows, words: Words, filters: Filters) -> list[tuple[NDArray[np.int64], bool]]:
    """Return ids, (N,), that have to be among those chosen (true), or must not be (false)."""
    passages = Passages(connection)
    alone = [phrase for phrase in filters.not_phrases if settled(phrase)]
    choices = [
        *((ids, True) for ids in words.with_all(filters.phrases)),
        *((ids, False) for ids in words.with_any(alone)),
    ]
    for codes, wanted in ((filters.languages, True), (filters.not_languages, False)):
        if codes:
            choices.append((PassageLanguages(connection).ids(codes), wanted))
    documents = _allowed_documents(connection, filters)
    if documents is not None:
        choices.append((passages.ids_of(documents), True))
    return choices


def _allowed_documents(connection: Rows, filters: Filters) -> list[int] | None:
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
