from __future__ import annotations

import numpy as np
import pytest

from benchmarks.projections import Corpus, measure, nearest, other_languages, table, translations
from terminal.pictures.projection import Method

PLACES = np.array([[0, 0], [0, 1], [5, 0], [5, 1.5]], dtype=np.float32)
DISTANCES = np.linalg.norm(PLACES[:, None] - PLACES[None], axis=2).astype(np.float32)


def test_neighbours_are_counted_without_oneself() -> None:
    assert nearest(DISTANCES, 1)[:, 0].tolist() == [1, 0, 3, 2]
    assert other_languages(nearest(DISTANCES, 1), ["de", "de", "en", "fr"]) == 0.5


def test_translations_are_those_of_the_same_fact() -> None:
    assert translations(DISTANCES, np.array([0, 0, 1, 1])) == 1
    assert translations(DISTANCES, np.array([0, 1, 0, 1])) == 0


@pytest.mark.slow
def test_what_tsne_keeps_is_more_than_what_pca_keeps() -> None:
    rng = np.random.default_rng(3)
    middles = rng.normal(size=(8, 24))
    facts = np.arange(80) % 8
    vectors = middles[facts] + rng.normal(size=(80, 24)) / 3
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    corpus = Corpus("crowds", vectors, tuple("de" if one % 2 else "en" for one in range(80)), facts)
    rows = measure(corpus, [Method.PCA, Method.TSNE])
    by_way = {(row["method"], row["way"]): row for row in rows}
    assert by_way["vectors", "plain"]["translations"] == 1
    pca, tsne = (by_way[method, "plain"]["trust"] for method in ("pca", "tsne"))
    assert isinstance(pca, float)
    assert isinstance(tsne, float)
    assert tsne > pca
    shown = table(corpus, rows)
    assert shown.title == "crowds, 80 passages"
    assert shown.rows[0][1] == ""
    assert float(shown.rows[2][1]) == pytest.approx(tsne, abs=1e-3)
