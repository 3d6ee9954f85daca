"""What the stages of a search are measured on: an index, questions, and the passages that are right.

Letters in shapes: Q questions, N passages, D dimension.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from benchmarks import xquad
from benchmarks.dev_questions import read_questions
from benchmarks.handbook import LANGUAGES, WORK
from benchmarks.handbook_pages import ENGLISH, fetch, page_files, paragraphs
from benchmarks.ranking import Entry, pool
from benchmarks.report import ROOT
from benchmarks.samples import PASSAGE_TOKENS, SAMPLES
from benchmarks.translations import passages_by_page, right_passages
from encoder.checkpoint import BUILTIN
from encoder.interface import Embedder, Window
from encoder.models.registry import known_models
from encoder.tuning.trials import GENERAL
from index_data.index import Index
from index_data.records import Fingerprint
from ingest.ingester import Ingester
from ingest.parser import Parser
from ingest.passages import SPLITTER_VERSION
from ingest.pipeline import LocalPipeline

CACHE = WORK / "stages"


@dataclass(frozen=True, slots=True)
class Group:
    """Questions of one kind that are put to a part of the passages."""

    name: str
    questions: NDArray[np.int64]
    """Rows."""
    part: NDArray[np.int64] | None
    """Columns; None: all passages."""


@dataclass(frozen=True, slots=True)
class StagedPool:
    """An index and what is asked of it."""

    name: str
    index: Index
    passage_ids: NDArray[np.int64]
    """(N,)."""
    vectors: NDArray[np.float32]
    """(N, D)."""
    questions: tuple[str, ...]
    """Q."""
    relevant: NDArray[np.bool_]
    """(Q, N)."""
    groups: tuple[Group, ...]
    first_only: bool = False
    """A question has one answer, and the first of the relevant passages counts for it."""


@contextmanager
def dev(embedder: Embedder, data: Path) -> Iterator[StagedPool]:
    """Open the hand-written questions."""
    read = read_questions(data)
    groups = [
        Group(f"dev, {kind}, {language}", np.flatnonzero(chosen), None)
        for kind, crossing in (("same", False), ("cross", True))
        for language, chosen in read.by_language(crossing=crossing).items()
    ]
    with _passages(embedder, read.passages) as (index, ids, vectors):
        yield StagedPool("dev", index, ids, vectors, read.texts, read.relevant, tuple(groups))


@contextmanager
def general(embedder: Embedder) -> Iterator[StagedPool]:
    """Open the everyday facts that the project brings: their language's passages, all, and all others."""
    rows = [json.loads(line) for line in GENERAL.read_text(encoding="utf-8").splitlines()]
    entries = [
        (number, Entry(f"{number}-{language}", language, text))
        for number, row in enumerate(rows)
        for language, text in row["passages"].items()
    ]
    asked = [
        (number, language, text)
        for number, row in enumerate(rows)
        for language, text in row["questions"].items()
    ]
    facts = np.array([number for number, _ in entries])
    languages = np.array([entry.language for _, entry in entries])
    relevant = np.array([facts == number for number, _, _ in asked])
    groups = [Group("general, all", np.arange(len(asked)), None)]
    for language in sorted({language for _, language, _ in asked}):
        rows_of = np.array([row for row, (_, own, _) in enumerate(asked) if own == language])
        for kind, chosen in (("same", languages == language), ("cross", languages != language)):
            groups.append(Group(f"general, {kind}, {language}", rows_of, np.flatnonzero(chosen)))
    with _passages(embedder, [entry for _, entry in entries]) as (index, ids, vectors):
        texts = tuple(text for _, _, text in asked)
        yield StagedPool("general", index, ids, vectors, texts, relevant, tuple(groups))


@contextmanager
def xquad_pairs(embedder: Embedder, data: Path, every: int) -> Iterator[StagedPool]:
    """Open XQuAD: each pair of languages, and the pool of all."""
    read = xquad.read(data, every=every)
    languages = sorted(set(read.paragraph_languages.tolist()))
    rows = {language: np.flatnonzero(read.question_languages == language) for language in languages}
    columns = {language: np.flatnonzero(read.paragraph_languages == language) for language in languages}
    groups = [
        *(
            Group(f"xquad, {ask} → {there}", rows[ask], columns[there])
            for ask in languages
            for there in languages
        ),
        *(Group(f"xquad, {ask} → all", rows[ask], None) for ask in languages),
    ]
    with _passages(embedder, read.paragraphs) as (index, ids, vectors):
        yield StagedPool("xquad", index, ids, vectors, read.questions, read.relevant, tuple(groups))


@contextmanager
def samples(embedder: Embedder) -> Iterator[StagedPool]:
    """Open the sample documents; a passage of the right document is right."""
    rows = [
        json.loads(line) for line in (SAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    with Index.open(_ingested("samples", embedder, [SAMPLES / "documents"])) as index:
        ids = index.passage_ids()
        paths = [stored.document.path for stored in index.passages(ids.tolist())]
        relevant = np.array([[path.match(row["file"]) for path in paths] for row in rows])
        texts = tuple(row["query"] for row in rows)
        everything = Group("samples", np.arange(len(rows)), None)
        yield StagedPool(
            "samples",
            index,
            ids,
            index.vectors(ids.tolist()),
            texts,
            relevant,
            (everything,),
            first_only=True,
        )


@contextmanager
def mixed(embedder: Embedder, data: Path, every: int) -> Iterator[StagedPool]:
    """Open XQuAD with each paragraph in one language only, in turn, among the passages of the samples.

    So most questions are answered in one other language, beside many passages in their own.
    """
    read = xquad.read(data, every=every)
    languages = sorted(set(read.paragraph_languages.tolist()))
    paragraphs = sorted({entry.name.rpartition(".")[0] for entry in read.paragraphs})
    spoken = {name: languages[place % len(languages)] for place, name in enumerate(paragraphs)}
    kept = [
        column
        for column, entry in enumerate(read.paragraphs)
        if entry.language == spoken[entry.name.rpartition(".")[0]]
    ]
    with samples(embedder) as others:
        stored = others.index.passages(others.passage_ids.tolist())
        beside = [Entry(f"sample {one.passage_id}", one.passage.language, one.passage.text) for one in stored]
    relevant = np.zeros((len(read.questions), len(kept) + len(beside)), np.bool_)
    relevant[:, : len(kept)] = read.relevant[:, kept]
    answered = read.paragraph_languages[kept][relevant[:, : len(kept)].argmax(axis=1)]
    groups = [
        Group(
            f"mixed, {kind}, {language}", np.flatnonzero((read.question_languages == language) & chosen), None
        )
        for kind, chosen in (
            ("same", answered == read.question_languages),
            ("cross", answered != read.question_languages),
        )
        for language in languages
    ]
    entries = [*(read.paragraphs[column] for column in kept), *beside]
    with _passages(embedder, entries) as (index, ids, vectors):
        yield StagedPool("mixed", index, ids, vectors, read.questions, relevant, tuple(groups))


@contextmanager
def handbook(embedder: Embedder, every: int, count: int) -> Iterator[StagedPool]:
    """Open each `every`th page of the handbook, English too, and ask for `count` translations each."""
    pages = fetch(WORK)
    files = [file for name in (ENGLISH, *LANGUAGES) for file in page_files(pages, name, every=every)]
    with Index.open(_ingested(f"handbook-{every}", embedder, files)) as index:
        ids = index.passage_ids()
        columns = {passage_id: column for column, passage_id in enumerate(ids.tolist())}
        languages = np.array([stored.passage.language for stored in index.passages(ids.tolist())])
        by_page = passages_by_page(index)
        texts: list[str] = []
        right: list[list[int]] = []
        groups = []
        for name in LANGUAGES:
            located = [
                (paragraph.english, [columns[stored.passage_id] for stored in found])
                for paragraph in paragraphs(pages, name, every=every)
                if (found := right_passages(paragraph, by_page[paragraph.page]))
            ]
            spaced = np.unique(np.linspace(0, len(located) - 1, min(count, len(located))).round().astype(int))
            part = np.flatnonzero(languages == name[:2])
            chosen = [
                located[place] for place in spaced.tolist() if set(located[place][1]) & set(part.tolist())
            ]
            groups.append(Group(f"handbook, en → {name}", len(texts) + np.arange(len(chosen)), part))
            texts += [text for text, _ in chosen]
            right += [places for _, places in chosen]
        relevant = np.zeros((len(texts), len(ids)), np.bool_)
        for row, places in enumerate(right):
            relevant[row, places] = True
        vectors = index.vectors(ids.tolist())
        yield StagedPool(
            "handbook", index, ids, vectors, tuple(texts), relevant, tuple(groups), first_only=True
        )


@contextmanager
def _passages(
    embedder: Embedder, entries: Sequence[Entry]
) -> Iterator[tuple[Index, NDArray[np.int64], NDArray[np.float32]]]:
    """Store passages, each alone in its window."""
    vectors = embedder.embed_passages([Window(entry.text, ((0, len(entry.text)),)) for entry in entries])
    with TemporaryDirectory(), pool(entries, vectors, embedder.fingerprint) as stored:
        yield stored.index, stored.passage_ids, vectors


def _ingested(name: str, embedder: Embedder, files: Sequence[Path]) -> Path:
    """Read files in the product's own way, unless it was done before."""
    window = known_models()[BUILTIN].usual_window
    made_by = Fingerprint(
        embedder.model, embedder.fingerprint, embedder.dimension, window, PASSAGE_TOKENS, SPLITTER_VERSION
    )
    # Of another clone's files it would hold everything twice.
    clone = sha256(str(ROOT).encode()).hexdigest()[:8]
    folder = CACHE / f"{name}-{embedder.fingerprint[:12]}-{clone}"
    with Index.create_or_open(folder, made_by) as index, Parser() as parser:
        for _ in Ingester(index, LocalPipeline(embedder, parser, window, PASSAGE_TOKENS)).ingest([*files]):
            pass
    return folder
