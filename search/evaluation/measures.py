"""What rankings are worth, by ir_measures, which asks trec_eval (MacAvaney et al. 2022, arXiv 2111.13466).

Letters in shapes: Q queries, M measures.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import ir_measures
import numpy as np
from ir_measures import RR, R, nDCG
from numpy.typing import NDArray

from search.evaluation.intervals import Estimate, bootstrap
from search.evaluation.judged_set import UNKNOWN, JudgedQuery
from search.evaluation.runs import Ranking

Value = TypeVar("Value", int, float)

MEASURES = {
    "nDCG@10": nDCG @ 10,
    "recall@1": R @ 1,
    "recall@10": R @ 10,
    "recall@100": R @ 100,
    "MRR@10": RR @ 10,
}


@dataclass(frozen=True, slots=True)
class Group:
    """Queries that are counted together."""

    query_language: str | None
    """None for all."""
    document_language: str | None
    """None for all."""
    queries: int
    estimates: dict[str, Estimate]
    """By the name of a measure."""


def groups(
    queries: Sequence[JudgedQuery], rankings: Mapping[str, Ranking], languages: Mapping[str, str]
) -> list[Group]:
    """Measure all queries, those of each language, and those of each pair of languages.

    A pair counts the relevant documents in one language. Those in others are right too, so they are taken
    out of the rankings; documents that are not relevant stay, in whatever language they are.
    """
    values = per_query(queries, rankings)
    found = [_group(None, None, values)]
    by_language = _places(queries, lambda query: query.language)
    if set(by_language) == {UNKNOWN}:
        return found
    found += [_group(name, None, values[by_language[name]]) for name in sorted(by_language)]
    targets = {
        languages[document_id]
        for query in queries
        for document_id, grade in query.grades.items()
        if grade > 0 and document_id in languages
    }
    for target in sorted(targets):
        pairs, left = _only(queries, rankings, languages, target)
        values = per_query(pairs, left)
        by_language = _places(pairs, lambda query: query.language)
        found += [_group(name, target, values[by_language[name]]) for name in sorted(by_language)]
    return found


def per_query(queries: Sequence[JudgedQuery], rankings: Mapping[str, Ranking]) -> NDArray[np.float64]:
    """Measure each query by each of `MEASURES`, 0 where nothing was found: float64 (Q, M)."""
    # Numbers stand for names: trec_eval is C, where a name that is not UTF-8 ends the process.
    numbers: dict[str, str] = {}
    row = {query.query_id: place for place, query in enumerate(queries)}
    qrels = {str(row[query.query_id]): _numbered(query.grades, numbers) for query in queries}
    column = {measure: place for place, measure in enumerate(MEASURES.values())}
    values = np.zeros((len(row), len(column)))
    run = {
        str(place): _numbered(rankings[query_id], numbers)
        for query_id, place in row.items()
        if rankings.get(query_id)
    }
    for found in ir_measures.iter_calc(list(column), qrels, run):
        values[int(found.query_id), column[found.measure]] = found.value
    return values


def _numbered(values: Mapping[str, Value], numbers: dict[str, str]) -> dict[str, Value]:
    return {numbers.setdefault(name, str(len(numbers))): value for name, value in values.items()}


def _group(query_language: str | None, document_language: str | None, values: NDArray[np.float64]) -> Group:
    estimates = dict(zip(MEASURES, bootstrap(values), strict=True))
    return Group(query_language, document_language, len(values), estimates)


def _only(
    queries: Sequence[JudgedQuery],
    rankings: Mapping[str, Ranking],
    languages: Mapping[str, str],
    target: str,
) -> tuple[list[JudgedQuery], dict[str, Ranking]]:
    """Leave of the relevant documents those in one language."""
    kept: list[JudgedQuery] = []
    left: dict[str, Ranking] = {}
    for query in queries:
        others = {name for name, grade in query.grades.items() if grade > 0 and languages.get(name) != target}
        grades = {name: grade for name, grade in query.grades.items() if name not in others}
        if any(grade > 0 for grade in grades.values()):
            kept.append(replace(query, grades=grades))
            ranking = rankings.get(query.query_id, {})
            left[query.query_id] = {name: score for name, score in ranking.items() if name not in others}
    return kept, left


def _places(queries: Sequence[JudgedQuery], key: Callable[[JudgedQuery], str]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = defaultdict(list)
    for place, query in enumerate(queries):
        places[key(query)].append(place)
    return places
