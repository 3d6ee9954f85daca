"""Which passages have which words: Milvus matches and ranks by our words, and the rows decide who lives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

import numpy as np
from numpy.typing import NDArray

from index_data.bm25 import rarity
from index_data.cluster.milvus_collection import MOST_FOUND, MilvusCollection, is_among, named, within
from index_data.cluster.milvus_schema import BM25, WORDS
from index_data.cluster.milvus_tokens import token
from index_data.full_text import WordUse, asked_forms, asked_words
from index_data.passages import Passages
from index_data.phrases import begun, listed_words
from index_data.records import Candidate, Phrase
from index_data.rows import Rows
from index_data.words import finding as finding_form

_PARTS = 8
"""How often a query names a word that counts in full: Milvus has no other way to weigh words."""
_FACTOR = 4
"""How many passages are looked at for each that is asked for; more, while too few have a telling word."""
_BATCH = 64
"""Phrases that Milvus is asked for at once."""


class MilvusWords:
    """The words of passages in Milvus, beside the rows of one transaction."""

    def __init__(self, rows: Rows, collection: MilvusCollection) -> None:
        self._rows = rows
        self._collection = collection

    def matching(
        self, text: str, count: int, allowed: NDArray[np.int64] | None, beginnings: Sequence[str] = ()
    ) -> list[Candidate]:
        """Find the passages with any telling word of `text`, best first, out of `allowed`, int64 (N,).

        The best by the BM25 of Milvus; stop words count a little. Words of any of `beginnings`, each as FTS5
        writes a prefix, count like one word more.
        """
        shares, finding = asked_forms(text, beginnings)
        if not shares or count < 1:
            return []
        query, telling = _weighed(shares, beginnings), _tokens(finding - {*beginnings})
        scores = self._ranked(query, telling, count, allowed)
        for beginning in beginnings:
            ids, weight = self._begun(beginning, allowed)
            new = np.setdiff1d(ids, np.fromiter(scores, np.int64, len(scores)))
            scores |= dict.fromkeys(new.tolist(), 0.0) | self._scored(query, None, new)
            for passage_id in ids.tolist():
                scores[passage_id] += weight
        best = sorted(scores, key=lambda passage_id: (-scores[passage_id], passage_id))
        return [Candidate(passage_id, scores[passage_id]) for passage_id in best[:count]]

    def bm25(self, text: str, passage_ids: NDArray[np.int64]) -> dict[int, float]:
        """Score those of `passage_ids`, int64 (N,), that have a telling word of `text`, as `matching`."""
        shares, finding = asked_forms(text, ())
        return self._scored(_weighed(shares, ()), _tokens(finding), passage_ids)

    def with_every_word(self, text: str, count: int, allowed: NDArray[np.int64] | None) -> list[Candidate]:
        """Find `count` passages with all telling words of `text`, out of `allowed`, int64 (N,), unranked."""
        asked = asked_words(text)
        if not asked or count < 1 or (allowed is not None and not len(allowed)):
            return []
        condition = " and ".join(filter(None, (self._has_all(map(finding_form, asked)), within(allowed))))
        # A few do mostly; all are looked at where too many of these are gone, or are not allowed.
        for most in (_FACTOR * count, None):
            found = self._collection.ids(condition, most)
            living = self._living(found if allowed is None else np.intersect1d(found, allowed))
            if len(living) >= count or (most and len(found) < most):
                break
        return [Candidate(passage_id, 0.0) for passage_id in living[:count].tolist()]

    def uses(self, text: str, passage_ids: Sequence[int]) -> list[WordUse]:
        """Count for each word that `text` asks for the passages with it, and name those of `passage_ids`."""
        uses = []
        asked_about = self._living(np.unique(np.array(passage_ids, np.int64)))
        for word in asked_words(text):
            condition = self._has_all([finding_form(word)])
            among = tuple(self._among(condition, asked_about).tolist())
            uses.append(WordUse(word, self._collection.count(condition), among))
        return uses

    def with_all(self, phrases: Sequence[Phrase]) -> list[NDArray[np.int64]]:
        """Return ids, int64 (N,) each, that have to be among the passages with all of `phrases`.

        Where `settled`, they are those passages; else there may be more of them.
        """
        return [self._collection.ids(" and ".join(some)) for some in self._batches(phrases)]

    def with_any(self, phrases: Sequence[Phrase]) -> list[NDArray[np.int64]]:
        """Return ids, int64 (N,) each, of the passages with any of `phrases`, all of them `settled`."""
        return [self._collection.ids(" or ".join(some)) for some in self._batches(phrases)]

    def _ranked(
        self, query: str, telling: AbstractSet[str], count: int, allowed: NDArray[np.int64] | None
    ) -> dict[int, float]:
        """Score the best that have one of the `telling` tokens, `count` at least where there are as many."""
        if not telling or (allowed is not None and not len(allowed)):
            return {}
        asked = _FACTOR * count
        while True:
            asked = min(asked, MOST_FOUND)
            found, proposed = self._search(query, telling, asked, within(allowed))
            if allowed is not None:
                may_be = set(np.intersect1d(np.fromiter(found, np.int64, len(found)), allowed).tolist())
                found = {passage_id: found[passage_id] for passage_id in found if passage_id in may_be}
            if len(found) >= count or proposed < asked:
                return found
            if asked == MOST_FOUND:
                return self._scored(
                    query, telling, Passages(self._rows).ids() if allowed is None else allowed
                )
            asked *= _FACTOR

    def _scored(
        self, query: str, telling: AbstractSet[str] | None, passage_ids: NDArray[np.int64]
    ) -> dict[int, float]:
        """Score those of `passage_ids`, int64 (N,), that have one of the `telling` tokens, where given."""
        scores: dict[int, float] = {}
        for some in named(passage_ids):
            scores |= self._search(query, telling, len(some), is_among(some))[0]
        return scores

    def _search(
        self, query: str, telling: AbstractSet[str] | None, asked: int, condition: str
    ) -> tuple[dict[int, float], int]:
        """Return the scores of those found that live and have a telling token, and how many were found."""
        if not query:
            return {}, 0
        found = self._collection.search(BM25, query, asked, condition, metric="BM25", with_words=WORDS)
        scores = {
            passage_id: score / _PARTS
            for passage_id, score, words in zip(
                found.passage_ids.tolist(), found.scores.tolist(), found.words, strict=True
            )
            if telling is None or not telling.isdisjoint(words.split())
        }
        living = self._living(np.fromiter(scores, np.int64, len(scores)))
        return {passage_id: scores[passage_id] for passage_id in living.tolist()}, len(found.passage_ids)

    def _begun(self, beginning: str, allowed: NDArray[np.int64] | None) -> tuple[NDArray[np.int64], float]:
        """Return the passages with a word that begins so, ids int64 (N,), and what it counts in each."""
        ids = self._living(self._collection.ids(self._has_begun(begun(beginning))))
        passages = np.array([len(ids)], np.int64)
        [weight] = rarity(passages, max(Passages(self._rows).highest_id(), len(ids))).tolist()
        return ids if allowed is None else np.intersect1d(ids, allowed), weight

    def _living(self, passage_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of these ids, int64 (N,), that the rows know, ascending."""
        return Passages(self._rows).ids(among=passage_ids.tolist())

    def _among(self, condition: str, passage_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        if not len(passage_ids):
            return passage_ids
        return self._collection.ids(f"{condition} and {is_among(passage_ids)}")

    def _batches(self, phrases: Sequence[Phrase]) -> list[list[str]]:
        """Write what has to hold of a passage, a few phrases at a time."""
        conditions = [self._holds(phrase) for phrase in phrases]
        asked = [f"({condition})" for condition in conditions if condition]
        return [asked[start : start + _BATCH] for start in range(0, len(asked), _BATCH)]

    def _holds(self, phrase: Phrase) -> str:
        words = listed_words(phrase)
        if not words or not phrase.open_ended:
            return self._has_all(words)
        *whole, last = words
        return " and ".join(filter(None, (self._has_all(whole), self._has_begun(last))))

    def _has_all(self, words: Iterable[str]) -> str:
        return " and ".join(self._has(token(word)) for word in words)

    def _has(self, one: str) -> str:
        # Milvus looks a word up; milvus-lite would cut every text into words, which takes ten times as long.
        return (
            f'{WORDS} like "% {one} %"'
            if self._collection.server.is_lite
            else f"text_match({WORDS}, '{one}')"
        )

    def _has_begun(self, word: str) -> str:
        return f'{WORDS} like "% {token(word)}%"'


def _weighed(shares: Mapping[str, float], beginnings: Sequence[str]) -> str:
    """Write a query that names each form as often as it counts."""
    return " ".join(
        token(form)
        for form, share in shares.items()
        if form not in beginnings
        for _ in range(round(_PARTS * share))
    )


def _tokens(forms: Iterable[str]) -> frozenset[str]:
    return frozenset(map(token, forms))
