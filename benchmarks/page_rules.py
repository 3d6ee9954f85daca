"""What the rules of a page cost: passages of one document held back, copies folded, hits made diverse.

Asked are the questions about the sample documents, re-ranked, and English paragraphs of the Debian
Administrator's Handbook that look for their translation among the passages of its language, not re-ranked.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.encoders import load
from benchmarks.handbook_pages import fetch, page_files, paragraphs
from benchmarks.report import Table, publish, say, surroundings
from benchmarks.samples import PASSAGE_TOKENS, SAMPLES, place_of
from benchmarks.translations import passages_by_page, right_passages
from encoder.checkpoint import BUILTIN
from encoder.interface import TokenEmbedder, Window
from encoder.models.registry import known_models
from encoder.reranker import MaxSimReranker
from index_data.index import Index
from index_data.records import Filters, Fingerprint
from ingest.ingester import Ingester
from ingest.parser import Parser
from ingest.passages import SPLITTER_VERSION
from ingest.pipeline import LocalPipeline
from search.hits import Hit
from search.query import Query
from search.searcher import Searcher

WORK = Path(__file__).parent / "work"
LANGUAGES = ("de-DE", "es-ES", "fr-FR", "zh-CN")
RULES: dict[str, dict[str, Any]] = {
    "all passages (--all)": {"collapse": False},
    "the usual page": {},
    "at most 1 of a document": {"per_document": 1},
    "at most 2 of a document": {"per_document": 2},
    "at most 3 of a document": {"per_document": 3},
    "at most 5 of a document": {"per_document": 5},
    "the usual page, diverse": {"diverse": True},
    "all passages, diverse": {"collapse": False, "diverse": True},
}
"""What each changes of a query."""

REMARK = """\
`file` and `answer` count sample questions of which the first ten hits hold the right document, or a passage
with the words of the answer; `passage` and `page` are the shares of paragraphs of which they hold the right
passage, or a passage of the right page. `documents` is the mean number of documents among the ten. A right
passage that was folded into its copy counts as found."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What ten hits hold."""

    document: bool
    passage: bool
    documents: int


class QuestionsOnly:
    """An embedder that remembers questions and reads no passage: which sentence is shown is not measured."""

    def __init__(self, embedder: TokenEmbedder) -> None:
        self._embedder = embedder
        self._known: dict[str, NDArray[np.float32]] = {}
        self.model, self.fingerprint = embedder.model, embedder.fingerprint
        self.dimension, self.max_window_tokens = embedder.dimension, embedder.max_window_tokens
        self.batch_tokens = embedder.batch_tokens

    def token_spans(self, text: str) -> NDArray[np.int32]:
        """Ask the embedder: int32 (T, 2)."""
        return self._embedder.token_spans(text)

    def embed_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Ask the embedder once for each: float32 (Q, D)."""
        new = [query for query in queries if query not in self._known]
        self._known |= dict(zip(new, self._embedder.embed_queries(new) if new else (), strict=True))
        return np.stack([self._known[query] for query in queries])

    def embed_passages(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        """Give each passage the same vector: float32 (N, D)."""
        return np.ones((sum(len(window.spans) for window in windows), self.dimension), np.float32)


def shown_ids(hits: Sequence[Hit]) -> set[int]:
    """Return the ids of hits and of the copies that they name."""
    return {hit.passage_id for hit in hits} | {copy.stored.passage_id for hit in hits for copy in hit.copies}


def make_index(folder: Path, roots: Sequence[Path], embedder: TokenEmbedder) -> None:
    """Read files in the product's own way."""
    window = known_models()[BUILTIN].usual_window
    made_by = Fingerprint(
        BUILTIN, embedder.fingerprint, embedder.dimension, window, PASSAGE_TOKENS, SPLITTER_VERSION
    )
    with Index.create_or_open(folder, made_by) as index, Parser() as parser:
        for _ in Ingester(index, LocalPipeline(embedder, parser, window, PASSAGE_TOKENS)).ingest(roots):
            pass


def ask_samples(
    folder: Path, embedder: TokenEmbedder, *, reranked: bool
) -> Callable[[dict[str, Any]], list[Asked]]:
    """Return what asks every sample question by a rule."""
    if not folder.exists():
        make_index(folder, [SAMPLES / "documents"], embedder)
    questions_only = QuestionsOnly(embedder)
    lines = (SAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line) for line in lines]

    def ask(rule: dict[str, Any]) -> list[Asked]:
        with Index.open(folder) as index:
            searcher = Searcher(index, questions_only, MaxSimReranker(embedder) if reranked else None)
            found = [searcher.search(replace(Query(one["query"]), **rule)) for one in questions]
        places = [place_of(question, hits) for question, hits in zip(questions, found, strict=True)]
        return [
            Asked(place.file is not None, place.answer is not None, count_documents(hits))
            for place, hits in zip(places, found, strict=True)
        ]

    return ask


def ask_handbook(
    folder: Path, embedder: TokenEmbedder, every: int, count: int
) -> Callable[[dict[str, Any]], list[Asked]]:
    """Return what asks `count` paragraphs a language by a rule."""
    pages, questions_only = fetch(WORK), QuestionsOnly(embedder)
    files = [page for name in LANGUAGES for page in page_files(pages, name, every=every)]
    make_index(folder, files, embedder)
    asked: list[tuple[str, Filters, Path, set[int]]] = []
    with Index.open(folder) as index:
        by_page = passages_by_page(index)
    for name in LANGUAGES:
        filters = Filters(languages=(name.partition("-")[0],))
        located = [
            (one.english, filters, one.page, {stored.passage_id for stored in right})
            for one in paragraphs(pages, name, every=every)
            if (right := right_passages(one, by_page[one.page]))
        ]
        spaced = np.linspace(0, len(located) - 1, min(count, len(located))).round().astype(int)
        asked += [located[place] for place in np.unique(spaced).tolist()]

    def ask(rule: dict[str, Any]) -> list[Asked]:
        with Index.open(folder) as index:
            searcher = Searcher(index, questions_only)
            answers = []
            for text, filters, page, right in asked:
                hits = searcher.search(replace(Query(text, filters=filters), **rule))
                on_page = any(hit.document.path == page for hit in hits)
                answers.append(Asked(on_page, not right.isdisjoint(shown_ids(hits)), count_documents(hits)))
        return answers

    return ask


def count_documents(hits: Sequence[Hit]) -> int:
    """Count the documents of hits."""
    return len({hit.document.path for hit in hits})


def main() -> None:
    """Ask by every rule."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page_rules", description=__doc__)
    parser.add_argument("--every", type=int, default=6, help="take every Nth page [default: 6]")
    parser.add_argument("--samples-index", type=Path, help="an index of the sample documents that is there")
    parser.add_argument("--no-rerank", action="store_true", help="do not re-rank the sample questions")
    parser.add_argument("--paragraphs", type=int, default=60, help="asked a language [default: 60]")
    options = parser.parse_args()
    embedder = load(BUILTIN)
    with TemporaryDirectory() as work:
        say("ingesting")
        sets = {
            "samples": ask_samples(
                options.samples_index or Path(work) / "samples", embedder, reranked=not options.no_rerank
            ),
            "handbook": ask_handbook(Path(work) / "handbook", embedder, options.every, options.paragraphs),
        }
        results: dict[str, dict[str, list[Asked]]] = {}
        for name, rule in RULES.items():
            say(name)
            results[name] = {which: ask(rule) for which, ask in sets.items()}
    rows = []
    for name, found in results.items():
        samples, handbook = found["samples"], found["handbook"]
        rows.append(
            (
                name,
                *(str(sum(one.document for one in samples)), str(sum(one.passage for one in samples))),
                f"{np.mean([one.documents for one in samples]):.1f}",
                *(f"{np.mean([one.passage for one in handbook]):.3f}",),
                f"{np.mean([one.document for one in handbook]):.3f}",
                f"{np.mean([one.documents for one in handbook]):.1f}",
            )
        )
    columns = ("", "file@10", "answer@10", "documents", "passage@10", "page@10", "documents ")
    counts = {which: len(asked) for which, asked in results["the usual page"].items()}
    context = surroundings() | {
        "encoder": embedder.fingerprint,
        "every": options.every,
        "re-ranked": not options.no_rerank,
        "questions": counts,
    }
    data = {row[0]: dict(zip(columns[1:], row[1:], strict=True)) for row in rows}
    table = Table(f"Ten hits: {counts['samples']} sample questions, then the handbook", columns, tuple(rows))
    publish("page_rules", context, data, [table], REMARK)


if __name__ == "__main__":
    main()
