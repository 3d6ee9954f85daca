"""What a model computes, in a few bytes, so that the same weights are known again behind any server.

The same weights give slightly different numbers on other hardware, in another batch or number format, so
that no digest of the numbers would last. A sketch is compared within a tolerance instead.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json

import numpy as np
from numpy.typing import NDArray

SENTENCES = (
    "The baker opens his shop at five every morning.",
    "Le fleuve a gelé en hiver, et les enfants ont patiné jusqu'au pont.",
    "三月の終わりに、山の上の小さな駅で古い時計が止まった。",
)
"""What a sketch is made from: three languages, none about the others' subject."""

_DIRECTIONS = 32
_STEPS = 32
"""Steps in 1.0; a coordinate on a random direction is about normal, so that int8 covers four deviations."""
_TOLERANCE = 0.1
"""Distance between unit vectors, root mean square: a cosine of 0.995."""


def sketch(vectors: NDArray[np.float32], *, query_prompt: str, passage_prompt: str) -> str:
    """Sketch a model by its `vectors` of SENTENCES, float32 (N, D), and by its prompts."""
    dimension = vectors.shape[1]
    seen = vectors @ _signs(dimension)  # (N, _DIRECTIONS)
    steps = np.clip(np.round(seen * _STEPS), -127, 127).astype(np.int8)
    prompts = hashlib.sha256(json.dumps([query_prompt, passage_prompt]).encode()).hexdigest()[:16]
    return f"{base64.urlsafe_b64encode(steps.tobytes()).decode()}.{dimension}.{prompts}"


def same_model(one: str, other: str) -> bool:
    """Tell whether two sketches are of the same weights, pooling and prompts, within a tolerance."""
    (seen, *exact), (other_seen, *other_exact) = one.split("."), other.split(".")
    if not exact or exact != other_exact:
        return False
    difference = _coordinates(seen) - _coordinates(other_seen)
    return bool(np.sqrt(np.mean(difference**2)) <= _TOLERANCE)


def _coordinates(seen: str) -> NDArray[np.float64]:
    """Read back float64 (N * _DIRECTIONS,); of what is no sketch, not-a-number, which equals nothing."""
    try:
        steps = np.frombuffer(base64.urlsafe_b64decode(seen), dtype=np.int8)
    except (binascii.Error, ValueError):
        steps = np.empty(0, dtype=np.int8)
    if len(steps) != len(SENTENCES) * _DIRECTIONS:
        return np.full(1, np.nan)
    return steps / _STEPS


def _signs(dimension: int) -> NDArray[np.float32]:
    """Random directions, the same for ever: +1 or -1, float32 (D, _DIRECTIONS).

    Their products with a difference of vectors have its length as root mean square (Achlioptas 2003).
    """
    digest = hashlib.shake_256(b"dragoman sketch").digest(dimension * _DIRECTIONS // 8)
    bits = np.unpackbits(np.frombuffer(digest, dtype=np.uint8)).reshape(dimension, _DIRECTIONS)
    return bits.astype(np.float32) * 2 - 1
