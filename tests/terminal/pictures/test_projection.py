from __future__ import annotations

import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from index_data.errors import UsageError
from terminal.pictures.projection import Method, balanced, chosen, project


def crowds(count: int, crowd_count: int = 3) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Draw unit vectors around a few directions: float32 (N, 32), and whose each is."""
    rng = np.random.default_rng(7)
    middles = rng.normal(size=(crowd_count, 32))
    owner = np.arange(count) % crowd_count
    vectors = middles[owner] * 3 + rng.normal(size=(count, 32)) * 0.8
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), owner


def share_of_own(places: NDArray[np.float32], owner: NDArray[np.int64], count: int = 5) -> float:
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    near = np.argsort(distances, axis=1)[:, :count]
    return float((owner[near] == owner[:, None]).mean())


@pytest.mark.parametrize("method", [Method.PCA, Method.TSNE])
def test_neighbours_stay_neighbours_and_places_stay_the_same(method: Method) -> None:
    vectors, owner = crowds(60)
    assert chosen(method, len(vectors)) is method
    places = project(vectors, method)
    assert places.shape == (60, 2)
    assert places.dtype == np.float32
    assert np.abs(places).max() == pytest.approx(1, abs=1e-3)
    assert share_of_own(places, owner) > 0.95
    assert share_of_own(np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32), owner) < 0.6
    np.testing.assert_allclose(project(vectors, method), places, atol=1e-5)


def test_pca_finds_what_an_svd_finds() -> None:
    vectors, _ = crowds(50)
    places = project(vectors, Method.PCA)
    left, sizes, _ = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
    wanted = left[:, :2] * sizes[:2]
    for column in range(2):
        assert abs(np.corrcoef(places[:, column], wanted[:, column])[0, 1]) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("count", [0, 1, 2, 11])
def test_few_points_are_laid_out_too(count: int) -> None:
    used = chosen(Method.TSNE, count)
    places = project(crowds(count)[0], used)
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()
    assert used is Method.PCA


def test_points_that_are_all_the_same_have_places() -> None:
    places = project(np.tile(crowds(1)[0], (20, 1)), Method.PCA)
    assert np.isfinite(places).all()


def test_a_method_whose_library_is_missing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(UsageError, match="scikit-learn is not installed"):
        chosen(Method.TSNE, 20)
    assert chosen(Method.AUTO, 20) is Method.PCA


def test_a_language_no_longer_pulls_its_passages_aside() -> None:
    vectors, owner = crowds(600)
    spoken = np.arange(600) // 300
    pulled = vectors + np.where(spoken, 0.1, -0.1)[:, None].astype(np.float32)
    pulled = (pulled / np.linalg.norm(pulled, axis=1, keepdims=True)).astype(np.float32)
    even = balanced(pulled, ["de" if one else "en" for one in spoken])
    assert even.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(even, axis=1), 1, atol=1e-5)
    assert share_of_own(pulled, spoken) > 0.99
    assert share_of_own(even, spoken) < 0.85
    assert share_of_own(even, owner) > 0.95
