"""Vectors of many dimensions, laid out on a plane so that what is near stays near.

Letters in shapes: N points, D dimension.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from index_data.errors import UsageError

_SEED = 0
_PERPLEXITY = 30
_NEIGHBOURS = 15
_FEWEST = 12
"""Points below which neighbourhoods say nothing."""


class Method(StrEnum):
    """How vectors are laid out."""

    AUTO = "auto"
    """t-SNE where its library is installed, else PCA."""
    PCA = "pca"
    """The two directions in which they differ most."""
    TSNE = "tsne"
    """Neighbours stay neighbours; distances between groups say little."""
    UMAP = "umap"
    """The same, by another rule."""


def chosen(method: Method, count: int) -> Method:
    """Say by which method `count` points are laid out; fewer than 12 are by PCA, whatever is asked.

    Raises:
        UsageError: the library of the method is not installed.
    """
    if count < _FEWEST:
        return Method.PCA
    if method is Method.AUTO:
        return Method.TSNE if find_spec("sklearn") else Method.PCA
    package, distribution = _LIBRARIES.get(method, ("numpy", "numpy"))
    if find_spec(package) is None:
        raise UsageError(
            f"{distribution} is not installed",
            remedy=f"Install {distribution} into the environment of Dragoman, or use --method pca.",
        )
    return method


def project(vectors: NDArray[np.float32], method: Method) -> NDArray[np.float32]:
    """Lay out unit vectors, float32 (N, D), by the method `chosen`, in float32 (N, 2), from -1 to 1.

    The same vectors get the same places.
    """
    places = _LAYOUTS[method](vectors)
    places = places - (places.max(axis=0) + places.min(axis=0)) / 2 if len(places) else places
    return (places / max(float(np.abs(places).max(initial=0.0)), 1e-12)).astype(np.float32)


def balanced(vectors: NDArray[np.float32], languages: Sequence[str]) -> NDArray[np.float32]:
    """Take out of unit vectors, float32 (N, D), what the encoder gives the N languages."""
    from search.languages import offsets_of

    offsets = offsets_of(languages, vectors)
    moved = vectors - np.stack([offsets[language] for language in languages])
    lengths = np.linalg.norm(moved, axis=1, keepdims=True)
    even: NDArray[np.float32] = (moved / np.maximum(lengths, 1e-12)).astype(np.float32)
    return even


def _pca(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    if not len(vectors):
        return np.empty((0, 2), dtype=np.float32)
    centred = (vectors - vectors.mean(axis=0)).astype(np.float64)
    _, directions = np.linalg.eigh(centred.T @ centred)
    two = directions[:, : -1 - min(2, directions.shape[1]) : -1]
    # An eigenvector may point either way; its largest part is made to point up.
    two = two * np.sign(two[np.abs(two).argmax(axis=0), np.arange(two.shape[1])])
    places: NDArray[np.float32] = (centred @ two).astype(np.float32)
    return places


def _tsne(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    from sklearn.manifold import TSNE

    start = _pca(vectors)
    start = start / max(float(start[:, 0].std()), 1e-12) * 1e-4
    perplexity = min(_PERPLEXITY, (len(vectors) - 1) / 3)
    # Of unit vectors, Euclidean neighbours are those by cosine, and are found faster.
    layout = TSNE(init=start, perplexity=perplexity, random_state=_SEED)
    return np.asarray(layout.fit_transform(vectors), dtype=np.float32)


def _umap(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    from umap import UMAP

    neighbours = min(_NEIGHBOURS, len(vectors) - 1)
    layout = UMAP(n_neighbors=neighbours, metric="cosine", random_state=_SEED, n_jobs=1)
    return np.asarray(layout.fit_transform(vectors), dtype=np.float32)


_LAYOUTS = {Method.PCA: _pca, Method.TSNE: _tsne, Method.UMAP: _umap}
_LIBRARIES = {Method.TSNE: ("sklearn", "scikit-learn"), Method.UMAP: ("umap", "umap-learn")}
"""Package and distribution of what Dragoman does not bring."""
