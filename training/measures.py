"""The development sets, asked of one encoder: what each query got."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.encoders import Sides
from training.held_out import text_of

CUT = 10
FILES = (
    *("dev_docs.jsonl", "dev_queries.jsonl", "dev_parallel.jsonl", "dev_ntrex.jsonl.gz"),
    *("dev_xquad_docs.jsonl.gz", "dev_xquad_queries.jsonl.gz"),
)
"""The files of a folder of development sets, as `Sets` holds them."""
Row = dict[str, Any]


class Sets(NamedTuple):
    """The rows of the development sets."""

    passages: list[Row]
    queries: list[Row]
    parallel: list[Row]
    news: list[Row]
    paragraphs: list[Row]
    questions: list[Row]

    def texts(self) -> int:
        """Return how many texts `cells` embeds."""
        single = (self.passages, self.queries, self.paragraphs, self.questions)
        translated = (self.parallel, self.news)
        return sum(map(len, single)) + sum(len(row) - 1 for rows in translated for row in rows)


class Cell(NamedTuple):
    """What the queries of one metric got, in one language or pair of languages."""

    metric: str
    group: str
    items: list[str]
    """(Q,): a question and its translations are one item."""
    values: NDArray[np.float64]
    """(Q,) float64, 0 to 1."""
    choices: int
    """Among how many texts each query looked for its own."""


def load_sets(folder: Path) -> Sets:
    """Read the sets from plain or gzip-compressed files."""
    return Sets(*(list(map(json.loads, text_of(folder / name).splitlines())) for name in FILES))


def cells(encoder: Sides, sets: Sets) -> Iterator[Cell]:
    """Yield what every query got, the cells of a metric one after the other."""
    yield from retrieval(encoder, sets.passages, sets.queries)
    yield from translation(encoder, "parallel", sets.parallel, "en")
    yield from translation(encoder, "NTREX", sets.news, "eng")
    yield from reading(encoder, sets.paragraphs, sets.questions)


def ranks(
    queries: NDArray[np.float32], passages: NDArray[np.float32], right: Iterable[int]
) -> NDArray[np.int64]:
    """Return at which place, from 0, each query's passage comes: (Q,) int64.

    `queries` is (Q, D) float32, `passages` (N, D) float32; `right` names the passage of each query.
    """
    scores = queries @ passages.T
    rows = list(right)
    own = scores[np.arange(len(rows)), rows]
    found: NDArray[np.int64] = (scores > own[:, None]).sum(1)
    return found


def gains(places: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return nDCG@10 of queries (Q,) with one right passage each: (Q,) float64."""
    found: NDArray[np.float64] = np.where(places < CUT, 1 / np.log2(places + 2), 0.0)
    return found


def hits(places: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return recall@1 of queries (Q,) with one right passage each: (Q,) float64."""
    return np.equal(places, 0).astype(np.float64)


def retrieval(encoder: Sides, passages: list[Row], queries: list[Row]) -> Iterator[Cell]:
    """Measure hand-written questions among all passages: the same language (English, others) and across."""
    numbers = {row["id"]: at for at, row in enumerate(passages)}
    right = [numbers[row["relevant"][0]] for row in queries]
    vectors = encoder.passages([f"{row['title']}. {row['text']}" for row in passages])
    places = ranks(encoder.queries([row["query"] for row in queries]), vectors, right)
    gathered: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, row in enumerate(queries):
        asked, lang = row["lang"], passages[right[at]]["lang"]
        group = asked if asked == lang else f"{asked}->{lang}"
        gathered[dev_kind(row), group].append(at)
    for name, measure in (("nDCG", gains), ("R@1", hits)):
        for (kind, group), found in sorted(gathered.items()):
            items = [queries[at]["id"] for at in found]
            yield Cell(f"dev {name} {kind}", group, items, measure(places[found]), len(passages))


def dev_kind(row: Row) -> str:
    """Return to which mean a hand-written question belongs."""
    if row["kind"] == "cross":
        return "cross"
    return "same en" if row["lang"] == "en" else "same other"


def translation(encoder: Sides, name: str, rows: list[Row], english: str) -> Iterator[Cell]:
    """Measure recall@1 of each language's sentences among the English ones, and of English among its own."""
    langs = [key for key in rows[0] if key not in ("id", english)]
    items = [row["id"] for row in rows]
    source = encoder.passages([row[english] for row in rows])
    others = {lang: encoder.passages([row[lang] for row in rows]) for lang in langs}
    numbers = range(len(rows))
    for lang, other in others.items():
        yield Cell(f"{name} x->en", lang, items, hits(ranks(other, source, numbers)), len(rows))
    for lang, other in others.items():
        yield Cell(f"{name} en->x", lang, items, hits(ranks(source, other, numbers)), len(rows))


def reading(encoder: Sides, paragraphs: list[Row], questions: list[Row]) -> Iterator[Cell]:
    """Measure XQuAD: recall@1 of questions among the paragraphs of one language, for every pair."""
    langs = sorted({row["lang"] for row in paragraphs})
    texts = {lang: [row for row in paragraphs if row["lang"] == lang] for lang in langs}
    asked = {lang: [row for row in questions if row["lang"] == lang] for lang in langs}
    passages = {lang: encoder.passages([row["text"] for row in texts[lang]]) for lang in langs}
    queries = {lang: encoder.queries([row["query"] for row in asked[lang]]) for lang in langs}
    pairs = [(xquad_kind(first, second), first, second) for first in langs for second in langs]
    for kind, first, second in sorted(pairs):
        numbers = {row["group"]: at for at, row in enumerate(texts[second])}
        right = (numbers[row["relevant_group"]] for row in asked[first])
        items = [row["id"].removesuffix(f".{first}") for row in asked[first]]
        group = first if first == second else f"{first}->{second}"
        found = hits(ranks(queries[first], passages[second], right))
        yield Cell(f"XQuAD {kind}", group, items, found, len(numbers))


def xquad_kind(asked: str, lang: str) -> str:
    """Return to which mean a pair of languages belongs."""
    if asked == lang:
        return "en" if lang == "en" else "same other"
    return f"{'en' if asked == 'en' else 'other'}->{'en' if lang == 'en' else 'other'}"
