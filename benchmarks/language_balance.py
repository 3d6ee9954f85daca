"""Do passages in the question's language come first whatever they say, and what changes that.

Pools of passages in many languages, searched without re-ranking. XQuAD's pool has each paragraph in twelve
languages, so that nothing but the encoder and the words prefers one of them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import xquad
from benchmarks.dev_questions import read_questions
from benchmarks.encoders import load
from benchmarks.metrics import ndcgs, recalls
from benchmarks.ranking import DEPTH, NONE, Entry, Pool, pool, relevance
from benchmarks.report import Table, publish, say, surroundings
from encoder.checkpoint import BUILTIN
from encoder.interface import Embedder, Window
from search.query import Mode, Query
from search.searcher import Searcher

FOUND = 30
"""Hits that are asked for."""
WAYS = {
    "dense": Query("", FOUND, Mode.DENSE),
    "dense, balanced": Query("", FOUND, Mode.DENSE, balance_languages=True),
    "hybrid": Query("", FOUND),
    "hybrid, balanced": Query("", FOUND, balance_languages=True),
    "hybrid, one preferred": Query("", FOUND, preferred_languages=("drawn",)),
}

REMARK = """\
`recall@10` is that of the right paragraph in any of its languages, ten of twelve at most. `preference` is
the share of the first ten hits that are in the question's language less the share of the pool that is
(language preference rate, MLAIRE, arXiv 2605.07249). `elsewhere@1` asks for the best passage in another
language than the question's. One preferred: a language drawn for each question, not its own; `drawn` is
the share of the first ten hits in it. `ms` is what one search for thirty hits takes of the processor, its
question embedded before."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions to a pool; letters in shapes: Q questions, N passages."""

    passages: tuple[Entry, ...]
    questions: tuple[str, ...]
    languages: NDArray[np.str_]
    """Of the questions: (Q,)."""
    relevant: NDArray[np.bool_]
    """(Q, N)."""


@dataclass(frozen=True, slots=True)
class Balance:
    """How the questions to one pool are answered in one way; means over the questions."""

    recall_at_1: float
    recall_at_10: float
    ndcg_at_10: float
    preference: float
    """Of the question's language, -1 to 1."""
    elsewhere_at_1: float
    drawn: float
    """Share of the hits in the language drawn for each question."""
    milliseconds: float
    """Of the processor, for one question and its hits, without embedding it."""


def read(folder: Path, *, every: int) -> dict[str, Asked]:
    """Read the pools, of the questions about XQuAD only each `every`th."""
    wiki, dev = xquad.read(folder, every=every), read_questions(folder)
    crossing = Asked(
        dev.passages,
        tuple(np.array(dev.texts)[dev.crossing].tolist()),
        dev.languages[dev.crossing],
        dev.relevant[dev.crossing],
    )
    same = Asked(
        dev.passages,
        tuple(np.array(dev.texts)[~dev.crossing].tolist()),
        dev.languages[~dev.crossing],
        dev.relevant[~dev.crossing],
    )
    english = wiki.question_languages == "en"
    parts = {
        name: Asked(
            wiki.paragraphs,
            tuple(np.array(wiki.questions)[chosen].tolist()),
            wiki.question_languages[chosen],
            wiki.relevant[chosen],
        )
        for name, chosen in (("XQuAD, from en", english), ("XQuAD, from other", ~english))
    }
    return parts | {"dev, cross-language": crossing, "dev, same language": same}


class KnownVectors:
    """An `encoder.interface.Embedder` of questions embedded before, so that only the search is timed."""

    max_window_tokens = batch_tokens = 512

    def __init__(self, made_by: Embedder, questions: Sequence[str]) -> None:
        """Embed `questions`."""
        self.model, self.fingerprint, self.dimension = made_by.model, made_by.fingerprint, made_by.dimension
        self._vectors = dict(zip(questions, made_by.embed_queries(questions), strict=True))

    def token_spans(self, _text: str) -> NDArray[np.int32]:
        """Know no tokens: int32 (0, 2)."""
        return np.zeros((0, 2), np.int32)

    def embed_passages(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        """Make no difference between passages, on which only evidence depends: zeros, float32 (N, D)."""
        return np.zeros((sum(len(window.spans) for window in windows), self.dimension), np.float32)

    def embed_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Look up the vectors of questions: float32 (Q, D)."""
        return np.stack([self._vectors[query] for query in queries])


def rankings(
    passages: Pool, asked: Asked, searcher: Searcher, way: Query, drawn: Sequence[str]
) -> tuple[NDArray[np.int64], float]:
    """Answer every question in one way: int64 (Q, found), columns, and seconds a question."""
    columns = {passage_id: column for column, passage_id in enumerate(passages.passage_ids.tolist())}
    ranked = np.full((len(drawn), way.limit), NONE, np.int64)
    started = time.process_time()
    for row, question in enumerate(asked.questions):
        wanted = (drawn[row],) if way.preferred_languages else ()
        hits = searcher.search(replace(way, text=question, preferred_languages=wanted))
        ranked[row, : len(hits)] = [columns[hit.passage_id] for hit in hits]
    return ranked, (time.process_time() - started) / len(drawn)


def judge(asked: Asked, ranked: NDArray[np.int64], drawn: NDArray[np.str_], seconds: float) -> Balance:
    """Hold rankings, int64 (Q, K), against what is right."""
    spoken = np.array([passage.language for passage in asked.passages])
    own = spoken[None, :] == asked.languages[:, None]
    hits, totals = relevance(ranked[:, :DEPTH], asked.relevant), asked.relevant.sum(axis=1)
    share = own.mean(axis=1)
    elsewhere = [
        bool(asked.relevant[row, column])
        for row, columns in enumerate(ranked)
        for column in [next((c for c in columns if c != NONE and not own[row, c]), NONE)]
        if (asked.relevant[row] & ~own[row]).any()
    ]
    return Balance(
        float(recalls(hits, totals, 1).mean()),
        float(recalls(hits, totals, DEPTH).mean()),
        float(ndcgs(hits, totals, DEPTH).mean()),
        float((relevance(ranked[:, :DEPTH], own).mean(axis=1) - share).mean()),
        float(np.mean(elsewhere)) if elsewhere else float("nan"),
        float(relevance(ranked[:, :DEPTH], spoken[None, :] == drawn[:, None]).mean()),
        1000 * seconds,
    )


def measure(pools: Mapping[str, Asked], *, seed: int) -> dict[str, dict[str, Balance]]:
    """Ask every pool in every way; by pool, then by way."""
    embedder = load(BUILTIN)
    stored: dict[tuple[Entry, ...], NDArray[np.float32]] = {}
    results: dict[str, dict[str, Balance]] = {}
    for name, asked in pools.items():
        say(f"{name}: embedding")
        if asked.passages not in stored:
            windows = [Window(entry.text, ((0, len(entry.text)),)) for entry in asked.passages]
            stored[asked.passages] = embedder.embed_passages(windows)
        known = KnownVectors(embedder, asked.questions)
        drawn = draw(asked, np.random.default_rng(seed))
        with pool(asked.passages, stored[asked.passages], embedder.fingerprint) as passages:
            results[name] = {}
            searcher = Searcher(passages.index, known)
            for way, query in WAYS.items():
                say(f"{name}: {way}")
                ranked, seconds = rankings(passages, asked, searcher, query, drawn.tolist())
                results[name][way] = judge(asked, ranked, drawn, seconds)
    return results


def draw(asked: Asked, chance: np.random.Generator) -> NDArray[np.str_]:
    """Draw for each question a language of the pool that is not its own: (Q,)."""
    languages = sorted({passage.language for passage in asked.passages})
    return np.array(
        [chance.choice([code for code in languages if code != own]) for own in asked.languages.tolist()]
    )


def tables(results: Mapping[str, Mapping[str, Balance]]) -> list[Table]:
    """Lay out one table a pool, one row a way."""
    columns = ("", "recall@1", "recall@10", "nDCG@10", "preference", "elsewhere@1", "drawn", "ms")
    return [
        Table(
            name,
            columns,
            tuple(
                (way, *(f"{value:.3f}" for value in asdict(found).values())) for way, found in ways.items()
            ),
        )
        for name, ways in results.items()
    ]


def main() -> None:
    """Measure the built-in encoder."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.language_balance", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of the dev_* sets")
    parser.add_argument(
        "--every", type=int, default=4, metavar="N", help="take only every Nth XQuAD question"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the languages that are drawn")
    options = parser.parse_args()
    context = surroundings() | {"encoder": BUILTIN, "every": options.every, "seed": options.seed}
    results = measure(read(options.data, every=options.every), seed=options.seed)
    data = {name: {way: asdict(found) for way, found in ways.items()} for name, ways in results.items()}
    publish("language_balance", context, data, tables(results), REMARK)


if __name__ == "__main__":
    main()
