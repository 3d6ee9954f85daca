"""What a search costs, stage by stage, in a large index: p50 and p95 of every stage, warm.

The texts are real, of the Debian Administrator's Handbook in eight languages: each passage is a run of
sentences of one language, drawn anew, so that words are as common and as rare as they are. The vectors
imitate those of the built-in encoder: what a question finds by meaning is random, and costs what it would.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any

import numpy as np

from benchmarks.encoding.folder_documents import documents
from benchmarks.handbook_pages import ENGLISH, fetch
from benchmarks.imitated_vectors import Vectors, imitated, real_vectors
from benchmarks.report import Table, publish, say, surroundings
from benchmarks.stopwatch import Laps, Span, Timed, now
from encoder.checkpoint import BUILTIN, resolve
from encoder.interface import PoolingEmbedder
from encoder.reranker import MaxSimReranker
from index_data.index import Index
from index_data.records import Document, FileStamp, Fingerprint, Passage
from search.hits import Witness
from search.query import Mode, Query
from search.reranking import GUESSED
from search.searcher import Searcher

LANGUAGES = (ENGLISH, "de-DE", "fr-FR", "es-ES", "ru-RU", "ja-JP", "zh-CN", "ar-MA")
WORK = Path(__file__).parent / "work"
DOCUMENT = 1_000
"""Passages of each document."""
CHARACTERS = {"ja": 330, "zh": 280, "ru": 800, "ar": 700}
"""Of a passage; they make about 220 tokens."""
USUAL_CHARACTERS = 900
WORDS = (3, 9)
"""Least and most words of a question."""

ENCODING, EVIDENCE = "encode the question", "evidence"
EMBEDDER = {
    "embed_queries": ENCODING,
    "embed_passages": EVIDENCE,
    "token_vectors": EVIDENCE,
    "token_states": EVIDENCE,
}
INDEX = {
    "matching": "words",
    "nearest": "meaning",
    "vectors": "cosines of what words found",
    "passages": "texts",
}
RERANKER = {"quick_scores": f"MaxSim by pieces, {GUESSED}", "scores": "MaxSim in context, the best of them"}
PARTS = (ENCODING, *INDEX.values(), *RERANKER.values(), EVIDENCE)
WHOLE, LEXICAL, FUSED, REST = "whole", "lexical, whole", "fused, whole", "all else"
AIMS_MS = {LEXICAL: 20.0, FUSED: 40.0, f"MaxSim of {GUESSED}": 150.0}
"""p50 at most; fused without the encoding of the question."""
BUDGETS_MS = (0, 50, 100, 200)
"""From the start of the search."""

REMARK = """\
Milliseconds, warm: as many other questions are asked before. `fused, whole` is a search without re-ranking,
without the encoding of the question and without evidence; `lexical, whole` one by words alone; `whole` the
usual one. MaxSim is both of its steps. Evidence is the reading of the ten hits. `CPU` is the p50 of what all
threads computed, which other work on the machine changes less; of two threads at best half of it passes.
With a budget (`--budget-ms`) it is the usual search that begins to read no passage more once so much time has
passed. `read` is how many of the hits the encoder has explained, of the others words were compared;
`compared` is how many of the best seven it has re-ranked; both are means."""


@dataclass(frozen=True, slots=True)
class Bounded:
    """One search within a budget."""

    span: Span
    read: int
    compared: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What searches of one index cost, in milliseconds by stage."""

    passages: int
    stages: dict[str, list[Span]]
    bounded: dict[int, list[Bounded]]
    """By the budget."""

    def quantiles(self, stage: str) -> tuple[float, float, float]:
        """p50 and p95, and p50 of the computing time."""
        passed, computed = np.array(self.stages[stage]).T
        p50, p95 = np.percentile(passed, (50, 95)).tolist()
        return p50, p95, float(np.median(computed))


def main() -> None:
    """Measure each size in turn."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--passages", default="200000,1000000", metavar="N,N,...", help="the sizes")
    parser.add_argument("--questions", type=int, default=200, metavar="N")
    parser.add_argument("--threads", type=int, default=2, metavar="N")
    options = parser.parse_args()
    embedder = loaded(options.threads)
    context = surroundings() | {"encoder": embedder.fingerprint[:12], "threads": options.threads}
    sentences = read_sentences(fetch(WORK))
    asked = [*questions(sentences, 2 * options.questions, seed=3)]
    measured = []
    for count in map(int, options.passages.split(",")):
        with Index.open(built(count, sentences, embedder)) as index:
            say(f"{count:,}: asking")
            stages = ask(index, embedder, asked)
            measured.append(Measured(count, stages, ask_within(BUDGETS_MS, index, embedder, asked)))
    results = {
        f"{one.passages}": {stage: one.quantiles(stage) for stage in one.stages}
        | {f"within {budget}": _bounded(one, budget) for budget in BUDGETS_MS}
        for one in measured
    }
    publish("latency", context, results, tables(measured), REMARK)


def loaded(threads: int) -> PoolingEmbedder:
    """Load the built-in encoder as the program does, but with so many threads."""
    # Threads that spin take the cores from those of NumPy; read when torch loads.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    from encoder.device import place
    from encoder.embedder import TransformerEmbedder

    torch.set_num_threads(threads)
    return TransformerEmbedder(resolve(BUILTIN), place("cpu"))


def read_sentences(pages: Path) -> dict[str, list[str]]:
    """Sentences of the handbook by language."""
    return {
        language.partition("-")[0]: [
            sentence
            for document in documents(pages / language)
            for sentence in re.split(r"\n+|(?<=[.!?])\s+|(?<=[。！？])", document.text)
            if len(sentence) > 10
        ]
        for language in LANGUAGES
    }


def questions(sentences: dict[str, list[str]], count: int, seed: int) -> Iterator[str]:
    """Yield parts of sentences, a few words or as many characters, in every language in turn."""
    dice, languages = Random(seed), list(sentences)
    for number in range(count):
        sentence = dice.choice(sentences[languages[number % len(languages)]])
        words, size = sentence.split(), dice.randint(*WORDS)
        unspaced = len(words) < WORDS[0]
        start = dice.randrange(max(len(sentence if unspaced else words) - size, 1))
        yield sentence[start : start + 2 * size] if unspaced else " ".join(words[start : start + size])


def built(count: int, sentences: dict[str, list[str]], embedder: PoolingEmbedder) -> Path:
    """Return the folder of an index of so many passages, made now or before."""
    folder = WORK / f"latency-{count}"
    done = folder / "done"
    if done.is_file():
        return folder / "index"
    shutil.rmtree(folder, ignore_errors=True)
    made_by = Fingerprint(BUILTIN, embedder.fingerprint, embedder.dimension, 264, 256, 1)
    started = time.perf_counter()
    with Index.create_or_open(folder / "index", made_by) as index:
        drawn = passages(sentences, count, seed=2)
        for number, vectors in enumerate(imitated(real_vectors(embedder), count, seed=1)):
            say(f"{count:,}: batch {number}, {time.perf_counter() - started:.0f} s")
            for start in range(0, len(vectors), DOCUMENT):
                few = vectors[start : start + DOCUMENT]
                add(index, f"{number}-{start}", [next(drawn) for _ in few], few)
        say(f"{count:,}: building segments")
        index.publish()
    done.touch()
    return folder / "index"


def passages(sentences: dict[str, list[str]], count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Yield the language and the text of each passage."""
    dice, languages = Random(seed), list(sentences)
    for number in range(count):
        language = languages[number // DOCUMENT % len(languages)]
        text = ""
        while len(text) < CHARACTERS.get(language, USUAL_CHARACTERS):
            text += dice.choice(sentences[language]) + " "
        yield language, text


def add(index: Index, name: str, texts: Sequence[tuple[str, str]], vectors: Vectors) -> None:
    """Store one document."""
    start, stored = 0, []
    for ordinal, (language, text) in enumerate(texts):
        stored.append(Passage(ordinal, text, start, start + len(text), 1, language))
        start += len(text)
    document = Document(Path(f"/{name}.txt"), FileStamp(start, 1, "0" * 64), "txt", name, texts[0][0])
    index.replace(document, stored, vectors)


def ask(index: Index, embedder: PoolingEmbedder, asked: Sequence[str]) -> dict[str, list[Span]]:
    """Ask the second half of the questions, after the first: milliseconds of each stage, one a question."""
    laps = Laps()
    timed_index: Any = Timed(index, laps, INDEX)
    timed_embedder: Any = Timed(embedder, laps, EMBEDDER)
    reranker: Any = Timed(MaxSimReranker(embedder), laps, RERANKER)
    full = Searcher(timed_index, timed_embedder, reranker)
    plain = Searcher(timed_index, timed_embedder)
    stages: dict[str, list[Span]] = {}
    for number, question in enumerate(asked):
        found: dict[str, Span] = {}
        for name, searcher, mode in (
            (LEXICAL, plain, Mode.LEXICAL),
            (FUSED, plain, Mode.HYBRID),
            (WHOLE, full, Mode.HYBRID),
        ):
            laps.take()
            started = now()
            searcher.trace(Query(question, mode=mode, snippets=name == WHOLE))
            found[name] = now() - started
            parts = dict.fromkeys(PARTS, np.zeros(2)) | laps.take()
            if name == FUSED:
                found[name] -= parts[ENCODING]
        found |= parts
        found[REST] = found[WHOLE] - np.sum([*parts.values()], axis=0)
        found[f"MaxSim of {GUESSED}"] = np.sum([parts[stage] for stage in RERANKER.values()], axis=0)
        if number >= len(asked) // 2:
            for stage, span in found.items():
                stages.setdefault(stage, []).append(span)
    return stages


def ask_within(
    budgets_ms: Sequence[int], index: Index, embedder: PoolingEmbedder, asked: Sequence[str]
) -> dict[int, list[Bounded]]:
    """Ask the second half of the questions, after the first, with each budget in turn.

    Between two times that one is asked lie more passages than the encoder's memory of token states holds.
    """
    bounded: dict[int, list[Bounded]] = {}
    for budget in budgets_ms:
        searcher = Searcher(index, embedder, MaxSimReranker(embedder))
        for number, question in enumerate(asked):
            started = now()
            found = searcher.trace(Query(question, budget_ms=budget))
            span = now() - started
            if number >= len(asked) // 2:
                read = sum(hit.evidence.witness is Witness.TOKENS for hit in found.hits)
                compared = found.reranked.compared if found.reranked else 0
                bounded.setdefault(budget, []).append(Bounded(span, read, compared))
    return bounded


def tables(measured: Sequence[Measured]) -> list[Table]:
    """Lay out the stages of the usual search, then the sums that aims are about."""
    sizes = [f"{one.passages:,}" for one in measured]
    columns = ("", *(f"{size}, {name}" for size in sizes for name in ("p50", "p95", "CPU")))
    stages = [(stage, *_cells(measured, stage)) for stage in (*PARTS, REST, WHOLE)]
    sums = [(stage, f"{aim:g}", *_cells(measured, stage)) for stage, aim in AIMS_MS.items()]
    return [
        Table("The usual search, by stage, ms", columns, tuple(stages)),
        Table("Aims, ms", (columns[0], "aim", *columns[1:]), tuple(sums)),
        Table(
            "Within a budget, ms",
            ("budget", *(f"{size}, {name}" for size in sizes for name in ("p50", "p95", "read", "compared"))),
            tuple(
                (str(budget), *(f"{value:.1f}" for one in measured for value in _bounded(one, budget)))
                for budget in BUDGETS_MS
            ),
        ),
    ]


def _bounded(measured: Measured, budget: int) -> tuple[float, float, float, float]:
    """p50 and p95 in milliseconds, and the means of what was read and compared."""
    searches = measured.bounded[budget]
    p50, p95 = np.percentile([one.span[0] for one in searches], (50, 95)).tolist()
    return p50, p95, fmean(one.read for one in searches), fmean(one.compared for one in searches)


def _cells(measured: Sequence[Measured], stage: str) -> list[str]:
    return [f"{value:.1f}" for one in measured for value in one.quantiles(stage)]


if __name__ == "__main__":
    main()
