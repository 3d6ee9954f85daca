"""Queries and judgements in the layout of BEIR (Thakur et al. 2021, arXiv 2104.08663)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from index_data.errors import UsageError
from search.evaluation.rows import find_rows, json_rows, named, text_lines

LAYOUT = (
    "DIR has to hold queries.jsonl, qrels/*.tsv, and corpus.jsonl or a folder named corpus; "
    "docs/evaluation.md shows one."
)
UNKNOWN = "und"
"""The language of what names none."""
_FIRST_SPLIT = "test"


@dataclass(frozen=True, slots=True)
class JudgedQuery:
    """A query, and what was judged of documents."""

    query_id: str
    text: str
    language: str
    grades: dict[str, int]
    """By the id of a document; above 0 is relevant."""
    place: str
    """Of its first judgement, for people."""


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """What can be measured."""

    folder: Path
    split: str
    queries: tuple[JudgedQuery, ...]
    """Those of which a document is relevant."""
    unjudged: int
    """Queries of which nothing was judged; they are not asked."""
    without_relevant: int
    """Queries of which nothing is relevant; they are not asked."""

    def known_as(self, names: dict[str, str]) -> JudgedSet:
        """Call each judged document by what `names` says.

        Raises:
            UsageError: a judged document is not in `names`.
        """
        unknown = [
            (query, document_id)
            for query in self.queries
            for document_id in query.grades
            if document_id not in names
        ]
        if unknown:
            query, document_id = unknown[0]
            more = f", and {len(unknown) - 1:,} more like it" if len(unknown) > 1 else ""
            raise UsageError(
                f"{query.place}: query {query.query_id} is judged with {document_id!r}, "
                f"which is no document of the corpus{more}",
                remedy="Add the documents, or take these lines out.",
            )
        renamed = [
            replace(query, grades={names[document_id]: grade for document_id, grade in query.grades.items()})
            for query in self.queries
        ]
        return replace(self, queries=tuple(renamed))


def read_judged_set(folder: Path, split: str | None = None) -> JudgedSet:
    """Read the queries of `folder` and one split of their judgements: `test`, if no other is named.

    Raises:
        UsageError: a file is missing, a line is something else, an id comes twice, or judgements name a query
            that is not there.
    """
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", remedy=LAYOUT)
    file = find_rows(folder, "queries")
    if file is None:
        raise UsageError(f"{folder} has no queries.jsonl", remedy=LAYOUT)
    asked = _read_queries(file)
    qrels = _choose(sorted((folder / "qrels").glob("*.tsv")), folder, split)
    grades, places = _read_grades(qrels, asked)
    judged = [
        JudgedQuery(query_id, text, language, grades[query_id], places[query_id])
        for query_id, (text, language) in asked.items()
        if query_id in grades
    ]
    relevant = tuple(query for query in judged if any(grade > 0 for grade in query.grades.values()))
    if not relevant:
        raise UsageError(f"{qrels} judges nothing as relevant", remedy="A score above 0 means relevant.")
    return JudgedSet(folder, qrels.stem, relevant, len(asked) - len(judged), len(judged) - len(relevant))


def _read_queries(file: Path) -> dict[str, tuple[str, str]]:
    """Return text and language of each query.

    Raises:
        UsageError: a line is something else, or an id comes twice.
    """
    asked: dict[str, tuple[str, str]] = {}
    for number, row in json_rows(file):
        place = f"{file}, line {number}"
        query_id = named(row, ("_id", "id", "query_id"), place)
        if query_id in asked:
            raise UsageError(f"{place}: the id {query_id!r} comes twice", remedy="Give each its own id.")
        text = named(row, ("text", "query"), place)
        asked[query_id] = text, language_in(row)
    return asked


def language_in(row: dict[str, object]) -> str:
    """Return the language that a row names."""
    value = next((row[name] for name in ("lang", "language") if row.get(name)), UNKNOWN)
    return str(value)


def _choose(files: Iterable[Path], folder: Path, split: str | None) -> Path:
    by_split = {file.stem: file for file in files}
    if not by_split:
        raise UsageError(f"{folder} has no qrels/*.tsv", remedy=LAYOUT)
    usual = next(iter(by_split)) if len(by_split) == 1 else _FIRST_SPLIT
    wanted = split or usual
    if wanted not in by_split:
        raise UsageError(
            f"{folder} has no qrels/{wanted}.tsv",
            remedy="Name one of these with --split: " + ", ".join(by_split),
        )
    return by_split[wanted]


def _read_grades(
    qrels: Path, asked: dict[str, tuple[str, str]]
) -> tuple[dict[str, dict[str, int]], dict[str, str]]:
    """Read lines of three fields, or TREC's of four, under a heading or none.

    Raises:
        UsageError: a line is something else, or names a query that is not there.
    """
    grades: dict[str, dict[str, int]] = {}
    places: dict[str, str] = {}
    for number, line in text_lines(qrels):
        fields = [field.strip() for field in (line.split("\t") if "\t" in line else line.split())]
        query_id, document_id, score = fields[0], fields[-2] if len(fields) in {3, 4} else "", fields[-1]
        if number == 1 and not _is_grade(score):
            continue
        place = f"{qrels}, line {number}"
        if not document_id or not _is_grade(score):
            raise UsageError(
                f"{place}: it is no judgement", remedy="A line is: query id, tab, document id, tab, score."
            )
        if query_id not in asked:
            raise UsageError(
                f"{place}: there is no query {query_id!r}", remedy="Add the query, or take the line out."
            )
        known = grades.setdefault(query_id, {})
        if known.setdefault(document_id, int(score)) != int(score):
            raise UsageError(
                f"{place}: {document_id!r} was judged otherwise before", remedy="Keep one of the two lines."
            )
        places.setdefault(query_id, place)
    return grades, places


def _is_grade(text: str) -> bool:
    return text.removeprefix("-").isdecimal() and text.isascii()
