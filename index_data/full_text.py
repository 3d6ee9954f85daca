"""Which passages contain the words of a query: FTS5 over our own words.

FTS5 says where the forms of words stand, and `bm25.py` ranks, since FTS5 takes ten times as long to rank a
passage as to find it. The table keeps no copy of the words (`content = ''`), so taking a passage out means
naming exactly the words that were put in. They are worked out again from its text, and so a change of the
rules rebuilds the table.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from index_data import words
from index_data.bm25 import rarity, scores
from index_data.phrases import fts_expression
from index_data.records import Candidate, Phrase
from index_data.rows import Rows
from index_data.stop_words import telling_words
from index_data.varints import integers

_MOST_WORDS = 64
"""Words of a query that are looked up."""
_MOST_VISITS = 10_000
"""Passages with a form that is looked up, each form's counted."""
_COUNTED = 1_000
"""Passages with a form that are counted; of more, their ids tell how many there are."""
_ENOUGH = 10
"""Where the rare words find fewer passages, frequent ones are looked up too, whatever it takes."""

_BATCH = 64
"""Phrases that the table is asked for at once."""
_SILENT = 0.25
"""What a stop word counts in a ranking; it finds nothing."""
_LIKELY = 500
"""Passages that are ranked with regard to their length, at least."""


@dataclass(frozen=True, slots=True)
class WordUse:
    """A word that a question asks for, and who has it."""

    word: str
    passages: int
    """How many have it in the whole index."""
    among: tuple[int, ...]
    """Which of the passages asked about have it."""


def asked_words(text: str) -> list[str]:
    """Return the words of a query that find passages."""
    return telling_words(words.query_words(text)[:_MOST_WORDS])


def asked_forms(text: str, beginnings: Sequence[str]) -> tuple[dict[str, float], set[str]]:
    """Return what each form that is looked up counts in a ranking, and which forms find passages."""
    asked = words.query_words(text)[:_MOST_WORDS]
    telling = set(telling_words(asked))
    # Of two forms each counts half, so that a word weighs the same in every script.
    forms = {word: words.ranking(word) for word in asked}
    shares = {form: _SILENT / len(forms[word]) for word in asked for form in forms[word]}
    shares |= {form: 1 / len(forms[word]) for word in asked if word in telling for form in forms[word]}
    shares |= dict.fromkeys(beginnings, 1.0)
    return shares, {*map(words.finding, telling), *beginnings}


class FullText:
    """The words of passages as rows; every method runs inside the caller's transaction."""

    def __init__(self, connection: Rows) -> None:
        self._connection = connection

    def add(self, texts: Iterable[tuple[int, str]]) -> None:
        """Put in passages, given as id and text."""
        self._connection.executemany(
            "INSERT INTO passage_words (rowid, words) VALUES (?, ?)",
            ((passage_id, " ".join(words.words(text))) for passage_id, text in texts),
        )

    def remove(self, texts: Iterable[tuple[int, str]]) -> None:
        """Take out passages, given as id and the text they were put in with."""
        self._connection.executemany(
            "INSERT INTO passage_words (passage_words, rowid, words) VALUES ('delete', ?, ?)",
            ((passage_id, " ".join(words.words(text))) for passage_id, text in texts),
        )

    def clear(self) -> None:
        """Take out all passages, whatever state the words are in."""
        # FTS5 does not even let go of a table that it cannot open, so its own tables are emptied first.
        self._connection.execute("CREATE VIRTUAL TABLE temp.no_words USING fts5 (words, content = '')")
        for part in ("data", "idx", "docsize", "config"):
            self._connection.execute(f"DELETE FROM main.passage_words_{part}")
            self._connection.execute(
                f"INSERT INTO main.passage_words_{part} SELECT * FROM temp.no_words_{part}"
            )
        self._connection.execute("DROP TABLE temp.no_words")
        self._connection.execute("INSERT INTO passage_words (passage_words) VALUES ('delete-all')")

    def holding(self, asked: str) -> NDArray[np.int64]:
        """Return the ids of the passages for which an FTS5 expression holds: int64 (N,)."""
        query = "SELECT rowid FROM passage_words WHERE passage_words MATCH ?"
        rows = self._connection.execute(query, (asked,)).fetchall()
        return np.fromiter((passage_id for (passage_id,) in rows), np.int64, len(rows))

    def with_all(self, phrases: Sequence[Phrase]) -> list[NDArray[np.int64]]:
        """Return ids, int64 (N,) each, that have to be among the passages with all of `phrases`.

        Where `settled`, they are those passages; else there may be more of them.
        """
        return [self.holding(" AND ".join(some)) for some in _batches(phrases)]

    def with_any(self, phrases: Sequence[Phrase]) -> list[NDArray[np.int64]]:
        """Return ids, int64 (N,) each, of the passages with any of `phrases`, all of them `settled`."""
        return [self.holding(" OR ".join(some)) for some in _batches(phrases)]

    def matching(
        self, text: str, count: int, allowed: NDArray[np.int64] | None, beginnings: Sequence[str] = ()
    ) -> list[Candidate]:
        """Find the passages with any telling word of `text`, best first, out of `allowed`, int64 (N,).

        The best by BM25 over the words that fewest passages have; stop words count a little. Words of any of
        `beginnings`, each as FTS5 writes a prefix, count like one word more.
        """
        shares, finding = asked_forms(text, beginnings)
        if not shares or count < 1:
            return []
        self._show_places()
        rare = self._rare(list(shares), finding)
        found = self._best({form: shares[form] for form in rare}, finding, count, allowed)
        if allowed is not None and len(found) < min(count, _ENOUGH) and len(rare) < len(shares):
            return self._best(shares, finding, count, allowed)
        return found

    def bm25(self, text: str, passage_ids: NDArray[np.int64]) -> dict[int, float]:
        """Score those of `passage_ids`, int64 (N,), that have a telling word of `text`, as `matching`."""
        shares, finding = asked_forms(text, ())
        if not shares or not len(passage_ids):
            return {}
        self._show_places()
        rare = {form: shares[form] for form in self._rare(list(shares), finding)}
        found = self._best(rare, finding, len(passage_ids), passage_ids)
        return {candidate.passage_id: candidate.score for candidate in found}

    def with_every_word(self, text: str, count: int, allowed: NDArray[np.int64] | None) -> list[Candidate]:
        """Find `count` passages with all telling words of `text`, out of `allowed`, int64 (N,), unranked."""
        asked = [f'"{words.finding(word)}"' for word in asked_words(text)]
        ids = self.holding(" AND ".join(asked)) if asked else np.zeros(0, np.int64)
        if allowed is not None:
            ids = np.intersect1d(ids, allowed)
        return [Candidate(passage_id, 0.0) for passage_id in ids[:count].tolist()]

    def uses(self, text: str, passage_ids: Sequence[int]) -> list[WordUse]:
        """Count for each word that `text` asks for the passages with it, and name those of `passage_ids`."""
        uses = []
        for word in asked_words(text):
            ids = self.holding(f'"{words.finding(word)}"')
            among = tuple(np.intersect1d(ids, np.array(passage_ids, np.int64)).tolist())
            uses.append(WordUse(word, len(ids), among))
        return uses

    def _show_places(self) -> None:
        """Make a view of the table, one row for each place of a form, for this connection and transaction."""
        (query_only,) = self._connection.execute("PRAGMA query_only").fetchone()
        self._connection.execute("PRAGMA query_only = OFF")
        self._connection.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS"
            " temp.form_places USING fts5vocab (main, passage_words, 'instance')"
        )
        self._connection.execute(f"PRAGMA query_only = {query_only}")

    def _rare(self, forms: Sequence[str], finding: AbstractSet[str]) -> list[str]:
        """Choose the forms that fewest passages have, and more where those in `finding` find too few."""
        frequencies = {form: self._frequency(form) for form in forms}
        rare: list[str] = []
        visits = found = 0.0
        for form in sorted(forms, key=frequencies.__getitem__):
            passages = frequencies[form]
            if visits + passages <= _MOST_VISITS or (found < _ENOUGH and form in finding):
                rare.append(form)
                visits += passages
                found += passages if form in finding else 0
        return rare

    def _frequency(self, form: str) -> float:
        """Estimate in how many passages a form is, exactly where there are few."""
        if _is_beginning(form):
            return float(len(self.holding(form)))
        counted, last = self._connection.execute(
            "SELECT count(*), max(rowid) FROM"
            " (SELECT rowid FROM passage_words WHERE passage_words MATCH ? ORDER BY rowid LIMIT ?)",
            (f'"{form}"', _COUNTED),
        ).fetchone()
        if counted < _COUNTED:
            return float(counted)
        lowest, highest = self._connection.execute(
            "SELECT (SELECT min(id) FROM passage_words_docsize), (SELECT max(id) FROM passage_words_docsize)"
        ).fetchone()
        return float(counted * (highest - lowest + 1) / (last - lowest + 1))

    def _best(
        self,
        shares: Mapping[str, float],
        finding: AbstractSet[str],
        count: int,
        allowed: NDArray[np.int64] | None,
    ) -> list[Candidate]:
        """Rank by all the forms the passages that have one of those in `finding`."""
        places = [self._places(form) for form in shares]
        found = reduce(
            np.union1d, (ids for form, (ids, _) in zip(shares, places, strict=True) if form in finding)
        )
        if allowed is not None:
            found = np.intersect1d(found, allowed)
        if not len(found):
            return []
        passages, mean_length = self._totals()
        weights = rarity(np.array([len(ids) for ids, _ in places]), passages) * list(shares.values())  # (W,)
        most = np.zeros(len(found))
        for weight, (ids, times) in zip(weights, places, strict=True):
            at, there = _places_among(found, ids)
            most[at] += scores(times[None, there], weight[None], 0.0)
        likely = found[_largest(most, max(_LIKELY, 4 * count))]
        counts = np.zeros((len(shares), len(likely)))  # (W, N)
        for row, (ids, times) in zip(counts, places, strict=True):
            at, there = _places_among(likely, ids)
            row[at] = times[there]
        exact = scores(counts, weights, self._lengths(likely) / mean_length)
        best = np.argsort(-exact, kind="stable")[:count]
        return [Candidate(*pair) for pair in zip(likely[best].tolist(), exact[best].tolist(), strict=True)]

    def _places(self, form: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the passages with a form, ascending, and how often each has it: int64 (N,) both."""
        if _is_beginning(form):
            ids = np.sort(self.holding(form))
            return ids, np.ones_like(ids)
        # One long string: Python would take longer to fetch the rows than SQLite to find them.
        (listed,) = self._connection.execute(
            "SELECT group_concat(doc) FROM temp.form_places WHERE term = ?", (form,)
        ).fetchone()
        ids = np.fromstring(listed or "", np.int64, sep=",")
        unique, times = np.unique(ids, return_counts=True)
        return unique, times

    def _totals(self) -> tuple[int, float]:
        """Return the number of passages and the mean of their forms."""
        (record,) = self._connection.execute("SELECT block FROM passage_words_data WHERE id = 1").fetchone()
        passages, forms = integers(record)
        return passages, forms / passages

    def _lengths(self, passage_ids: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the number of forms of passages, ascending: float64 (N,)."""
        rows = self._connection.execute(
            "SELECT sz FROM passage_words_docsize WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
            (json.dumps(passage_ids.tolist()),),
        )
        return np.array([integers(size)[0] for (size,) in rows], np.float64)


def _batches(phrases: Sequence[Phrase]) -> list[list[str]]:
    """Write what the table has to hold, a few phrases at a time."""
    expressions = [f"({asked})" for phrase in phrases if (asked := fts_expression(phrase))]
    return [expressions[start : start + _BATCH] for start in range(0, len(expressions), _BATCH)]


def _is_beginning(form: str) -> bool:
    """Whether it is what FTS5 writes for all words that begin alike, and no form of one word."""
    return form.startswith('"')


def _places_among(
    some: NDArray[np.int64], ids: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Say where in `some` stand those of `ids` that do, and which of `ids` these are; all ascending.

    `some` is int64 (N,), `ids` int64 (M,); returned are int64 (K,) and bool (M,).
    """
    at = np.minimum(np.searchsorted(some, ids), len(some) - 1)
    there = some[at] == ids
    return at[there], there


def _largest(values: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Return where the `count` largest stand, ascending: int64 (N,)."""
    if len(values) <= count:
        return np.arange(len(values))
    return np.sort(np.argpartition(-values, count)[:count])
