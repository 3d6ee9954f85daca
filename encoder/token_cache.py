"""What was computed of the last texts, so that re-ranking, evidence and the next question read each once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")

MOST_BYTES = 64 * 2**20
"""Some 125 passages of the built-in encoder: the candidates of several questions."""


class TokenCache(Generic[Value]):
    """A memory that forgets what was asked for least recently; may be used from several threads."""

    def __init__(self, size: Callable[[Value], int], most_bytes: int = MOST_BYTES) -> None:
        """Hold values of at most `most_bytes`, where `size` says the bytes of one."""
        self._size = size
        self._most_bytes = most_bytes
        self._held: OrderedDict[str, Value] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def values(self, texts: Sequence[str], compute: Callable[[Sequence[str]], list[Value]]) -> list[Value]:
        """Return what belongs to each of `texts`; `compute` is asked, once, for those that are not held."""
        with self._lock:
            known = {text: self._held[text] for text in texts if text in self._held}
        lacking = [text for text in dict.fromkeys(texts) if text not in known]
        if lacking:
            known.update(zip(lacking, compute(lacking), strict=True))
        with self._lock:
            for text in texts:
                self._hold(text, known[text])
        return [known[text] for text in texts]

    def _hold(self, text: str, value: Value) -> None:
        if text not in self._held:
            self._held[text] = value
            self._bytes += self._size(value)
        self._held.move_to_end(text)
        while self._bytes > self._most_bytes:
            _, oldest = self._held.popitem(last=False)
            self._bytes -= self._size(oldest)
