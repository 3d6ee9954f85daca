"""The hand-written development set: paraphrased questions, translated sentences, words, and nonsense."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import aims, sentences
from benchmarks.aims import Aim, worst
from benchmarks.dev_questions import CROSS, ENGLISH, SAME, Answers, Questions, average, read_questions
from benchmarks.encoders import MINILM, Contestant, add_options, contestants
from benchmarks.measuring_sets import read_rows
from benchmarks.metrics import separation
from benchmarks.quality import BM25, MEASURED, judge
from benchmarks.ranking import Entry, Scores, by_words, with_meaning
from benchmarks.report import Table, publish, say, surroundings
from search.query import Mode

PIVOTS = {"dev_parallel": "en", "dev_ntrex": "eng"}
"""Sets of translated sentences, each with its name for English."""

REMARK = """\
Questions: recall@1 / recall@10 / nDCG@10 among all passages of the set, whatever their language; BM25 is the
ranking by words alone. By language, which across languages is that of the question: each encoder alone.
Sentences: recall@1 of the translation among all sentences of its language, to English / from English.
Nonsense: the best cosine that each query reaches; `separation` is the chance that a real question's is above
a nonsensical one's. Words: one full-text query a row; rows that the set calls hard may fail. Aims: what the
first encoder reaches alone."""


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

    questions: dict[Mode, Answers]
    sentences: dict[str, sentences.Found]
    """By set."""
    nonsense: Nonsense


def measure(questions: Questions, words: Scores, folder: Path, contestant: Contestant) -> Result:
    """Measure one encoder on all that it is asked, alone and together with what `words` say."""
    say(f"{contestant.name}: questions")
    vectors = contestant.embed_passages([passage.text for passage in questions.passages])
    scores = with_meaning(words, contestant.embed_queries(questions.texts), vectors)
    found = {}
    for name, pivot in PIVOTS.items():
        say(f"{contestant.name}: {name}")
        found[name] = sentences.find(read_rows(folder, name), pivot, contestant.embed_queries)
    nonsense = contestant.embed_queries(questions.nonsense) @ vectors.T
    return Result(answers(questions, scores, MEASURED), found, best_cosines(scores.dense, nonsense))


def answers(questions: Questions, scores: Scores, modes: Collection[Mode]) -> dict[Mode, Answers]:
    """Judge the channels asked for."""
    everything = np.arange(len(questions.passages))
    return {mode: average(judge(scores, mode, everything, questions.relevant), questions) for mode in modes}


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
    matched = np.isfinite(by_words(entries, [row["query"] for row in rows]).lexical.diagonal())
    failed = [row for row, match in zip(rows, matched, strict=True) if match != row["should_match"]]
    hard = sum(row["why"].startswith("hard:") for row in failed)
    return {
        "rows": len(rows),
        "passed": len(rows) - len(failed),
        "failed": len(failed) - hard,
        "failed_hard": hard,
    }


def aims_of(name: str, results: dict[str, Result]) -> list[Aim]:
    """Hold what the encoder `name` reached alone against what it should; English is held against MiniLM's."""
    own = results[name].questions[Mode.DENSE]
    english, same, cross = (own.groups[group].ndcg_at_10 for group in (ENGLISH, SAME, CROSS))
    others = {
        language: quality.ndcg_at_10 for language, quality in own.same_language.items() if language != "en"
    }
    reached = [
        worst("nDCG@10 in each other language: 0.8 of that in English", 0.8 * english, others),
        Aim("nDCG@10 across languages: 0.75 of that in one language", 0.75 * same, cross),
    ]
    if MINILM in results:
        theirs = results[MINILM].questions[Mode.DENSE].groups[ENGLISH].ndcg_at_10
        reached.insert(0, Aim(f"nDCG@10 in English: 0.95 of {MINILM}'s", 0.95 * theirs, english))
    for part, found in results[name].sentences.items():
        recalls = sentences.in_one(found)
        reached += [
            Aim(f"recall@1 of sentences, {part}, mean", 0.9, sentences.mean(recalls)),
            worst(f"recall@1 of sentences, {part}, worst", 0.75, recalls),
        ]
    return reached


def question_tables(questions: Questions, bm25: Answers, results: dict[str, Result]) -> list[Table]:
    """Lay out a row for each ranking, then a row for each language and a column for each encoder alone."""
    channels = {
        f"{name}, {mode}": found
        for name, result in results.items()
        for mode, found in result.questions.items()
    }
    alone = {BM25: bm25} | {name: result.questions[Mode.DENSE] for name, result in results.items()}
    counts = {name: chosen.sum() for name, chosen in questions.groups().items()}
    summary = [(name, *map(str, found.groups.values())) for name, found in ({BM25: bm25} | channels).items()]
    columns = ("", *(f"{name} ({count} asked)" for name, count in counts.items()))
    tables = [Table("Questions", columns, tuple(summary))]
    for title, crossing in (("Questions in one language", False), ("Questions across languages", True)):
        parts = {
            name: found.cross_language if crossing else found.same_language for name, found in alone.items()
        }
        rows = [
            (language, str(chosen.sum()), *(str(part[language]) for part in parts.values()))
            for language, chosen in questions.by_language(crossing=crossing).items()
        ]
        tables.append(Table(title, ("", "asked", *parts), tuple(rows)))
    return tables


def sentence_tables(results: dict[str, Result]) -> list[Table]:
    """Lay out, for each set, a row for each language and one for their mean."""
    tables = []
    for part in PIVOTS:
        found = [
            [result.sentences[part][direction] for direction in sentences.DIRECTIONS]
            for result in results.values()
        ]
        rows = [
            (language, *(_pair(by_language[language] for by_language in pair) for pair in found))
            for language in found[0][0]
        ]
        rows.append(("mean", *(_pair(map(sentences.mean, pair)) for pair in found)))
        tables.append(Table(f"Sentences, {part}", ("", *results), tuple(rows)))
    return tables


def _pair(recalls: Iterable[float]) -> str:
    return " / ".join(f"{recall:.3f}" for recall in recalls)


def nonsense_table(results: dict[str, Result]) -> Table:
    """Lay out a row for each encoder."""
    rows = [
        (name, *(f"{value:.3f}" for value in asdict(result.nonsense).values()))
        for name, result in results.items()
    ]
    return Table("Nonsense", ("", "median, real", "median, nonsense", "separation"), tuple(rows))


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
    words = by_words(questions.passages, questions.texts)
    bm25 = answers(questions, words, [Mode.LEXICAL])[Mode.LEXICAL]
    results = {}
    for contestant in contestants(options):
        context["encoders"][contestant.name] = contestant.digest
        results[contestant.name] = measure(questions, words, options.data, contestant)
    data = {
        "lexical": lexical,
        BM25: asdict(bm25),
        **{name: asdict(result) for name, result in results.items()},
    }
    first = next(iter(results))
    laid_out = [
        aims.table(first, aims_of(first, results)),
        *question_tables(questions, bm25, results),
        *sentence_tables(results),
        nonsense_table(results),
        Table("Words", tuple(lexical), (tuple(map(str, lexical.values())),)),
    ]
    publish("dev_set", context, data, laid_out, REMARK)


if __name__ == "__main__":
    main()
