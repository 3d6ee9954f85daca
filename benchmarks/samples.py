"""How the questions about the sample documents are answered: each crosses from one language to another."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.encoders import load
from benchmarks.report import ROOT, Table, publish, say, surroundings
from encoder.checkpoint import BUILTIN
from encoder.interface import TokenEmbedder
from encoder.models.registry import known_models
from encoder.reranker import MaxSimReranker
from index_data.index import Index
from index_data.records import Fingerprint
from ingest.ingester import Ingester
from ingest.parser import Parser
from ingest.passages import SPLITTER_VERSION
from ingest.pipeline import LocalPipeline
from search.hits import Hit
from search.query import Mode, Query
from search.searcher import Searcher

SAMPLES = ROOT / "samples"
PASSAGE_TOKENS = 256
DEPTHS = (1, 3, 10)

REMARK = """\
Each question is in another language than the one document that answers it. `file@k`: the right document is
among those of the first k hits. `answer@k`: a passage that holds the words of the answer is among them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the right hit stands, from 0; None where it is not among the hits."""

    file: int | None
    answer: int | None


def place_of(question: dict[str, str], hits: Sequence[Hit]) -> Place:
    """Find the first hit of the right document, and the first whose passage holds the answer."""
    right = [hit for hit in hits if hit.document.path.match(question["file"])]
    answering = [hit for hit in right if question["answer"] in hit.passage.text]
    first_right, first_answering = (found[0].rank - 1 if found else None for found in (right, answering))
    return Place(first_right, first_answering)


def ask(questions: Sequence[dict[str, str]], embedder: TokenEmbedder) -> dict[str, list[Place]]:
    """Ingest the sample documents and ask everything in each way."""
    window = known_models()[BUILTIN].usual_window
    made_by = Fingerprint(
        BUILTIN, embedder.fingerprint, embedder.dimension, window, PASSAGE_TOKENS, SPLITTER_VERSION
    )
    with TemporaryDirectory() as folder:
        with Index.create_or_open(Path(folder) / "index", made_by) as index, Parser() as parser:
            say("ingesting the sample documents")
            ingester = Ingester(index, LocalPipeline(embedder, parser, window, PASSAGE_TOKENS))
            for _ in ingester.ingest([SAMPLES / "documents"]):
                pass
        with Index.open(Path(folder) / "index") as index:
            ways = {mode.value: (Searcher(index, embedder), mode) for mode in Mode}
            ways["hybrid, re-ranked"] = (Searcher(index, embedder, MaxSimReranker(embedder)), Mode.HYBRID)
            places = {}
            for way, (searcher, mode) in ways.items():
                say(way)
                places[way] = [
                    place_of(question, searcher.search(Query(question["query"], limit=10, mode=mode)))
                    for question in questions
                ]
    return places


def main() -> None:
    """Ask every question of `samples/questions.jsonl`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.samples", description=__doc__)
    parser.add_argument("--model", default=BUILTIN, metavar="NAME|FOLDER", help="the encoder")
    options = parser.parse_args()
    embedder = load(options.model)
    lines = (SAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line) for line in lines]
    places = ask(questions, embedder)
    rows = [
        (
            way,
            *(str(sum(place.file is not None and place.file < k for place in found)) for k in DEPTHS),
            *(str(sum(place.answer is not None and place.answer < k for place in found)) for k in DEPTHS),
        )
        for way, found in places.items()
    ]
    columns = ("", *(f"file@{k}" for k in DEPTHS), *(f"answer@{k}" for k in DEPTHS))
    results = {
        way: {
            question["query"]: {"file": place.file, "answer": place.answer}
            for question, place in zip(questions, found, strict=True)
        }
        for way, found in places.items()
    }
    context = surroundings() | {"encoder": embedder.fingerprint[:12], "questions": len(questions)}
    publish("samples", context, results, [Table("Sample questions", columns, tuple(rows))], REMARK)


if __name__ == "__main__":
    main()
