"""Code-switched English."""

import random

import pytest

from training.pairs import Pair
from training.sources import switched
from training.sources.switched import dictionaries, look_up, switch, switched_pairs

WORDS = {"house": ["Haus"], "river": ["Fluss"], "walk": ["gehen"]}


def always() -> random.Random:
    """Return a draw that replaces every known word."""
    draw = random.Random(1)
    draw.random = lambda: 0.0  # type: ignore[method-assign]
    return draw


def test_known_words_are_replaced() -> None:
    text = switch("The houses by the River, and she walked.", WORDS, always())
    assert text == "The Haus by the Fluss, and she gehen."


def test_a_text_with_one_known_word_is_left_out() -> None:
    assert switch("A house and nothing else known", WORDS, always()) is None


def test_endings() -> None:
    assert look_up("Walking", WORDS) == ["gehen"]
    assert look_up("wal", WORDS) == []


def test_keywords_of_a_sign_are_no_translations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switched, "FEWEST_WORDS", 1)
    found = dictionaries(
        [
            Pair("en", "de", "bag, cash, money", "Beutel, Geld"),
            Pair("en", "de", "brook, stream", "Bach (klein)"),
            Pair("en", "de", "the", "der"),
        ]
    )
    assert found == {"de": {"brook": ["Bach"], "stream": ["Bach"]}}


def test_small_dictionaries_are_left_out_and_the_seed_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switched, "FEWEST_WORDS", 3)
    rows = [Pair("en", "de", word, other[0]) for word, other in WORDS.items()]
    rows.append(Pair("en", "fr", "house", "maison"))
    texts = [f"house river walk {number}" for number in range(20)]
    first = list(switched_pairs(texts, rows, 2, seed=5))
    assert {pair.second_lang for pair in first} == {"de"}
    assert first == list(switched_pairs(texts, rows, 2, seed=5))
    assert first != list(switched_pairs(texts, rows, 2, seed=6))
