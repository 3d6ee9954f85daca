from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from encoder.token_cache import TokenCache


class Counting:
    """Computes the length of a text, and remembers which ones it was asked for."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, texts: Sequence[str]) -> list[int]:
        self.asked.append(list(texts))
        return [len(text) for text in texts]


def test_only_what_is_new_is_computed_and_each_once() -> None:
    cache: TokenCache[int] = TokenCache(size=lambda value: value)
    compute = Counting()
    assert cache.values(["a", "bb", "a"], compute) == [1, 2, 1]
    assert cache.values(["ccc", "bb"], compute) == [3, 2]
    assert cache.values(["a", "ccc"], compute) == [1, 3]
    assert compute.asked == [["a", "bb"], ["ccc"]]


def test_what_was_asked_for_least_recently_is_forgotten_first() -> None:
    cache: TokenCache[int] = TokenCache(lambda value: value, most_bytes=5)
    compute = Counting()
    cache.values(["aa", "bb"], compute)
    cache.values(["aa"], compute)
    cache.values(["cc"], compute)
    cache.values(["aa", "cc"], compute)
    assert compute.asked == [["aa", "bb"], ["cc"]]
    cache.values(["bb"], compute)
    assert compute.asked[-1] == ["bb"]


def test_more_than_it_holds_is_answered_all_the_same() -> None:
    cache: TokenCache[int] = TokenCache(lambda value: value, most_bytes=3)
    assert cache.values(["aaaa", "b", "cc"], Counting()) == [4, 1, 2]
    assert cache._bytes == 3


def test_it_counts_right_when_threads_compute_the_same() -> None:
    cache: TokenCache[int] = TokenCache(lambda value: value, most_bytes=60)
    texts = [letter * 10 for letter in "abcdefghij"]
    with ThreadPoolExecutor(8) as threads:
        for values in threads.map(lambda _: cache.values(texts, Counting()), range(50)):
            assert values == [10] * 10
    assert cache._bytes == sum(cache._held.values()) == 60
