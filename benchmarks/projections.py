"""How well a plane keeps the neighbours of vectors, by PCA, t-SNE and UMAP, and whether languages overlap."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from time import process_time

import numpy as np
from numpy.typing import NDArray

from benchmarks.encoders import load
from benchmarks.report import Table, publish, say, surroundings
from encoder.checkpoint import BUILTIN
from encoder.interface import Embedder, Window
from encoder.tuning.trials import GENERAL
from index_data.index import Index
from terminal.pictures.projection import Method, balanced, project

NEIGHBOURS = 10

REMARK = """\
`trust`: trustworthiness of the ten nearest on the plane (scikit-learn), held against cosines of the vectors
that were laid out: 1 where none of them is far in truth. `other languages`: share of the ten nearest that are
in another language. `translations`: share of a fact's translations among as many nearest. `balanced`: the
mean of each language is taken out first, as by `dragoman map --balance`. `vectors`: the same, before anything
is laid out. CPU seconds of one thread."""


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """N passages with vectors."""

    name: str
    vectors: NDArray[np.float32]
    """float32 (N, D)."""
    languages: tuple[str, ...]
    facts: NDArray[np.int64] | None = None
    """Which of them say the same: int64 (N,)."""


def corpus_of(folder: Path) -> Corpus:
    """Take every passage of an index."""
    with Index.open(folder) as index:
        ids = index.passage_ids().tolist()
        return Corpus("index", index.vectors(ids), tuple(spoken[0] for spoken in index.languages(ids)))


def facts_of(embedder: Embedder) -> Corpus:
    """Take everyday facts in eight languages, each a passage that stands alone."""
    rows = [json.loads(line)["passages"] for line in GENERAL.read_text(encoding="utf-8").splitlines()]
    told = [(language, text, fact) for fact, row in enumerate(rows) for language, text in row.items()]
    vectors = embedder.embed_passages([Window(text, ((0, len(text)),)) for _, text, _ in told])
    facts = np.array([fact for _, _, fact in told], dtype=np.int64)
    return Corpus("facts", vectors, tuple(language for language, _, _ in told), facts)


def nearest(distances: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Return the `count` others nearest to each of N, from float32 (N, N): int64 (N, count)."""
    distances = distances.copy()
    np.fill_diagonal(distances, np.inf)
    return np.argsort(distances, axis=1, kind="stable")[:, :count]


def other_languages(near: NDArray[np.int64], languages: Sequence[str]) -> float:
    """Tell which share of neighbours, int64 (N, K), speak another language."""
    spoken = np.array(languages)
    return float((spoken[near] != spoken[:, None]).mean())


def translations(distances: NDArray[np.float32], facts: NDArray[np.int64]) -> float:
    """Tell which share of what says the same is among as many nearest, from float32 (N, N) and int64 (N,)."""
    same = facts[:, None] == facts[None]
    counts = same.sum(axis=1) - 1
    near = nearest(distances, int(counts.max()))
    hits = [same[row, near[row, :count]].sum() for row, count in enumerate(counts)]
    return float(np.sum(hits) / counts.sum())


def measure(corpus: Corpus, methods: Sequence[Method]) -> list[dict[str, object]]:
    """Lay a corpus out in each way, and measure."""
    from sklearn.manifold import trustworthiness

    rows: list[dict[str, object]] = []
    for way in ("plain", "balanced"):
        vectors = corpus.vectors if way == "plain" else balanced(corpus.vectors, corpus.languages)
        rows.append(_row(corpus, way, "vectors", -(vectors @ vectors.T)))
        for method in methods:
            start = process_time()
            places = project(vectors, method)
            seconds = process_time() - start
            apart = np.linalg.norm(places[:, None] - places[None], axis=2).astype(np.float32)
            trust = trustworthiness(vectors, places, n_neighbors=NEIGHBOURS, metric="cosine")
            rows.append(_row(corpus, way, method.value, apart) | {"trust": float(trust), "seconds": seconds})
            say(f"{corpus.name} {way} {method}: {seconds:.1f} s")
    return rows


def _row(corpus: Corpus, way: str, method: str, distances: NDArray[np.float32]) -> dict[str, object]:
    near = nearest(distances, NEIGHBOURS)
    return {
        "corpus": corpus.name,
        "way": way,
        "method": method,
        "other_languages": other_languages(near, corpus.languages),
        "translations": None if corpus.facts is None else translations(distances, corpus.facts),
    }


def table(corpus: Corpus, rows: Sequence[dict[str, object]]) -> Table:
    """Show what was measured."""
    columns = ("", "trust", "other languages", "translations", "CPU s")
    names = ("trust", "other_languages", "translations", "seconds")
    digits = (3, 3, 3, 1)
    lines = [
        (
            f"{row['method']}, {row['way']}",
            *(_number(row.get(name), places) for name, places in zip(names, digits, strict=True)),
        )
        for row in rows
    ]
    return Table(f"{corpus.name}, {len(corpus.vectors):,} passages", columns, tuple(lines))


def _number(value: object, digits: int) -> str:
    return f"{value:.{digits}f}" if isinstance(value, float) else ""


def main() -> None:
    """Measure an index and the facts."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.projections", description=__doc__)
    parser.add_argument("--index", type=Path, required=True, help="an index, such as that of scripts/demo")
    arguments = parser.parse_args()
    methods = [Method.PCA, Method.TSNE, *([Method.UMAP] if find_spec("umap") else [])]
    embedder = load(BUILTIN)
    corpora = [corpus_of(arguments.index), facts_of(embedder)]
    measured = [measure(corpus, methods) for corpus in corpora]
    context = surroundings() | {"encoder": f"{BUILTIN} {embedder.fingerprint[:12]}"}
    tables = [table(corpus, rows) for corpus, rows in zip(corpora, measured, strict=True)]
    publish("projections", context, {"rows": [row for rows in measured for row in rows]}, tables, REMARK)


if __name__ == "__main__":
    main()
