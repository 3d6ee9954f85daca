"""Which kind of FAISS index a segment is, by its size; decision 18 has the numbers."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

_QUERY_BITS = 4
"""Bits of each component of a question that RaBitQ compares; more cost time and find nothing more."""
_FIRST_PROBES = 16


class Kind(StrEnum):
    """How a segment finds what is near."""

    EXACT = "exact"
    """Every vector, as it is."""
    BITS = "bits"
    """One bit of each component (RaBitQ, arXiv 2405.12497), of all vectors."""
    LISTS = "lists"
    """The same, of the vectors in the nearest of many lists only (IVF)."""


SMALLEST = {Kind.LISTS: 2_000_000, Kind.BITS: 20_000, Kind.EXACT: 0}
"""The number of passages from which a segment is of a kind, largest first."""


def kind_of(count: int) -> Kind:
    """Choose the kind of a segment of `count` passages."""
    return next(kind for kind, smallest in SMALLEST.items() if count >= smallest)


def first_probes(kind: Kind) -> int:
    """Return in how many lists to look at first; 0 where there are none."""
    return _FIRST_PROBES if kind is Kind.LISTS else 0


def trained(kind: Kind, sample: NDArray[np.float32], count: int) -> Any:
    """Make an empty FAISS index for `count` vectors like those of `sample`, float32 (S, D)."""
    import faiss

    dimension, metric = sample.shape[1], faiss.METRIC_INNER_PRODUCT
    index: Any
    match kind:
        case Kind.EXACT:
            index = faiss.IndexIDMap(faiss.IndexFlatIP(dimension))
        case Kind.BITS:
            index = faiss.IndexIDMap(faiss.IndexRaBitQ(dimension, metric))
        case Kind.LISTS:
            # Lists keep ids themselves: places in a map, with a bit flipped, would crash FAISS.
            lists = min(math.isqrt(count), len(sample))
            index = faiss.IndexIVFRaBitQ(faiss.IndexFlatIP(dimension), dimension, lists, metric)
            index.cp.min_points_per_centroid = 1
    index.train(sample)
    return index


def innermost(index: Any) -> Any:
    """Return what keeps the vectors, under a map of ids if there is one."""
    import faiss

    return faiss.downcast_index(index.index) if isinstance(index, faiss.IndexIDMap) else index


def lists_of(index: Any) -> Any | None:
    """Return the lists among which the vectors are divided, if they are."""
    import faiss

    return index.invlists if isinstance(index, faiss.IndexIVF) else None


def head_size(index: Any, size: int) -> int:
    """Return how many of the first bytes of a file of `size` bytes say how to read the rest of it.

    No value in what follows can mislead FAISS.
    """
    eight_byte_ids = 8
    return int(size - index.ntotal * (innermost(index).code_size + eight_byte_ids))


def is_of(kind: Kind, index: Any) -> bool:
    """Tell whether an index that was read from a file is one that `trained` makes, with sizes that agree."""
    import faiss

    inner = innermost(index)
    for one in (index, inner):
        if (one.d, one.ntotal) != (index.d, index.ntotal) or not one.is_trained:
            return False
        if one.metric_type != faiss.METRIC_INNER_PRODUCT:
            return False
    if kind is Kind.LISTS:
        return _has_lists(index)
    if not isinstance(index, faiss.IndexIDMap) or index.id_map.size() != index.ntotal:
        return False
    if kind is Kind.EXACT:
        return isinstance(inner, faiss.IndexFlat) and _has_codes(inner, 4 * index.d)
    return (
        isinstance(inner, faiss.IndexRaBitQ)
        and _is_plain(inner)
        and _has_codes(inner, inner.rabitq.code_size)
        and inner.center.size() == inner.d
    )


def parameters(kind: Kind, probes: int, only: NDArray[np.uint8] | None) -> Any:
    """Say how to search: in how many lists, and which ids, a bit for each, lowest first: uint8 (B,)."""
    import faiss

    allowed: dict[str, Any] = {}
    if only is not None:
        allowed["sel"] = faiss.IDSelectorBitmap(only)  # type: ignore[call-arg, arg-type]
    match kind:
        case Kind.EXACT:
            return faiss.SearchParameters(**allowed)
        case Kind.BITS:
            return faiss.RaBitQSearchParameters(qb=_QUERY_BITS, **allowed)  # type: ignore[call-arg]
        case Kind.LISTS:
            return faiss.IVFRaBitQSearchParameters(  # type: ignore[call-arg]
                qb=_QUERY_BITS, nprobe=probes, **allowed
            )


def _has_codes(inner: Any, size: int) -> bool:
    return (inner.code_size, inner.codes.size()) == (size, inner.ntotal * size)


def _is_plain(inner: Any) -> bool:
    """Tell whether the quantizer inside is of one bit and fits the index around it."""
    import faiss

    expected: Any = faiss.RaBitQuantizer(inner.d, faiss.METRIC_INNER_PRODUCT)
    return bool(inner.code_size == expected.code_size) and all(
        getattr(inner.rabitq, name) == getattr(expected, name)
        for name in ("d", "metric_type", "code_size", "nb_bits")
    )


def _has_lists(index: Any) -> bool:
    import faiss

    if not isinstance(index, faiss.IndexIVFRaBitQ) or not _is_plain(index):
        return False
    coarse: Any = faiss.downcast_index(index.quantizer)
    lists: Any = index.invlists
    return (
        isinstance(coarse, faiss.IndexFlat)
        and _has_codes(coarse, 4 * index.d)
        and (coarse.d, coarse.metric_type) == (index.d, faiss.METRIC_INNER_PRODUCT)
        and coarse.ntotal == index.nlist == lists.nlist
        and lists.code_size == index.code_size
        and lists.compute_ntotal() == index.ntotal
    )
