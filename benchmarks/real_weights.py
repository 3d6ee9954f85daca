"""Whether our encoder computes what published weights mean: for whoever has them.

BidirLM is held against transformers' own network, or against the code that is published with the weights,
which runs only with --run-published-code; BGE-M3 against the numbers of its model card. It exits with 1 if
something is not as it should be.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from benchmarks.encoding import m3_numbers
from benchmarks.encoding.checkpoint_facts import contradictions, facts
from benchmarks.encoding.folder_documents import documents
from benchmarks.encoding.proof import READING, Expected, prove, tables
from benchmarks.encoding.published_code import PublishedModel
from benchmarks.encoding.token_vectors import FLOORS, Ids, TransformersNetwork
from benchmarks.parity import FORMATS, TOGETHER
from benchmarks.report import ROOT, Table, publish, say, surroundings
from encoder.checkpoint import Checkpoint, resolve
from encoder.device import NumberFormat, place
from encoder.embedder import TransformerEmbedder
from encoder.interface import Window
from encoder.models.registry import known_model, known_models
from encoder.token_sequences import TokenSequencer
from index_data.errors import EncoderUnavailable

M3 = "bge-m3"
MODELS = [name for name in known_models() if name.startswith("bidirlm")] + [M3]
WORK = Path("benchmarks/work")
LENGTHS = (10, 300, 700, 2_000)
SENTENCES = (
    "how do I make a backup?",
    "Le café était fermé ; la boulangère, elle, ouvrait à cinq heures.",
    "Зимой река замёрзла, и дети катались на коньках.",
    "冬になると川が凍り、子供たちは橋までスケートをした。",
    "في الشتاء تجمد النهر.",
    "  two  spaces, a\ttab\nand 3.14159 € 🙂",
)
_STRETCH, _STRETCHES = 200, 40
"""Characters that follow one another in a document, and how many such stretches are taken from each."""

REMARK = f"""\
{READING}

Ids are right if they are those of the published tokenizer; vectors of whole sentences, from their text on, if
they reach the pooled cosine of float32."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One of `SENTENCES`, by our encoder and by the published code."""

    text: str
    ids: list[int]
    published_ids: list[int]
    query_cosine: float
    passage_cosine: float

    def faults(self) -> list[str]:
        """Say what is not as it should be."""
        least = FLOORS[NumberFormat.FLOAT32].pooled
        found = [] if self.ids == self.published_ids else [f"ids of {self.text!r}"]
        found += [f"{self.text!r} as a query"] * (self.query_cosine < least)
        return found + [f"{self.text!r} as a passage"] * (self.passage_cosine < least)


def fetching(model: str, folder: Path) -> str:
    """Say the command that brings the weights, and what has to lie beside them, into `folder`."""
    if model == M3:
        return f"dragoman models fetch {M3} --models {folder.parent}"
    known = known_model(model)
    return f"hf download {known.repository} --revision {known.revision} --local-dir {folder}"


def real_texts(checkpoint: Checkpoint, lengths: Sequence[int]) -> list[Ids]:
    """Cut texts of so many tokens from the sample documents, many languages in turn."""
    contents = [document.text for document in documents(ROOT / "samples/documents")]
    starts = range(0, _STRETCH * _STRETCHES, _STRETCH)
    text = "\n".join(content[start : start + _STRETCH] for start in starts for content in contents)
    sequencer = TokenSequencer(
        checkpoint.folder / "tokenizer.json", vocabulary=checkpoint.config["vocab_size"]
    )
    [(ids, _)] = sequencer.encode([text])
    return [ids[:length] for length in lengths]


def sentences(checkpoint: Checkpoint, published: PublishedModel) -> list[Sentence]:
    """Hold our encoder from text to vector against the published code."""
    embedder = TransformerEmbedder(checkpoint, place("cpu", NumberFormat.FLOAT32))
    windows = [Window(text, ((0, len(text)),)) for text in SENTENCES]
    queries = published.embed(SENTENCES, checkpoint.query_prompt)
    passages = published.embed(SENTENCES, checkpoint.passage_prompt)
    query_cosines = (embedder.embed_queries(SENTENCES) * queries).sum(axis=1)
    passage_cosines = (embedder.embed_passages(windows) * passages).sum(axis=1)
    sequencer = TokenSequencer(
        checkpoint.folder / "tokenizer.json", vocabulary=checkpoint.config["vocab_size"]
    )
    ours = [[*sequencer.prefix, *ids.tolist(), *sequencer.suffix] for ids, _ in sequencer.encode(SENTENCES)]
    return [
        Sentence(text, ids, theirs, float(query), float(passage))
        for text, ids, theirs, query, passage in zip(
            SENTENCES, ours, published.ids(SENTENCES), query_cosines, passage_cosines, strict=True
        )
    ]


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known of a checkpoint now."""

    results: dict[str, Any]
    tables: list[Table]
    faults: list[str]
    """What is not as it should be."""


def check_bidirlm(checkpoint: Checkpoint, lengths: Sequence[int], *, run_published_code: bool) -> Findings:
    """Hold everything from the files to the vectors against the reference."""
    said = facts(checkpoint)
    texts, together = real_texts(checkpoint, lengths), real_texts(checkpoint, TOGETHER)
    beside = {"transformers bfloat16": partial(TransformersNetwork, checkpoint, torch.bfloat16)}
    told: list[Sentence] = []
    if run_published_code:
        say("the published code")
        with PublishedModel(checkpoint.folder) as published:
            expected = Expected.of(published, texts, together)
            told = sentences(checkpoint, published)
        beside["transformers float32"] = partial(TransformersNetwork, checkpoint)
    else:
        say("transformers")
        expected = Expected.of(TransformersNetwork(checkpoint), texts, together)
    proof = prove(checkpoint, expected, FORMATS, beside)
    return Findings(
        results={"facts": said, "sentences": [asdict(one) for one in told], "proof": asdict(proof)},
        tables=[
            _facts_table(said),
            *([_sentences_table(told)] if told else []),
            *tables({checkpoint.folder.name: proof}),
        ],
        faults=contradictions(said)
        + [fault for one in told for fault in one.faults()]
        + list(proof.faults()),
    )


def check_m3(checkpoint: Checkpoint) -> Findings:
    """Hold the scores of the model card's examples against the card."""
    scores = m3_numbers.scores(checkpoint)
    rows = [
        (f"{one.way}, query {one.query}, passage {one.passage}", f"{one.ours:.4f}", f"{one.published:.4f}")
        for one in scores
    ]
    return Findings(
        results={"scores": [asdict(one) for one in scores]},
        tables=[Table("Numbers of the model card", ("", "ours", "published"), tuple(rows))],
        faults=[row[0] for row, one in zip(rows, scores, strict=True) if not one.is_right],
    )


def _facts_table(said: dict[str, Any]) -> Table:
    rows = [(name, json.dumps(value, ensure_ascii=False)) for name, value in said.items()]
    return Table("What the files say", ("", "value"), tuple(rows))


def _sentences_table(told: Sequence[Sentence]) -> Table:
    rows = [
        (
            json.dumps(one.text, ensure_ascii=False),
            " ".join(map(str, one.ids)),
            "yes" if one.ids == one.published_ids else "NO",
            f"{one.query_cosine:.7f}",
            f"{one.passage_cosine:.7f}",
        )
        for one in told
    ]
    columns = ("", "our ids", "as published", "as a query", "as a passage")
    return Table("Sentences by the published code", columns, tuple(rows))


def main() -> None:
    """Check one folder of published weights."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.real_weights", description=__doc__)
    parser.add_argument("--model", default="bidirlm-1b", choices=MODELS, metavar="NAME", help="what it is")
    parser.add_argument("--folder", type=Path, metavar="DIR", help=f"where it is (default: NAME in {WORK})")
    parser.add_argument(
        "--run-published-code",
        action="store_true",
        help="run the code in the folder, with your rights, as the reference",
    )
    parser.add_argument(
        "--lengths", nargs="+", type=int, default=LENGTHS, metavar="N", help="tokens of the texts"
    )
    parser.add_argument("--name", default="real_weights", help="of the result files")
    options = parser.parse_args()
    folder = options.folder or WORK / options.model
    try:
        checkpoint = resolve(str(folder.resolve()))
    except EncoderUnavailable as error:
        sys.exit(f"{error}; fetch it with: {fetching(options.model, folder)}")
    context = surroundings() | {"model": options.model}
    context["versions"] |= {name: version(name) for name in ("transformers", "sentence-transformers")}
    context["settings"] = {"run_published_code": options.run_published_code, "together": TOGETHER}
    context["encoders"] = {options.model: checkpoint.digest()}
    if options.model == M3:
        found = check_m3(checkpoint)
    else:
        found = check_bidirlm(checkpoint, options.lengths, run_published_code=options.run_published_code)
    publish(options.name, context, found.results, found.tables, REMARK)
    if found.faults:
        sys.exit("\n".join(found.faults))


if __name__ == "__main__":
    main()
