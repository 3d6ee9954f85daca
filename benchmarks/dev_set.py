"""The hand-written development set: paraphrased questions, translated sentences, words, and nonsense."""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.encoders import Contestant, add_options, contestants
from benchmarks.measuring_sets import read_rows
from benchmarks.metrics import separation
from benchmarks.quality import Quality, judge
from benchmarks.ranking import Entry, pool
from benchmarks.report import Table, publish, say, surroundings
from search.query import Mode

GROUPS = ("same language, en", "same language, other", "cross-language")
PIVOTS = {"dev_parallel": "en", "dev_ntrex": "eng"}
"""Sets of translated sentences, each with its name for English."""

REMARK = """\
Questions: among all passages of the set, whatever their language. Sentences: the translation among all
sentences of its language, the mean over languages. Nonsense: the best cosine that each query reaches;
`separation` is the chance that a real question's is above a nonsensical one's. Words: one full-text query a
row; rows that the set calls hard may fail."""


@dataclass(frozen=True, slots=True)
class Questions:
    """Passages, what is asked of them, and what nobody could answer."""

    passages: tuple[Entry, ...]
    """N."""
    texts: tuple[str, ...]
    """Q."""
    groups: NDArray[np.str_]
    """(Q,), of `GROUPS`."""
    relevant: NDArray[np.bool_]
    """(Q, N)."""
    nonsense: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Nonsense:
    """Best cosines of questions that have an answer, and of those that have none."""

    real_median: float
    nonsense_median: float
    separation: float
    """0.5 is chance, 1 is perfect."""


@dataclass(frozen=True, slots=True)
class Result:
    """One encoder's answers."""

    questions: dict[Mode, dict[str, Quality]]
    """By channel, then by group."""
    sentences: dict[str, dict[str, dict[str, float]]]
    """recall@1 by set, then by direction, then by language."""
    nonsense: Nonsense


def read_questions(folder: Path) -> Questions:
    """Read passages, queries and nonsense."""
    passages = read_rows(folder, "dev_docs")
    queries = read_rows(folder, "dev_queries")
    return Questions(
        tuple(Entry(row["id"], row["lang"], f"{row['title']}\n\n{row['text']}") for row in passages),
        tuple(row["query"] for row in queries),
        np.array([_group(row) for row in queries]),
        np.array([[passage["id"] in row["relevant"] for passage in passages] for row in queries]),
        tuple(row["query"] for row in read_rows(folder, "dev_nonsense")),
    )


def _group(row: dict[str, Any]) -> str:
    if row["kind"] == "cross":
        return GROUPS[2]
    return GROUPS[0] if row["lang"] == "en" else GROUPS[1]


def measure(questions: Questions, folder: Path, contestant: Contestant) -> Result:
    """Measure one encoder on all that it is asked."""
    say(f"{contestant.name}: questions")
    vectors = contestant.embed_passages([passage.text for passage in questions.passages])
    query_vectors = contestant.embed_queries(questions.texts)
    with pool(questions.passages, vectors, contestant.digest) as passages:
        scores = passages.scores(questions.texts, query_vectors)
    everything = np.arange(len(vectors))
    answers = {}
    for mode in Mode:
        judgement = judge(scores, mode, everything, questions.relevant)
        answers[mode] = {group: judgement.mean(questions.groups == group) for group in GROUPS}
    sentences = {}
    for name, pivot in PIVOTS.items():
        say(f"{contestant.name}: {name}")
        sentences[name] = translations(read_rows(folder, name), pivot, contestant)
    nonsense = contestant.embed_queries(questions.nonsense) @ vectors.T
    return Result(answers, sentences, best_cosines(scores.dense, nonsense))


def translations(
    rows: list[dict[str, Any]], pivot: str, contestant: Contestant
) -> dict[str, dict[str, float]]:
    """Return recall@1 of translations by direction and language; both sides are embedded as queries."""
    languages = [language for language in rows[0] if language not in {"id", pivot}]
    english = contestant.embed_queries([row[pivot] for row in rows])
    right = np.arange(len(rows))
    found: dict[str, dict[str, float]] = {"to en": {}, "from en": {}}
    for language in languages:
        cosines = contestant.embed_queries([row[language] for row in rows]) @ english.T
        found["to en"][language] = float((cosines.argmax(axis=1) == right).mean())
        found["from en"][language] = float((cosines.argmax(axis=0) == right).mean())
    return found


def best_cosines(real: NDArray[np.float32], nonsense: NDArray[np.float32]) -> Nonsense:
    """Compare the best cosine of each real and each nonsensical query; both are (Q, N)."""
    best_real, best_nonsense = real.max(axis=1), nonsense.max(axis=1)
    return Nonsense(
        float(np.median(best_real)), float(np.median(best_nonsense)), separation(best_nonsense, best_real)
    )


def lexical_passes(folder: Path) -> dict[str, int]:
    """Count the rows whose query matches, or does not match, as it should; rows called hard may fail."""
    rows = read_rows(folder, "dev_lexical")
    entries = [Entry(row["id"], row["lang"], row["doc"]) for row in rows]
    one_for_all = np.ones((len(rows), 1), dtype=np.float32)
    with pool(entries, one_for_all, "none") as passages:
        lexical = passages.scores([row["query"] for row in rows], one_for_all).lexical
    matched = np.isfinite(lexical.diagonal())
    failed = [row for row, match in zip(rows, matched, strict=True) if match != row["should_match"]]
    hard = sum(row["why"].startswith("hard:") for row in failed)
    return {
        "rows": len(rows),
        "passed": len(rows) - len(failed),
        "failed": len(failed) - hard,
        "failed_hard": hard,
    }


def tables(results: dict[str, Result], lexical: dict[str, int]) -> list[Table]:
    """Lay out questions, sentences, nonsense and words."""
    questions = [
        (f"{name}, {mode}", *map(str, groups.values()))
        for name, result in results.items()
        for mode, groups in result.questions.items()
    ]
    directions = [(name, direction) for name in PIVOTS for direction in ("to en", "from en")]
    sentences = [
        (name, *(f"{_mean(result.sentences[part][direction]):.3f}" for part, direction in directions))
        for name, result in results.items()
    ]
    nonsense = [
        (name, *(f"{value:.3f}" for value in asdict(result.nonsense).values()))
        for name, result in results.items()
    ]
    return [
        Table("Questions, recall@1 / nDCG@10", ("", *GROUPS), tuple(questions)),
        Table("Sentences, recall@1", ("", *map(", ".join, directions)), tuple(sentences)),
        Table("Nonsense", ("", "median, real", "median, nonsense", "separation"), tuple(nonsense)),
        Table("Words", tuple(lexical), (tuple(map(str, lexical.values())),)),
    ]


def _mean(by_language: dict[str, float]) -> float:
    return sum(by_language.values()) / len(by_language)


def main() -> None:
    """Measure the encoders that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dev_set", description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="folder of the dev_*.jsonl files"
    )
    add_options(parser)
    options = parser.parse_args()
    context = surroundings() | {"encoders": {}}
    questions = read_questions(options.data)
    lexical = lexical_passes(options.data)
    results = {}
    for contestant in contestants(options):
        context["encoders"][contestant.name] = contestant.digest
        results[contestant.name] = measure(questions, options.data, contestant)
    data = {"lexical": lexical, **{name: asdict(result) for name, result in results.items()}}
    publish("dev_set", context, data, tables(results, lexical), REMARK)


if __name__ == "__main__":
    main()
