"""Letters in no order are told from words of many languages."""

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


def test_nearly_all_gibberish_is_not_legible() -> None:
    asked, refused = Counter[str](), Counter[str]()
    for query in gibberish(12, seed=1):
        if query.kind != "words":
            asked[query.kind] += 1
            refused[query.kind] += not is_legible(query.text, cut())
    assert refused["digits"] == asked["digits"]
    assert refused["letters"] > 0.95 * asked["letters"]
    assert refused["keys"] > 0.85 * asked["keys"]


def test_words_in_no_order_are_read_all_the_same() -> None:
    salads = [query.text for query in gibberish(12, seed=1) if query.kind == "words"]
    assert all(is_legible(text, cut()) for text in salads)


def test_questions_are_legible_in_each_language() -> None:
    rows = [json.loads(line) for line in GENERAL.read_text(encoding="utf-8").splitlines()]
    texts = [text for row in rows for part in ("questions", "passages") for text in row[part].values()]
    assert len(texts) > 300
    assert sum(not is_legible(text, cut()) for text in texts) < 0.01 * len(texts)


@pytest.mark.parametrize(
    "name", ["Kyrgyzstan", "Liechtenstein", "Достоевский", "パン", "빵", "HTTP/2", "dpkg", "rhythm", "Łódź"]
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


@pytest.mark.parametrize(
    "text", ["xqzvblorf wmpljkhgt", "ъжщцфы ьвгкл", "むぬへをゆろせぺ", "ㄅ xkcdq zvbnt"]
)
def test_letters_in_no_order_say_nothing_to_any_encoder(text: str, letter_embedder: LetterEmbedder) -> None:
    assert not is_legible(text, letter_embedder.token_spans)


def test_a_few_letters_beside_another_script_do_not_decide() -> None:
    assert is_legible("使用 xkcdq 配置网络接口", cut())
