"""How much a server reads is found out, whatever it does with the rest."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from encoder.served.http_connection import Refused
from encoder.served.reading_limit import Longer, reading_limit
from index_data.errors import EncoderUnavailable

Embed = Callable[[Sequence[str]], NDArray[np.float32]]


@cache
def word_vector(word: str) -> NDArray[np.float64]:
    return np.random.default_rng(zlib.crc32(word.encode())).normal(size=64)


def reader(words: int, *, refuses: bool, noise: float = 0.0) -> Embed:
    """Pool the mean of so many words; `noise` is that of a low number format."""

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        if refuses and max(len(text.split()) for text in texts) > words:
            raise Refused(413, "inputs must have less than 512 tokens")
        vectors = np.array(
            [np.mean([word_vector(word) for word in text.split()[:words]], axis=0) for text in texts]
        )
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors += noise * np.random.default_rng().normal(size=vectors.shape) / 8
        unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit.astype(np.float32)

    return embed


@pytest.mark.parametrize("noise", [0.0, 3e-3])
@pytest.mark.parametrize("words", [128, 254, 510, 2000])
@pytest.mark.parametrize("refuses", [True, False])
def test_the_limit_is_found_and_never_overrated(words: int, refuses: bool, noise: float) -> None:
    limit = reading_limit(reader(words, refuses=refuses, noise=noise), "", 512, None)
    assert limit.longer is (Longer.REFUSED if refuses else Longer.CUT)
    assert 0.75 * words < limit.words <= words
    assert limit.tokens == limit.words // (2 if refuses else 5)


@pytest.mark.parametrize("tokens", [1, 13, 100, 512])
def test_what_was_asked_for_is_enough(tokens: int) -> None:
    limit = reading_limit(reader(9000, refuses=False, noise=3e-3), "", tokens, None)
    assert limit.longer is Longer.UNTRIED
    assert limit.tokens == max(tokens, 64 // 5)


def test_a_stated_limit_is_tried_first() -> None:
    tried: list[int] = []

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        tried.append(len(texts[0].split()))
        return reader(510, refuses=True)(texts)

    limit = reading_limit(embed, "Instruct: find\nQuery: ", 512, 512)
    assert tried[1] == 498 + 3
    assert limit.tokens > 230


@pytest.mark.parametrize("stated", [300, 8192])
def test_a_stated_limit_is_not_believed(stated: int) -> None:
    assert reading_limit(reader(254, refuses=False), "", 512, stated).words <= 254


def test_a_prompt_takes_its_room() -> None:
    plain = reading_limit(reader(300, refuses=True), "", 512, None)
    prompted = reading_limit(reader(300, refuses=True), "please " * 100, 512, None)
    assert prompted.words <= 200 < plain.words


def test_a_server_that_reads_hardly_anything_is_of_no_use() -> None:
    with pytest.raises(EncoderUnavailable, match="reads less than"):
        reading_limit(reader(50, refuses=False), "", 512, None)


def test_another_refusal_is_not_a_limit() -> None:
    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        raise Refused(401, "who are you?")

    with pytest.raises(Refused, match="who are you"):
        reading_limit(embed, "", 512, None)


@pytest.mark.parametrize(
    ("status", "message", "too_much"),
    [
        (413, "anything", True),
        (400, "This model's maximum context length is 512 tokens. However, you requested 602.", True),
        (400, "the input length exceeds the context length", True),
        (500, "input (602 tokens) is too large to process. increase the physical batch size", True),
        (422, "batch size 33 > maximum allowed batch size 32", True),
        (400, "model not found", False),
        (401, "the context length is none of your business", False),
        (503, "too many requests", False),
    ],
)
def test_servers_say_in_many_ways_that_it_is_too_much(status: int, message: str, too_much: bool) -> None:
    assert Refused(status, message).too_much is too_much
