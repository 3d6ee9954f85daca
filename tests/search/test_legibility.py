"""Letters in no order are told from words by the built-in encoder's own tokenizer."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import encoder
from benchmarks.gibberish import gibberish
from encoder.token_sequences import TokenSequencer
from encoder.tuning.trials import GENERAL
from search.legibility import Cut, is_legible
from tests.conftest import LetterEmbedder


@cache
def cut() -> Cut:
    return TokenSequencer(Path(encoder.__path__[0]) / "builtin" / "tokenizer.json").spans


def test_most_gibberish_is_not_legible() -> None:
    asked, refused = Counter[str](), Counter[str]()
    for query in gibberish(12, seed=1):
        if query.kind != "words" and query.letters not in {"Hiragana", "Devanagari"}:
            asked[query.kind] += 1
            refused[query.kind] += not is_legible(query.text, cut())
    assert refused["digits"] == asked["digits"]
    assert refused["letters"] > 0.7 * asked["letters"]
    assert refused["keys"] > 0.5 * asked["keys"]


def test_questions_are_legible_in_each_language() -> None:
    rows = [json.loads(line) for line in GENERAL.read_text(encoding="utf-8").splitlines()]
    texts = [text for row in rows for part in ("questions", "passages") for text in row[part].values()]
    assert len(texts) > 300
    assert sum(not is_legible(text, cut()) for text in texts) < 0.01 * len(texts)


@pytest.mark.parametrize(
    "name", ["Kyrgyzstan", "Liechtenstein", "Достоевский", "パン", "빵", "HTTP/2", "dpkg"]
)
def test_names_are_legible(name: str) -> None:
    assert is_legible(name, cut())


@pytest.mark.parametrize(
    ("text", "legible"), [("4711", False), ("12:30 – 14:00", False), ("☕", True), ("!", False)]
)
def test_what_has_no_letter_has_a_meaning_only_as_a_symbol(text: str, *, legible: bool) -> None:
    assert is_legible(text, cut()) is legible


def test_scripts_are_mixed_at_will(letter_embedder: LetterEmbedder) -> None:
    for one in (cut(), letter_embedder.token_spans):
        assert is_legible("bread 面包 الخبز ขนมปัง 빵 хлеб", one)


def test_the_verdict_is_the_same_each_time() -> None:
    assert len({is_legible("ghjfk dlskw qpwoe", cut()) for _ in range(5)}) == 1


def test_an_encoder_that_knows_every_word_reads_everything(letter_embedder: LetterEmbedder) -> None:
    assert is_legible("xqzvblorf wmpljkhgt", letter_embedder.token_spans)
