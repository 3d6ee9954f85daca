"""Windows and the context that they share."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from index_data.records import Passage
from ingest.graphemes import is_border
from ingest.passages import RESERVED_TOKENS, cut
from ingest.readers.parsed_document import ParsedDocument
from ingest.windows import PlannedWindow

SENTENCE = "Seven words make up this short sentence. "
WINDOW, PASSAGE = 64, 16
ROOM = WINDOW - RESERVED_TOKENS


def _pieces(text: str) -> NDArray[np.int32]:
    """Tokens of up to four letters, and each mark twice, as byte pieces do: int32 (T, 2)."""
    spans = [match.span() for match in re.finditer(r"\w{1,4}|[^\w\s]", text)]
    twice = [span for span in spans for _ in range(1 if text[span[0]].isalnum() else 2)]
    return np.array(twice, dtype=np.int32).reshape(-1, 2)


def _cut(
    text: str, spans: NDArray[np.int32], overlap: int, *, window: int = WINDOW, passage: int = PASSAGE
) -> list[PlannedWindow]:
    return cut(
        ParsedDocument(text, "txt"),
        spans,
        window_tokens=window,
        passage_tokens=passage,
        overlap_tokens=overlap,
    )


def _passages(windows: list[PlannedWindow]) -> list[Passage]:
    return [passage for window in windows for passage in window.passages]


def _context(window: PlannedWindow) -> tuple[str, str]:
    """Take what stands before the first passage, and after the last."""
    first, last = (place - window.start for place in (window.passages[0].start, window.passages[-1].end))
    return window.text[:first], window.text[last:]


texts = st.lists(
    st.sampled_from(
        ["word ", "Ende. ", "\n\n", "句。", "ฝน ", "é", "e\u0301 ", "👩‍👩‍👧", "🇩🇪", "\r\n", "क्षि", "x" * 30]
    ),
    max_size=120,
).map("".join)


@given(texts, st.integers(1, 20), st.integers(1, 64), st.integers(0, 40))
@example("word Ende. " + "x" * 30 + "e\u0301 ", 1, 20, 1)  # a passage ends inside a token
def test_context_changes_no_passage_and_keeps_to_the_room(
    text: str, passage: int, window: int, overlap: int
) -> None:
    spans = _pieces(text)
    tiled = _cut(text, spans, 0, window=window, passage=passage)
    windows = _cut(text, spans, overlap, window=window, passage=passage)
    assert _passages(windows) == _passages(tiled)
    if not windows:
        return
    assert windows[0].start == 0
    assert windows[-1].start + len(windows[-1].text) == len(text)
    room = max(1, window - RESERVED_TOKENS)
    borders = {passage.start for passage in _passages(windows)}
    for planned in windows:
        assert text[planned.start :].startswith(planned.text)
        assert [planned.window.text[start:end] for start, end in planned.window.spans] == [
            item.text.rstrip() for item in planned.passages
        ]
        own = sum(len(_pieces(item.text)) for item in planned.passages)
        assert planned.tokens <= max(room, own)
        assert all(len(_pieces(context)) <= overlap for context in _context(planned))
        for place in (planned.start, planned.start + len(planned.text)):
            assert place in borders or is_border(text, place)


def test_neighbours_see_the_same_tokens(letter_embedder: Any) -> None:
    text = SENTENCE * 40
    windows = _cut(text, letter_embedder.token_spans(text), 10)
    assert len(windows) > 3
    for before, after in pairwise(windows):
        assert len(letter_embedder.token_spans(_context(before)[1])) == 10
        assert len(letter_embedder.token_spans(_context(after)[0])) == 10
        assert after.passages[0].text.startswith(_context(before)[1])
        assert before.passages[-1].text.endswith(_context(after)[0].lstrip())
    assert _context(windows[0])[0] == _context(windows[-1])[1] == ""
    assert all(window.tokens == len(letter_embedder.token_spans(window.text)) <= ROOM for window in windows)


def test_a_document_of_one_window_needs_no_context(letter_embedder: Any) -> None:
    text = SENTENCE * (ROOM // 7)
    spans = letter_embedder.token_spans(text)
    assert len(_cut(text, spans, 0)) == 1
    assert _cut(text, spans, 20) == _cut(text, spans, 0)


def test_a_passage_as_large_as_the_window_has_what_is_left(letter_embedder: Any) -> None:
    text = SENTENCE * 40
    windows = _cut(text, letter_embedder.token_spans(text), 500, passage=49)
    assert all(len(window.passages) == 1 for window in windows)
    middle = windows[1:-1]
    assert middle
    assert {window.tokens for window in middle} == {ROOM}
    sides = [[len(letter_embedder.token_spans(side)) for side in _context(window)] for window in middle]
    assert all(abs(before - after) <= 1 and before for before, after in sides)


@pytest.mark.parametrize("cluster", ["e\u0301\u0301", "👩‍👩‍👧", "\u1112\u1161\u11ab"])
def test_context_begins_and_ends_with_whole_characters(cluster: str) -> None:
    text = cluster * 100
    places = np.arange(len(text), dtype=np.int32)
    windows = _cut(text, np.stack([places, places + 1], axis=1), 7)
    assert len(windows) >= 3
    whole = 7 // len(cluster) * len(cluster)
    for window in windows[1:-1]:
        assert list(map(len, _context(window))) == [whole, whole]
