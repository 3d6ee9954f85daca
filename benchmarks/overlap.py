"""What context is worth to a passage: read alone, with its window, or with a window that overlaps others.

The paragraphs that XQuAD takes from one article are glued into one document, five a document, and cut as an
ingest cuts them. Each question is asked of the passages of its own language, and each English question of
those of every other language. A passage is right if it shares half of itself, or half of the paragraph,
with the question's paragraph.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.encoders import load
from benchmarks.measuring_sets import read_rows
from benchmarks.metered_embedder import MeteredEmbedder
from benchmarks.metrics import ndcgs, recalls
from benchmarks.ranking import DEPTH
from benchmarks.report import Table, publish, say, surroundings
from encoder.checkpoint import BUILTIN
from encoder.interface import Embedder
from ingest.passages import cut
from ingest.readers.parsed_document import ParsedDocument

PASSAGE_TOKENS = (256, 128)
OVERLAPS = (0, 32, 64, 128)
GLUE = "\n\n"

REMARK = """\
Letters of a cell: recall@1 / recall@10 / nDCG@10 of dense search. `alone` reads each passage without its
window; `overlap N` with N tokens of each neighbouring window. `gain` is nDCG@10 less that of overlap 0, both
directions together, with two standard errors of the difference over questions. `tokens` is what the encoder
reads against overlap 0; seconds are those inside the encoder."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way of reading."""

    passage_tokens: int
    overlap_tokens: int
    alone: bool = False
    """Each passage without the window around it."""

    def __str__(self) -> str:
        return f"{self.passage_tokens}, {'alone' if self.alone else f'overlap {self.overlap_tokens}'}"


@dataclass(frozen=True, slots=True)
class Article:
    """Paragraphs glued together."""

    text: str
    groups: tuple[str, ...]
    """Names of its paragraphs, in order."""
    places: NDArray[np.int64]
    """(paragraphs, 2): start and end of each, in characters."""


@dataclass(frozen=True, slots=True)
class Questions:
    """Q questions in one language."""

    groups: tuple[str, ...]
    """The paragraph of each."""
    vectors: NDArray[np.float32]
    """(Q, D)."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Of each of Q questions, float64 (Q,) each."""

    recall_at_1: NDArray[np.float64]
    recall_at_10: NDArray[np.float64]
    ndcg_at_10: NDArray[np.float64]

    def means(self) -> tuple[float, ...]:
        """Average each."""
        return tuple(round(float(part.mean()), 4) for part in self.columns())

    def columns(self) -> tuple[NDArray[np.float64], ...]:
        """All three, float64 (Q,) each."""
        return self.recall_at_1, self.recall_at_10, self.ndcg_at_10


@dataclass(frozen=True, slots=True)
class Result:
    """One way of reading, measured."""

    tokens: int
    seconds: float
    same_language: Measures
    from_english: Measures


def articles(rows: Sequence[dict[str, Any]]) -> Iterator[Article]:
    """Glue the paragraphs of each article; a group is named `article-paragraph`, and they are in order."""
    for _, held in groupby(rows, key=lambda row: row["group"].partition("-")[0]):
        paragraphs = list(held)
        lengths = [len(row["text"]) for row in paragraphs]
        starts = np.cumsum([0, *(length + len(GLUE) for length in lengths[:-1])])
        places = np.stack([starts, starts + lengths], axis=1)
        yield Article(
            GLUE.join(row["text"] for row in paragraphs), tuple(row["group"] for row in paragraphs), places
        )


def read(
    language: Sequence[Article], embedder: Embedder, way: Way, window_tokens: int
) -> tuple[NDArray[np.float32], dict[str, NDArray[np.bool_]], int]:
    """Cut and embed: vectors (N, D), the right passages of each paragraph, bool (N,), and tokens read."""
    windows, right, tokens = [], [], 0
    for article in language:
        planned = cut(
            ParsedDocument(article.text, "txt"),
            embedder.token_spans(article.text),
            window_tokens=window_tokens,
            passage_tokens=way.passage_tokens,
            overlap_tokens=way.overlap_tokens,
        )
        windows += [window.window for window in planned]
        tokens += sum(window.tokens for window in planned)
        spans = [(passage.start, passage.end) for window in planned for passage in window.passages]
        right.append(_mostly_inside(np.array(spans), article.places))
    counts = np.cumsum([0, *map(len, right)])
    by_group = {}
    for article, start, inside in zip(language, counts, right, strict=False):
        for number, group in enumerate(article.groups):
            by_group[group] = np.zeros(counts[-1], dtype=np.bool_)
            by_group[group][start : start + len(inside)] = inside[:, number]
    return embedder.embed_passages(windows), by_group, tokens


def _mostly_inside(spans: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether a passage and a paragraph share half of one of them: bool (N, paragraphs)."""
    shared = np.minimum(spans[:, None, 1], places[:, 1]) - np.maximum(spans[:, None, 0], places[:, 0])
    shorter = np.minimum(np.diff(spans), np.diff(places).T)
    inside: NDArray[np.bool_] = 2 * shared >= shorter
    return inside


def ask(questions: Questions, passages: NDArray[np.float32], right: dict[str, NDArray[np.bool_]]) -> Measures:
    """Rank the passages, float32 (N, D), for each question."""
    order = np.argsort(-(questions.vectors @ passages.T), axis=1, kind="stable")[:, :DEPTH]  # (Q, K)
    relevant = np.stack([right[group] for group in questions.groups])  # (Q, N)
    hits, totals = np.take_along_axis(relevant, order, axis=1), relevant.sum(axis=1)
    return Measures(recalls(hits, totals, 1), recalls(hits, totals, DEPTH), ndcgs(hits, totals, DEPTH))


def measure(
    corpus: dict[str, list[Article]],
    questions: dict[str, Questions],
    embedder: Embedder,
    way: Way,
    window_tokens: int,
) -> Result:
    """Read all languages in one way and ask everything."""
    say(str(way))
    metered = MeteredEmbedder(embedder, naive=way.alone)
    tokens = 0
    same, crossing = [], []
    for name, language in corpus.items():
        passages, right, read_tokens = read(language, metered, way, window_tokens)
        tokens += read_tokens
        same.append(ask(questions[name], passages, right))
        if name != "en":
            crossing.append(ask(questions["en"], passages, right))
    return Result(tokens, metered.seconds, _joined(same), _joined(crossing))


def _joined(parts: list[Measures]) -> Measures:
    columns = zip(*(part.columns() for part in parts), strict=True)
    return Measures(*(np.concatenate(column) for column in columns))


def table(results: dict[Way, Result]) -> Table:
    """Lay out one row a way."""
    rows = []
    for way, result in results.items():
        plain = results[Way(way.passage_tokens, 0)]
        gains = _ndcgs(result) - _ndcgs(plain)
        cells = (
            " / ".join(f"{mean:.3f}" for mean in part.means())
            for part in (result.same_language, result.from_english)
        )
        error = 2 * gains.std() / len(gains) ** 0.5
        rows.append(
            (
                str(way),
                *cells,
                f"{gains.mean():+.4f} ± {error:.4f}",
                f"{result.tokens / plain.tokens:.2f}",
                f"{result.seconds:.0f}",
            )
        )
    columns = ("passage tokens", "same language", "English to others", "gain", "tokens", "seconds")
    return Table("Questions about glued articles", columns, tuple(rows))


def _ndcgs(result: Result) -> NDArray[np.float64]:
    return np.concatenate([result.same_language.ndcg_at_10, result.from_english.ndcg_at_10])


def main() -> None:
    """Measure each way of reading."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overlap", description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="folder of dev_xquad_*.jsonl.gz"
    )
    parser.add_argument(
        "--languages", nargs="+", default=["en", "de", "ru", "zh"], metavar="LANG", help="English and others"
    )
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take only every Nth question")
    parser.add_argument("--window-tokens", type=int, default=512, metavar="N")
    parser.add_argument("--encoder", default=BUILTIN, metavar="NAME", help="a known name, or a folder")
    parser.add_argument("--name", default="overlap", help="of the result files")
    options = parser.parse_args()
    embedder = load(options.encoder)
    window_tokens = min(options.window_tokens, embedder.max_window_tokens)
    paragraphs = read_rows(options.data, "dev_xquad_docs")
    asked = read_rows(options.data, "dev_xquad_queries")
    corpus, questions = {}, {}
    for name in options.languages:
        corpus[name] = list(articles([row for row in paragraphs if row["lang"] == name]))
        rows = [row for row in asked if row["lang"] == name][:: options.every]
        vectors = embedder.embed_queries([row["query"] for row in rows])
        questions[name] = Questions(tuple(row["relevant_group"] for row in rows), vectors)
    ways = [
        way
        for passage_tokens in PASSAGE_TOKENS
        for way in (
            Way(passage_tokens, 0, alone=True),
            *(Way(passage_tokens, overlap) for overlap in OVERLAPS),
        )
    ]
    results = {way: measure(corpus, questions, embedder, way, window_tokens) for way in ways}
    context = surroundings() | {
        "settings": {"languages": options.languages, "every": options.every, "window_tokens": window_tokens},
        "encoders": {Path(options.encoder).name: embedder.fingerprint},
    }
    data = [
        asdict(way)
        | {
            "tokens": result.tokens,
            "seconds": round(result.seconds, 1),
            "same_language": result.same_language.means(),
            "from_english": result.from_english.means(),
        }
        for way, result in results.items()
    ]
    publish(options.name, context, {"ways": data}, [table(results)], REMARK)


if __name__ == "__main__":
    main()
