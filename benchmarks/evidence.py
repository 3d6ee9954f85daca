"""Whether the part of a long passage that is shown is the one that answers, and what its marks are worth.

A passage is a paragraph among seven to fifteen others. A span is right if it starts inside the paragraph that
answers; no way of choosing sees the paragraphs' borders but as empty lines.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from statistics import fmean, median

from benchmarks.encoders import load
from benchmarks.glued_passages import Case, handbook_cases, xquad_cases
from benchmarks.handbook_pages import fetch
from benchmarks.report import Table, publish, say, surroundings
from benchmarks.rival_spans import WAYS, Asked
from encoder.checkpoint import BUILTIN
from encoder.interface import PoolingEmbedder, Window
from search.answering_spans import sentences
from search.evidence import explained, explained_by_tokens
from search.hits import Evidence
from search.pace import Pace
from terminal.marked_text import HOT

HANDBOOK = ("ar-MA", "de-DE", "es-ES", "fr-FR", "it-IT", "ja-JP", "pt-BR", "ru-RU", "tr-TR", "zh-CN")
XQUAD = ("ar", "de", "el", "en", "es", "hi", "ro", "ru", "th", "tr", "vi", "zh")
WORK = Path(__file__).parent / "work"
SHOWN = 10
"""Hits of which a search shows the evidence."""
TYPICAL = 800
"""Characters of a passage of some 200 tokens."""
AIM = 0.90

REMARK = """\
Spans: share of cases whose span starts inside the paragraph that answers, and characters of a span. All ways
but the two with `sentence` choose among the same spans, of one to three sentences of one paragraph. Handbook:
an English paragraph asks for its translation among any others of the book, or (neighbours) among those around
it. XQuAD: a question, in English or in the passage's own language, asks for its paragraph among others.
Marks: of all words, of those that are underlined (heat 2 and 3) and of those paired with a word of the
question, the share inside the right paragraph. Cost: medians of alternating rounds; `nearest sentence` is
what a search did before."""


Found = dict[str, dict[str, list[tuple[bool, int]]]]
"""By way and language, of each case: whether the span is right, and its characters."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Words of passages, and how many of them lie inside the right paragraph."""

    words: float
    """Share of all words."""
    hot: float
    """Share of the hot ones."""
    paired: float
    """Share of those that answer a word."""
    pairs: float
    """Pairs by case."""


def measure(cases: Sequence[Case], embedder: PoolingEmbedder) -> tuple[Found, Marks]:
    """Say of each way and language whether spans are right, and how long; and where marks lie."""
    found: Found = {way: defaultdict(list) for way in WAYS}
    inside: dict[str, list[bool]] = defaultdict(list)
    for case in cases:
        [vector] = embedder.embed_queries([case.question])
        asked, states = embedder.token_states([case.question, case.passage])
        read = Asked(case.question, case.passage, vector, asked, states, embedder)
        for name, way in WAYS.items():
            start, end = way(read)
            found[name][case.language].append((case.right[0] <= start < case.right[1], end - start))
        [(_, why)] = explained_by_tokens(case.question, vector, [case.passage], asked, [states], embedder)
        for kind, starts in _marks(why).items():
            inside[kind] += [case.right[0] <= start < case.right[1] for start in starts]
    words, hot, paired = (fmean(inside[kind] or [False]) for kind in ("words", "hot", "paired"))
    return found, Marks(words, hot, paired, len(inside["paired"]) / len(cases))


def _marks(why: Evidence) -> dict[str, list[int]]:
    return {
        "words": [word.start for word in why.words],
        "hot": [word.start for word in why.words if word.heat >= HOT],
        "paired": [pair.passage[0] for pair in why.pairs],
    }


def measure_cost(cases: Sequence[Case], embedder: PoolingEmbedder, rounds: int) -> dict[str, float]:
    """Take the CPU milliseconds for ten hits, before and now, and of these in the encoder."""
    question = cases[0].question
    [vector] = embedder.embed_queries([question])
    texts = [case.passage[:TYPICAL] for case in cases[:SHOWN]]
    windows = [Window(text, sentences(text)) for text in texts]
    ways: dict[str, Callable[[], object]] = {
        "nearest sentence": lambda: embedder.embed_passages(windows) @ vector,
        "evidence": lambda: explained(question, vector, texts, embedder, Pace(), math.inf),
        "evidence, of it the encoder": lambda: embedder.token_states([question, *texts]),
    }
    spent: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.process_time()
            way()
            spent[name].append(1000 * (time.process_time() - start))
    return {name: median(times) for name, times in spent.items()} | {
        "tokens": float(sum(len(embedder.token_spans(text)) for text in texts))
    }


def gather(options: argparse.Namespace) -> dict[str, list[Case]]:
    """Make the sets of cases."""
    pages, count, seed = fetch(WORK), options.cases, options.seed
    sets = {
        name: [
            case
            for language in HANDBOOK
            for case in handbook_cases(pages, language, count, seed=seed, neighbours=neighbours)
        ]
        for name, neighbours in (("handbook", False), ("handbook, neighbours", True))
    }
    if options.data:
        for name, own in (("XQuAD, from en", False), ("XQuAD, own language", True)):
            sets[name] = [
                case
                for language in XQUAD
                for case in xquad_cases(
                    options.data, language, language if own else "en", options.questions, seed=seed
                )
            ]
    return sets


def span_table(results: dict[str, Found]) -> Table:
    """Lay out a row for each set, and the length of a span below."""
    rows = []
    for name, found in results.items():
        pooled = [list(chain.from_iterable(languages.values())) for languages in found.values()]
        right = (f"{fmean(right for right, _ in spans):.3f}" for spans in pooled)
        lengths = (f"{fmean(length for _, length in spans):.0f}" for spans in pooled)
        rows += [(f"{name} ({len(pooled[0])})", *right), ("  characters", *lengths)]
    return Table(f"Spans that start in the right paragraph (aim: {AIM:.2f})", ("", *WAYS), tuple(rows))


def by_language(found: Found) -> dict[str, dict[str, float]]:
    """Average over the cases of each language."""
    return {
        way: {language: fmean(right for right, _ in spans) for language, spans in languages.items()}
        for way, languages in found.items()
    }


def language_table(name: str, found: Found) -> Table:
    """Lay out a row for each language."""
    means = by_language(found)
    rows = [
        (language, *(f"{means[way][language]:.2f}" for way in WAYS))
        for language in next(iter(means.values()))
    ]
    return Table(name, ("", *WAYS), tuple(rows))


def mark_table(marks: dict[str, Marks]) -> Table:
    """Lay out what the marks are worth."""
    rows = [
        (name, *(f"{value:.3f}" for value in (one.words, one.hot, one.paired)), f"{one.pairs:.1f}")
        for name, one in marks.items()
    ]
    columns = ("", "all words", "underlined", "paired", "pairs a case")
    return Table("Marks inside the right paragraph", columns, tuple(rows))


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evidence", description=__doc__)
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder of dev_xquad_*.jsonl.gz")
    parser.add_argument("--cases", type=int, default=20, metavar="N", help="a language of the handbook")
    parser.add_argument("--questions", type=int, default=10, metavar="N", help="a language of XQuAD")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=15, help="of the cost")
    parser.add_argument("--name", default="evidence", help="of the result files")
    return parser.parse_args()


def main() -> None:
    """Measure one encoder."""
    options = parse()
    context = surroundings() | {
        "settings": {name: getattr(options, name) for name in ("cases", "questions", "seed")}
    }
    embedder = load(BUILTIN)
    assert isinstance(embedder, PoolingEmbedder)
    context["encoders"] = {BUILTIN: embedder.fingerprint}
    spans: dict[str, Found] = {}
    marks: dict[str, Marks] = {}
    sets = gather(options)
    for name, cases in sets.items():
        say(f"{name}: {len(cases)} cases")
        spans[name], marks[name] = measure(cases, embedder)
    say("cost")
    cost = measure_cost(sets["handbook"], embedder, options.rounds)
    rows = tuple((name, f"{value:.0f}") for name, value in cost.items())
    publish(
        options.name,
        context,
        {
            "spans": {name: by_language(found) for name, found in spans.items()},
            "marks": {name: asdict(one) for name, one in marks.items()},
            "cost": cost,
        },
        [
            span_table(spans),
            *(language_table(name, found) for name, found in spans.items()),
            mark_table(marks),
            Table("Cost of ten hits, CPU milliseconds", ("", "value"), rows),
        ],
        REMARK,
    )


if __name__ == "__main__":
    main()
