"""Where the passages of a stretch of text end."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from index_data.sentences import line_ends, paragraph_ends, sentence_ends
from ingest.graphemes import border_near, is_border
from ingest.sections import HeadingBlock

_SPACE = re.compile(r"\s+")
_LEVELS: tuple[tuple[Callable[[str], NDArray[np.int64]], float, float], ...] = (
    (paragraph_ends, 0.75, 1.25),
    (sentence_ends, 0.5, math.inf),
    (line_ends, 0.5, math.inf),
)
"""How a text divides, best first, and how short and long a passage may become for it, in parts of its aim."""


class TokenRuler:
    """Measures a text in tokens; positions are characters."""

    def __init__(self, token_spans: NDArray[np.int32]) -> None:
        """`token_spans` is int32 (T, 2): start and end of each token, in order."""
        spans = np.maximum.accumulate(token_spans.astype(np.int64).reshape(-1, 2), axis=0)
        self._starts, self._ends = spans[:, 0], spans[:, 1]

    def before(self, position: int) -> int:
        """Count the tokens that end at `position` or before it."""
        return int(np.searchsorted(self._ends, position, side="right"))

    def before_each(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Count the tokens that end at each of `positions`, int64 (N,), or before it: int64 (N,)."""
        return np.searchsorted(self._ends, positions, side="right").astype(np.int64)

    def count(self, start: int, end: int) -> int:
        """Count the tokens that end after `start`, up to `end`."""
        return self.before(end) - self.before(start)

    def parts_token(self, position: int) -> bool:
        """Tell whether `position` lies inside a token."""
        following = self.before(position)
        return following < len(self._starts) and self.start_of(following) < position

    def start_of(self, token: int) -> int:
        """Find the start of a token, counted from 0."""
        return int(self._starts[token])

    def end_of(self, token: int) -> int:
        """Find the end of a token, counted from 0."""
        return int(self._ends[token])


class Borders:
    """Divides stretches of one text into passages of at most `most` tokens, all about equally long."""

    def __init__(self, text: str, ruler: TokenRuler, blocks: list[HeadingBlock], most: int) -> None:
        self._text = text
        self._ruler = ruler
        self._most = most
        self._levels = []
        for divide, shortest, longest in _LEVELS:
            whole = [end for end in divide(text).tolist() if is_border(text, end)]
            ends = _outside_headings(np.array(whole, dtype=np.int64), blocks)
            self._levels.append((ends, ruler.before_each(ends), shortest, longest))

    def passage_ends(self, start: int, end: int) -> Iterator[int]:
        """Find the ends of the passages between `start` and `end`, in characters; the last is `end`."""
        last = self._ruler.before(end)
        while (left := last - self._ruler.before(start)) > self._most:
            aim = left / math.ceil(left / self._most)
            place = self._best_end(start, aim)
            if place >= end:
                break
            yield place
            start = place
        yield end

    def _best_end(self, start: int, aim: float) -> int:
        """Find the best end for a passage that starts at `start` and aims at `aim` tokens."""
        first = self._ruler.before(start)
        for ends, tokens, shortest, longest in self._levels:
            least = first + max(1.0, shortest * aim)
            most = first + min(self._most, longest * aim)
            low, high = np.searchsorted(tokens, least, "left"), np.searchsorted(tokens, most, "right")
            if low < high:
                nearest = np.abs(tokens[low:high] - (first + aim)).argmin()
                return int(ends[low + nearest])
        return self._end_inside_sentence(start, first, aim)

    def _end_inside_sentence(self, start: int, first: int, aim: float) -> int:
        """Find white space nearby, else a place between two tokens."""
        aimed = max(start + 1, self._ruler.start_of(first + int(aim)))
        low = self._ruler.start_of(first + int(aim / 2))
        high = self._ruler.start_of(first + self._most)
        spaces = takewhile(lambda space: space.start() <= high, _SPACE.finditer(self._text, max(low, start)))
        if ends := [space.end() for space in spaces]:
            return min(ends, key=lambda place: abs(place - aimed))
        word = max(start, self._ruler.start_of(first))
        return border_near(self._text, aimed, after=word, until=high)


def _outside_headings(positions: NDArray[np.int64], blocks: list[HeadingBlock]) -> NDArray[np.int64]:
    """Leave out those of `positions`, int64 (N,), that part a heading from the text below it: int64 (N,)."""
    if not blocks:
        return positions
    starts = np.array([block.start for block in blocks])
    bodies = np.array([block.body for block in blocks])
    block = np.searchsorted(starts, positions, side="left") - 1
    return positions[(block < 0) | (positions > bodies[block])]
