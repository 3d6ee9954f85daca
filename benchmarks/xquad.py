"""Questions about Wikipedia paragraphs in twelve languages: XQuAD (Artetxe et al. 2020, arXiv 1910.11856).

Each question is asked of the paragraphs of every language in turn, and of all paragraphs at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import aims
from benchmarks.aims import Aim
from benchmarks.encoders import Contestant, add_options, contestants
from benchmarks.measuring_sets import read_rows
from benchmarks.quality import BM25, MEASURED, Quality, average, judge
from benchmarks.ranking import Entry, Scores, by_words, with_meaning
from benchmarks.report import Table, publish, say, surroundings
from search.query import Mode

DIRECTIONS: dict[str, Callable[[str, str], bool]] = {
    "en → en": lambda question, paragraph: question == paragraph == "en",
    "same, not en": lambda question, paragraph: question == paragraph != "en",
    "en → other": lambda question, paragraph: question == "en" != paragraph,
    "other → en": lambda question, paragraph: question != "en" == paragraph,
    "other → other": lambda question, paragraph: "en" not in {question, paragraph} and question != paragraph,
}
"""Pairs of (question's language, paragraphs' language); the mean over the pairs is shown."""
POOLS = {"all, from en": True, "all, from other": False}
"""The pool of all languages, asked in English or not."""

AIMS = {"en → en": 0.85, "same, not en": 0.75, "en → other": 0.65, "other → en": 0.65, "other → other": 0.55}
"""The least recall@1 that the built-in encoder should reach alone, by direction."""

REMARK = """\
`A → B`: questions in A among the paragraphs in B, the mean over languages. `all`: among the paragraphs of
every language at once, where the paragraph in any language is right. BM25 is the ranking by words alone. By
language, each encoder alone: its questions among its own paragraphs / English questions among them / its
questions among the English paragraphs. Aims: recall@1 of the first encoder alone."""


@dataclass(frozen=True, slots=True)
class XQuad:
    """Paragraphs and questions, each in every language."""

    paragraphs: tuple[Entry, ...]
    """N."""
    questions: tuple[str, ...]
    """Q."""
    paragraph_languages: NDArray[np.str_]
    """(N,)."""
    question_languages: NDArray[np.str_]
    """(Q,)."""
    relevant: NDArray[np.bool_]
    """(Q, N): the question's paragraph, in any language."""


@dataclass(frozen=True, slots=True)
class Result:
    """One encoder's answers."""

    means: dict[Mode, dict[str, Quality]]
    """By channel, then by direction or pool."""
    recall_at_1: dict[Mode, dict[str, dict[str, float]]]
    """By channel, then by the question's language, then by the paragraphs' language."""


def read(folder: Path, *, every: int) -> XQuad:
    """Read the set, and of its questions each `every`th."""
    paragraphs = read_rows(folder, "dev_xquad_docs")
    questions = read_rows(folder, "dev_xquad_queries")[::every]
    groups = np.array([row["group"] for row in paragraphs])
    return XQuad(
        tuple(Entry(row["id"], row["lang"], row["text"]) for row in paragraphs),
        tuple(row["query"] for row in questions),
        np.array([row["lang"] for row in paragraphs]),
        np.array([row["lang"] for row in questions]),
        np.array([row["relevant_group"] for row in questions])[:, None] == groups,
    )


def measure(xquad: XQuad, words: Scores, contestant: Contestant) -> Result:
    """Measure one encoder, alone and together with what `words` say."""
    say(f"{contestant.name}: embedding")
    vectors = contestant.embed_passages([paragraph.text for paragraph in xquad.paragraphs])
    query_vectors = contestant.embed_queries(xquad.questions)
    say(f"{contestant.name}: ranking")
    return answers(xquad, with_meaning(words, query_vectors, vectors), MEASURED)


def answers(xquad: XQuad, scores: Scores, modes: Collection[Mode]) -> Result:
    """Judge the channels asked for."""
    matrices = {mode: by_language(xquad, scores, mode) for mode in modes}
    return Result(
        {mode: summarise(matrix) | by_pool(xquad, scores, mode) for mode, matrix in matrices.items()},
        {
            mode: {
                ask: {answer: round(quality.recall_at_1, 4) for answer, quality in row.items()}
                for ask, row in matrix.items()
            }
            for mode, matrix in matrices.items()
        },
    )


def by_language(xquad: XQuad, scores: Scores, mode: Mode) -> dict[str, dict[str, Quality]]:
    """Return the quality for each question's language and each paragraphs' language, in this order."""
    languages = sorted(set(xquad.paragraph_languages.tolist()))
    matrix: dict[str, dict[str, Quality]] = {language: {} for language in languages}
    for answer in languages:
        part = np.flatnonzero(xquad.paragraph_languages == answer)
        judgement = judge(scores, mode, part, xquad.relevant)
        for ask in languages:
            matrix[ask][answer] = judgement.mean(xquad.question_languages == ask)
    return matrix


def summarise(matrix: dict[str, dict[str, Quality]]) -> dict[str, Quality]:
    """Average the matrix over each of `DIRECTIONS`."""
    return {
        name: average(
            [cell for ask, row in matrix.items() for answer, cell in row.items() if fits(ask, answer)]
        )
        for name, fits in DIRECTIONS.items()
    }


def by_pool(xquad: XQuad, scores: Scores, mode: Mode) -> dict[str, Quality]:
    """Return the quality for each of `POOLS`."""
    judgement = judge(scores, mode, np.arange(len(xquad.paragraphs)), xquad.relevant)
    in_english = xquad.question_languages == "en"
    return {name: judgement.mean(in_english == english) for name, english in POOLS.items()}


def tables(results: dict[str, Result]) -> list[Table]:
    """Lay out one row for each encoder and channel, then one for each language."""
    rows = [
        (name if name == BM25 else f"{name}, {mode}", *map(str, means.values()))
        for name, result in results.items()
        for mode, means in result.means.items()
    ]
    alone = [
        result.recall_at_1[Mode.LEXICAL if name == BM25 else Mode.DENSE] for name, result in results.items()
    ]
    languages = [
        (language, *(_own_and_english(matrix, language) for matrix in alone)) for language in alone[0]
    ]
    return [
        Table("XQuAD, recall@1 / recall@10 / nDCG@10", ("", *DIRECTIONS, *POOLS), tuple(rows)),
        Table("By language, recall@1: own / from en / to en", ("", *results), tuple(languages)),
    ]


def _own_and_english(matrix: dict[str, dict[str, float]], language: str) -> str:
    cells = (matrix[language][language], matrix["en"][language], matrix[language]["en"])
    return " / ".join(f"{cell:.3f}" for cell in cells)


def aims_of(result: Result) -> list[Aim]:
    """Hold what an encoder reached alone against `AIMS`."""
    means = result.means[Mode.DENSE]
    return [Aim(direction, least, means[direction].recall_at_1) for direction, least in AIMS.items()]


def main() -> None:
    """Measure the encoders that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.xquad", description=__doc__)
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="folder of dev_xquad_*.jsonl.gz"
    )
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take only every Nth question")
    add_options(parser)
    options = parser.parse_args()
    context = surroundings() | {"every": options.every, "encoders": {}}
    xquad = read(options.data, every=options.every)
    say("words")
    words = by_words(xquad.paragraphs, xquad.questions)
    results = {BM25: answers(xquad, words, [Mode.LEXICAL])}
    for contestant in contestants(options):
        context["encoders"][contestant.name] = contestant.digest
        results[contestant.name] = measure(xquad, words, contestant)
    first = next(iter(context["encoders"]))
    publish(
        "xquad",
        context,
        {name: asdict(result) for name, result in results.items()},
        [aims.table(first, aims_of(results[first])), *tables(results)],
        REMARK,
    )


if __name__ == "__main__":
    main()
