"""Cutting documents into passages and windows."""

from __future__ import annotations

import re
import time
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from index_data.records import Passage
from ingest.coverage import refuse_gaps
from ingest.graphemes import is_border
from ingest.passages import RESERVED_TOKENS, cut
from ingest.readers.parsed_document import Heading, ParsedDocument
from ingest.readers.plain import read_markdown, read_text
from ingest.windows import PlannedWindow

SENTENCE = "Seven words make up this short sentence. "


def _cut(
    parsed: ParsedDocument, embedder: Any, *, window: int = 64, passage: int = 32
) -> list[PlannedWindow]:
    spans = embedder.token_spans(parsed.text)
    return cut(parsed, spans, window_tokens=window, passage_tokens=passage, language="en")


def _passages(windows: list[PlannedWindow]) -> list[Passage]:
    return [passage for window in windows for passage in window.passages]


def _tokens(text: str, embedder: Any) -> int:
    return len(embedder.token_spans(text))


def _plain(text: str, pages: tuple[int, ...] = (), headings: tuple[Heading, ...] = ()) -> ParsedDocument:
    return ParsedDocument(text, "pdf" if pages else "txt", pages=pages, headings=headings)


def _pieces(text: str) -> NDArray[np.int32]:
    """Tokens of up to four letters: int32 (T, 2)."""
    spans = [match.span() for match in re.finditer(r"\w{1,4}|[^\w\s]", text)]
    return np.array(spans, dtype=np.int32).reshape(-1, 2)


def _characters(text: str) -> NDArray[np.int32]:
    """Each character a token: int32 (T, 2)."""
    places = np.arange(len(text), dtype=np.int32)
    return np.stack([places, places + 1], axis=1)


texts = st.lists(
    st.sampled_from(
        [
            "word ",
            "Ende. ",
            "\n\n",
            "\n",
            "句。",
            "ฝน ",
            "!",
            " ",
            "e\u0301",
            "👩‍👩‍👧",
            "\r\n",
            "\ufffd",
            "x" * 50,
        ]
    )
).map("".join)


@given(texts, st.data(), st.integers(1, 20), st.integers(1, 64))
def test_passages_tile_the_text(text: str, data: st.DataObject, passage: int, window: int) -> None:
    places = st.integers(0, len(text))
    pages = tuple(sorted({0, *data.draw(st.lists(places, max_size=3))})) if data.draw(st.booleans()) else ()
    starts = sorted(data.draw(st.sets(places, max_size=4)))
    headings = tuple(
        Heading(start, min(start + 3, end), data.draw(st.integers(1, 3)), "T")
        for start, end in pairwise((*starts, len(text)))
        if start < end
    )
    parsed = _plain(text, pages, headings)
    windows = cut(parsed, _pieces(text), window_tokens=window, passage_tokens=passage)
    passages = _passages(windows)
    if not text.strip():
        assert passages == []
        return
    assert "".join(item.text for item in passages) == text
    assert "".join(item.text for item in windows) == text
    assert [item.ordinal for item in passages] == list(range(len(passages)))
    assert all(text[item.start : item.end] == item.text and item.text.strip() for item in passages)
    assert all(item.text[0].strip() for item in passages[1:])
    for planned in windows:
        assert [planned.window.text[start:end] for start, end in planned.window.spans] == [
            item.text.rstrip() for item in planned.passages
        ]


@given(st.text(max_size=80), st.data(), st.integers(0, 8))
def test_any_text_and_any_tokens_are_tiled(text: str, data: st.DataObject, overlap: int) -> None:
    places = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=40)))
    spans = np.array(list(pairwise(places)), dtype=np.int32).reshape(-1, 2)
    windows = cut(_plain(text), spans, window_tokens=20, passage_tokens=4, overlap_tokens=overlap)
    if text.strip():
        refuse_gaps(text, windows)
    assert sum(len(item.text) for item in _passages(windows)) == (len(text) if text.strip() else 0)


clusters = st.sampled_from(
    ["a", "b", " ", "\n", ".", "。", "e\u0301", "👍🏽", "🇩🇪", "한", "👩‍👩‍👧", "क्षि", "\r\n", "\ufeff"]
)


@given(st.lists(clusters, max_size=100).map("".join))
def test_no_grapheme_is_torn(text: str) -> None:
    windows = cut(_plain(text), _characters(text), window_tokens=24, passage_tokens=8)
    for passage in _passages(windows):
        assert is_border(text, passage.start) or text[passage.start - 1].isspace()


def test_passages_are_about_equally_long_and_end_with_sentences(letter_embedder: Any) -> None:
    text = SENTENCE * 20
    windows = _cut(_plain(text), letter_embedder)
    lengths = [_tokens(passage.text, letter_embedder) for passage in _passages(windows)]
    assert sum(lengths) == 140
    assert max(lengths) <= 28
    assert min(lengths) >= 21
    assert all(passage.text.endswith("sentence. ") for passage in _passages(windows))


def test_windows_are_full_but_keep_a_reserve(letter_embedder: Any) -> None:
    windows = _cut(_plain(SENTENCE * 40), letter_embedder)
    assert [len(window.passages) for window in windows[:-1]] == [2] * (len(windows) - 1)
    assert all(window.tokens <= 64 - RESERVED_TOKENS for window in windows)
    assert all(window.tokens == _tokens(window.text, letter_embedder) for window in windows)


def test_paragraphs_are_kept_whole_where_they_fit(letter_embedder: Any) -> None:
    paragraph = SENTENCE * 3 + "\n\n"
    passages = _passages(_cut(_plain(paragraph * 4), letter_embedder))
    assert [passage.text for passage in passages] == [paragraph] * 4


def test_a_long_sentence_ends_between_words_else_between_letters(letter_embedder: Any) -> None:
    spaced = _passages(_cut(_plain("word " * 100), letter_embedder))
    assert all(passage.text.endswith("word ") for passage in spaced)
    dense = _passages(_cut(_plain("句" * 100), letter_embedder))
    assert [len(passage.text) for passage in dense] == [25] * 4


def test_no_passage_crosses_a_page(letter_embedder: Any) -> None:
    pages = ["One two. " * 4, "Three four. " * 4, "", "Five."]
    text = "\n".join(pages)
    starts = tuple(sum(len(page) + 1 for page in pages[:number]) for number in range(len(pages)))
    passages = _passages(_cut(_plain(text, starts), letter_embedder))
    assert [(passage.page, passage.text.split()[0]) for passage in passages] == [
        (1, "One"), (2, "Three"), (4, "Five."),
    ]  # fmt: skip


def _sections(markdown: str, embedder: Any) -> list[tuple[tuple[str, ...], str]]:
    passages = _passages(_cut(read_markdown(markdown.encode()), embedder))
    return [(passage.heading_path, passage.text.split("\n")[0]) for passage in passages]


def test_a_heading_goes_with_the_text_below_it(letter_embedder: Any) -> None:
    body = SENTENCE * 3 + "\n\n"
    markdown = f"{SENTENCE * 2}\n\n# A\n\n{body}## B\n\n### C\n\n{body}## D\n\n{body}# E\n\n{body}"
    assert _sections(markdown, letter_embedder) == [
        ((), (SENTENCE * 2)),
        (("A",), "# A"),
        (("A", "B", "C"), "## B"),
        (("A", "D"), "## D"),
        (("E",), "# E"),
    ]


def test_a_heading_alone_is_no_passage(letter_embedder: Any) -> None:
    body = SENTENCE * 3
    assert len(_sections(f"# A\n\n{body}\n\n# References\n", letter_embedder)) == 1
    assert _sections("# Only\n", letter_embedder) == [((), "# Only")]


def test_tiny_sections_join_below_their_parent(letter_embedder: Any) -> None:
    entry = "## {0}\n\nsmall {0}\n\n"
    markdown = "# Words\n\n" + "".join(entry.format(name) for name in "abc") + f"# Next\n\n{SENTENCE * 3}"
    assert _sections(markdown, letter_embedder) == [(("Words",), "# Words"), (("Next",), "# Next")]


def test_titles_in_a_path_are_of_bounded_length(letter_embedder: Any) -> None:
    (passage,) = _passages(_cut(read_markdown(b"# " + b"x" * 5_000 + b"\n\nbody"), letter_embedder))
    assert [len(title) for title in passage.heading_path] == [200]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "shift_jis"])
def test_bytes_cut_from_the_source_give_the_passage(letter_embedder: Any, encoding: str) -> None:
    sentence = (
        "これは短い文です。\r\n" if encoding == "shift_jis" else "Où est-il passé ? Très loin d’ici.\r\n"
    )
    source = (sentence * 20).encode(encoding)
    parsed = read_text(source)
    passages = _passages(_cut(parsed, letter_embedder))
    assert len(passages) > 3
    assert parsed.encoding is not None
    for passage in passages:
        assert source[passage.byte_start : passage.byte_end].decode(parsed.encoding) == passage.text
    assert passages[-1].byte_end == len(source)


def test_no_byte_offsets_where_text_and_bytes_differ(letter_embedder: Any) -> None:
    parsed = read_text("Grüße mit einem \0 darin.".encode())
    assert [passage.byte_start for passage in _passages(_cut(parsed, letter_embedder))] == [None]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_lines_are_counted_from_one(letter_embedder: Any, line_break: str) -> None:
    text = (SENTENCE.strip() + line_break) * 40
    for passage in _passages(_cut(_plain(text), letter_embedder)):
        assert passage.line == passage.start // len(SENTENCE.strip() + line_break) + 1


def test_a_passage_names_its_own_language(letter_embedder: Any) -> None:
    german = "Der Kessel steht auf dem Herd und pfeift am Morgen leise vor sich hin. " * 3
    text = SENTENCE * 3 + "\n\n" + german + "\n\nOK."
    passages = _passages(_cut(_plain(text), letter_embedder))
    assert {passage.language for passage in passages if "Kessel" in passage.text} == {"de"}
    assert passages[0].language == "en"


def test_a_big_document_is_cut_in_seconds(letter_embedder: Any) -> None:
    text = (SENTENCE * 20 + "\n\n") * 1_000
    spans = letter_embedder.token_spans(text)
    started = time.process_time()
    windows = cut(_plain(text), spans, window_tokens=512, passage_tokens=256, language="en")
    assert time.process_time() - started < 5
    assert len(windows) > 250


@pytest.mark.parametrize("unit", ["\u0301", "a", "\n", " ", "a\n", "🇩", "a " + "\u0301"])
def test_odd_texts_take_no_time(unit: str) -> None:
    text = "x" + unit * 100_000 + "x"
    started = time.process_time()
    windows = cut(_plain(text), _characters(text), window_tokens=512, passage_tokens=256)
    assert time.process_time() - started < 5
    assert "".join(window.text for window in windows) == text
