"""What every peer is given: files, the passages that Dragoman cuts them into, questions, vectors."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from benchmarks.handbook_pages import fetch, page_files
from benchmarks.peers.questions import SAMPLES, handbook_questions, sample_questions
from benchmarks.report import ROOT
from encoder.checkpoint import BUILTIN, resolve
from index_data.index import Index
from search.evaluation.judged_set import JudgedQuery
from terminal.settings import Settings
from terminal.wiring import open_ingester
from training.export import write_plain

DIMENSION = 384
"""Of the vectors of the encoder that all can load."""
FEW = 200
"""Passages of the smaller of the two stores whose vectors are given."""
MARK = "The quick brown dragoman jumps over the lazy interpreter. "
"""Stands at the start of a changed file's first paragraph."""
PARAGRAPH = '<div class="para">'


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    every: int
    """Each so many pages of the handbook are searched."""
    questions: int
    """Paragraphs of the handbook that are asked."""
    languages: tuple[str, ...]
    samples: tuple[str, ...]
    """Folders of the samples."""
    repeated: int
    """Pages that are read anew, again, changed and interrupted in each round."""
    given: int
    """Passages of the larger store whose vectors are given."""


@dataclass(frozen=True, slots=True)
class Material:
    """Files in one folder, and what is in them."""

    home: Path
    files: tuple[Path, ...]
    """What is searched."""
    sets: dict[str, list[JudgedQuery]]

    @property
    def encoder(self) -> Path:
        """The half of the built-in encoder that all can load."""
        return self.home / "encoder"

    @property
    def passages(self) -> Path:
        """Those of `files`, a JSON object a line."""
        return self.home / "passages.jsonl"

    @property
    def documents(self) -> Path:
        """The folder that changes."""
        return self.home / "documents"

    def given(self, count: int) -> dict[str, str]:
        """Passages with vectors of that number."""
        return {
            "passages": str(self.home / f"given-{count}.jsonl"),
            "vectors": str(self.home / f"given-{count}.npy"),
        }

    def states(self) -> list[dict[str, Any]]:
        """Say what changes in `documents`, step by step, and which passages are right then."""
        [first, second, *_] = sorted(self.documents.iterdir())
        changed = first.read_text(encoding="utf-8").replace(PARAGRAPH, PARAGRAPH + MARK, 1)
        steps: list[dict[str, Any]] = [{}, {}, {"write": {str(first): changed}}, {"remove": [str(second)]}]
        return [
            {"write": {}, "remove": [], "passages": str(self.home / f"state-{number}.jsonl")} | step
            for number, step in enumerate(steps)
        ]

    def restore(self) -> None:
        """Put `documents` back to its first state."""
        shutil.rmtree(self.documents, ignore_errors=True)
        shutil.copytree(self.home / "pristine", self.documents)


def prepare(home: Path, sizes: Sizes) -> Material:
    """Gather everything; what is there stays."""
    pages = fetch(ROOT / "benchmarks" / "work")
    files = [
        file
        for name in sizes.samples
        for file in sorted((SAMPLES / "documents" / name).rglob("*"))
        if file.is_file()
    ]
    asked = {
        "samples": sample_questions(files),
        "handbook": handbook_questions(pages, sizes.languages, every=sizes.every, count=sizes.questions),
    }
    files += [file for name in sizes.languages for file in page_files(pages, name, every=sizes.every)]
    material = Material(home, tuple(files), {name: queries for name, queries in asked.items() if queries})
    if (home / "ready").exists():
        return material
    home.mkdir(parents=True)
    write_plain(resolve(BUILTIN).folder, material.encoder)
    _cut(home / "cut", files, [material.passages])
    (home / "pristine").mkdir()
    with_paragraphs = [
        file
        for file in page_files(pages, sizes.languages[0], every=1)
        if PARAGRAPH in file.read_text(encoding="utf-8") and file not in files
    ]
    for file in with_paragraphs[:: max(1, len(with_paragraphs) // sizes.repeated)][: sizes.repeated]:
        shutil.copy(file, home / "pristine")
    material.restore()
    _cut_states(material)
    _draw(material, sizes.given)
    (home / "ready").touch()
    return material


def _cut(index_folder: Path, files: Sequence[Path], passages: Iterable[Path]) -> None:
    """Bring an index up to date and write its passages."""
    settings = Settings(index=index_folder, models=index_folder.with_name("models"), model=BUILTIN)
    with open_ingester(settings) as ingester:
        for _ in ingester.ingest(files):
            pass
    with Index.open(index_folder) as index:
        stored = index.passages(index.passage_ids().tolist())
    ordinals: Counter[Path] = Counter()
    rows = []
    for one in stored:
        path = one.document.path
        rows.append({"id": f"{path}#{ordinals[path]}", "document": str(path), "text": one.passage.text})
        ordinals[path] += 1
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    for file in passages:
        file.write_text(lines, encoding="utf-8")


def _cut_states(material: Material) -> None:
    for state in material.states():
        for name, text in state["write"].items():
            Path(name).write_text(text, encoding="utf-8")
        for name in state["remove"]:
            Path(name).unlink()
        _cut(material.home / "cut-states", [material.documents], [Path(state["passages"])])
    material.restore()


def _draw(material: Material, count: int) -> None:
    """Draw passages, and unit vectors in any direction."""
    vectors = np.random.default_rng(1).standard_normal((count, DIMENSION), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    lines = material.passages.read_text(encoding="utf-8").splitlines()
    texts, dice = [json.loads(line)["text"] for line in lines], Random(1)
    # No two are the same, since some peers know texts by what they say.
    rows = [
        {"id": f"/{number}#0", "document": f"/{number}", "text": f"{number} {dice.choice(texts)}"}
        for number in range(count)
    ]
    for size in (FEW, count):
        given = material.given(size)
        np.save(given["vectors"], vectors[:size])
        few = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows[:size])
        Path(given["passages"]).write_text(few, encoding="utf-8")
