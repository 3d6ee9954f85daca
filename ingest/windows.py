"""Neighbouring passages become windows, each with a little context from the windows beside it."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from encoder.interface import Window
from index_data.records import Passage, WindowDigest
from ingest.borders import TokenRuler
from ingest.graphemes import is_border


@dataclass(frozen=True, slots=True)
class PlannedWindow:
    """Neighbouring passages that the encoder sees at once."""

    text: str
    """The passages, and the context before the first and after the last."""
    start: int
    """Where `text` starts in the document, in characters."""
    passages: tuple[Passage, ...]
    tokens: int
    """Of `text`, context included."""

    @property
    def window(self) -> Window:
        """What the encoder gets; white space after a passage is context, not content."""
        starts = [passage.start - self.start for passage in self.passages]
        lengths = [len(passage.text.rstrip()) for passage in self.passages]
        spans = tuple((start, start + length) for start, length in zip(starts, lengths, strict=True))
        return Window(self.text, spans)

    @property
    def digest(self) -> WindowDigest:
        """What tells apart two windows from which an encoder would make different vectors."""
        window = self.window
        digest = blake2b(window.text.encode("utf-8", "surrogatepass"), digest_size=16)
        for span in window.spans:
            digest.update(struct.pack("<BQQ", 0, *span))
        return WindowDigest(digest.digest(), len(window.spans))


class WindowPlanner:
    """Fills windows with the passages of one text."""

    def __init__(self, text: str, ruler: TokenRuler, *, room_tokens: int, overlap_tokens: int) -> None:
        """Up to `overlap_tokens` of a window's `room_tokens` are context, on each side."""
        self._text = text
        self._ruler = ruler
        self._room = room_tokens
        self._overlap = overlap_tokens
        self._tokens = ruler.before(len(text))

    def windows(self, passages: Sequence[Passage]) -> Iterator[PlannedWindow]:
        """Fill one after the other; a passage that leaves no room for its context has less of it."""
        held: list[Passage] = []
        for passage in passages:
            if held and self._tokens_with_context(held[0].start, passage.end) > self._room:
                yield self._window(held)
                held = []
            held.append(passage)
        if held:
            yield self._window(held)

    def _tokens_with_context(self, start: int, end: int) -> int:
        return sum(self._context_tokens(start, end)) + self._ruler.count(start, end)

    def _context_tokens(self, start: int, end: int) -> tuple[int, int]:
        """Count what is wanted before and after a stretch; the ends of the document have none."""
        before, behind = self._ruler.before(start), self._tokens - self._ruler.before(end)
        return min(self._overlap, before), min(self._overlap, behind)

    def _window(self, held: list[Passage]) -> PlannedWindow:
        start, end = held[0].start, held[-1].end
        before, after = self._context_tokens(start, end)
        spare = max(0, self._room - self._ruler.count(start, end))
        before = min(before, max(spare // 2, spare - after))
        after = min(after, spare - before)
        first, last = self._context_start(start, before), self._context_end(end, after)
        return PlannedWindow(self._text[first:last], first, tuple(held), self._ruler.count(first, last))

    def _context_start(self, start: int, tokens: int) -> int:
        # The beginning of a token that is parted at `start` is one of the context's too.
        left_out = self._ruler.before(start) + self._ruler.parts_token(start) - tokens
        place = self._ruler.end_of(left_out - 1) if left_out else 0
        places = range(place, start) if tokens else ()
        return next((border for border in places if is_border(self._text, border)), start)

    def _context_end(self, end: int, tokens: int) -> int:
        following = self._ruler.before(end) + tokens
        place = self._ruler.start_of(following) if following < self._tokens else len(self._text)
        places = range(place, end, -1) if tokens else ()
        return next((border for border in places if is_border(self._text, border)), end)
