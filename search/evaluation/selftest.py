"""A test of search with what is known about an index anyway; cheap, and no measure of real questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from encoder.interface import Embedder
from index_data.errors import UsageError
from index_data.index import Index
from search.evaluation.intervals import Estimate, estimate
from search.evaluation.known_items import Kind, KnownItem, known_items
from search.evaluation.planted_facts import FactQuery, drawn, planted, read_facts
from search.hits import Hit
from search.query import Mode, Query
from search.searcher import Searcher

FOUND_IN = 10
"""Hits among which the right one is looked for."""


@dataclass(frozen=True, slots=True)
class Asking:
    """So many questions of one part are answered."""

    part: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Found:
    """How a group of questions was answered."""

    questions: int
    first: Estimate
    """Recall@1."""
    among_ten: Estimate
    """Recall@10."""
    reciprocal_rank: Estimate
    """MRR@10."""
    by_words: Estimate | None = None
    """Recall@10 by words alone."""


@dataclass(frozen=True, slots=True)
class Selftest:
    """What came out."""

    known: dict[Kind, dict[str, Found]]
    """By language of the passage, all of them first, under an empty name."""
    across: dict[tuple[str, str], Found]
    """By language of the query and of the fact; an empty name stands for all others than the own."""
    beside: int
    """Passages among which the facts stood."""


def selftest(
    searcher: Searcher, embedder: Embedder, mode: Mode, *, count: int, seed: int
) -> Iterator[Asking | Selftest]:
    """Ask `count` headings, sentences and facts, as far as there are so many.

    Raises:
        UsageError: the index has no passage.
    """
    random, index = Random(seed), searcher.index
    assert isinstance(index, Index)  # facts are planted beside one
    if not len(index.passage_ids()):
        raise UsageError("the index is empty", remedy="Run `dragoman ingest PATH` first.")
    items = known_items(index, count, random)
    answers: list[tuple[KnownItem, int, int]] = []
    for item in items:
        yield Asking("your documents", len(answers), len(items))
        hits, by_words = _ask(searcher, item.query, mode), _by_words(searcher, item.query)
        answers.append((item, item.rank(hits), item.rank(by_words)))
    known = {kind: _known([answer for answer in answers if answer[0].kind is kind]) for kind in Kind}
    facts, queries = read_facts()
    ranks: dict[FactQuery, dict[str, int]] = {}
    with planted(index, embedder, facts, random) as scratch:
        there = replace(searcher, index=scratch)
        asked = drawn(queries, count, random)
        for query in asked:
            yield Asking("facts in other languages", len(ranks), len(asked))
            hits = _ask(there, query.text, mode, more=len(facts[query.fact]))
            ranks[query] = {target: query.rank(hits, target) for target in query.targets(facts)}
        beside = scratch.summary().passages - sum(map(len, facts))
    yield Selftest(known, _across(ranks), beside)


def _ask(searcher: Searcher, text: str, mode: Mode, more: int = 0) -> list[Hit]:
    return searcher.search(Query(text, limit=FOUND_IN + more, mode=mode, snippets=False))


def _by_words(searcher: Searcher, text: str) -> list[Hit]:
    query = Query(text, limit=FOUND_IN, mode=Mode.LEXICAL, snippets=False)
    return replace(searcher, reranker=None).search(query)


def _known(answers: Sequence[tuple[KnownItem, int, int]]) -> dict[str, Found]:
    """Count the answers about all passages, and about those in each language."""
    found = {}
    for name in ("", *sorted({item.language for item, _, _ in answers})) if answers else ():
        chosen = [(rank, words) for item, rank, words in answers if name in {"", item.language}]
        by_words = estimate([_within(words, FOUND_IN) for _, words in chosen])
        found[name] = replace(_found([[rank] for rank, _ in chosen]), by_words=by_words)
    return found


def _across(ranks: dict[FactQuery, dict[str, int]]) -> dict[tuple[str, str], Found]:
    """Count the answers: all in other languages, those from each and to each, and those of each pair."""
    groups: dict[tuple[str, str], list[list[int]]] = defaultdict(list)
    for query, by_target in ranks.items():
        others = {target: rank for target, rank in by_target.items() if target != query.language}
        groups["", ""].append(list(others.values()))
        groups[query.language, ""].append(list(others.values()))
        for target, rank in by_target.items():
            groups[query.language, target].append([rank])
        for target, rank in others.items():
            groups["", target].append([rank])
    return {pair: _found(found) for pair, found in sorted(groups.items())}


def _found(ranks: Sequence[Sequence[int]]) -> Found:
    """Count the answers to questions; of one that was asked for in several languages the mean counts."""
    return Found(
        len(ranks),
        estimate([_mean([_within(rank, 1) for rank in of_one]) for of_one in ranks]),
        estimate([_mean([_within(rank, FOUND_IN) for rank in of_one]) for of_one in ranks]),
        estimate([_mean([_within(rank, FOUND_IN) / max(rank, 1) for rank in of_one]) for of_one in ranks]),
    )


def _within(rank: int, first: int) -> float:
    return float(0 < rank <= first)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
