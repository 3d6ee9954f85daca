"""The trigram model of letters, as it is shipped and as it is counted."""

from __future__ import annotations

from collections import Counter
from math import log

import pytest

from search.letters import STEPS, LetterModel, letter_model, runs
from training import letters
from training.letters import PRIOR, model, trigrams
from training.pairs import Pair


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Łódź, 12 ÉTÉS", [("LATIN", "łodz"), ("LATIN", "etes")]),
        ("ｆｕｌｌ", [("LATIN", "full")]),
        ("Διός", [("GREEK", "διος")]),
        ("ก็ด", [("THAI", "ก็ด")]),
        ("aбв中", [("LATIN", "a"), ("CYRILLIC", "бв"), ("CJK", "中")]),
        ("12 – !", []),
    ],
)
def test_runs_are_letters_of_one_script(text: str, expected: list[tuple[str, str]]) -> None:
    assert list(runs(text)) == expected


def _model(*texts: str) -> LetterModel:
    counts = trigrams(Pair("de", "en", text, text) for text in texts)
    parts = model(counts)
    return LetterModel(frozenset(parts.pop("scripts").tolist()), **parts)


def test_odds_are_those_of_the_counts() -> None:
    # Each text counts for two languages; three letters can follow another, and the end.
    found = _model("ab", "ab abc", "ab!")
    assert list(found.trigrams) == ["^^a", "^ab", "ab$", "abc", "bc$"]
    after_b = (6 + PRIOR / 4) / (8 + PRIOR)
    half = 0.5 / STEPS
    assert found.pair_odds[list(found.pairs).index("b$")] / STEPS == pytest.approx(log(4 * after_b), abs=half)
    after_ab = (6 + PRIOR * after_b) / (8 + PRIOR)
    assert found.trigram_odds[2] / STEPS == pytest.approx(log(4 * after_ab), abs=half)


def test_what_was_written_is_likelier_than_its_letters_in_another_order() -> None:
    found = _model(*("the other mother gathers feathers " * 3 + str(number) for number in range(40)))
    written, known, unknown = found.log_odds("the mother 中")
    drawn, *_ = found.log_odds("hte omrteh")
    assert (known, unknown) == (9, 1)
    assert written > 0 > drawn


def test_the_shipped_model_knows_letters_of_many_scripts() -> None:
    found = letter_model()
    assert {"LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "THAI", "DEVANAGARI"} <= found.scripts
    assert list(found.trigrams) == sorted(found.trigrams)
    assert list(found.pairs) == sorted(found.pairs)
    assert found.log_odds("") == (0.0, 0, 0)
    # Letters that were never seen are told against, and count as known.
    odds, *letters_of = found.log_odds("ꞷꞷ")
    assert odds < 0
    assert letters_of == [2, 0]


def test_a_script_of_syllables_or_of_few_texts_is_left_out() -> None:
    many = Counter({f"^^{chr(0xAC00 + number)}": 1_000 for number in range(letters.MOST_LETTERS + 1)})
    few = Counter({"^^a": letters.LEAST_LETTERS - 1})
    assert not letters._is_enough(many)
    assert not letters._is_enough(few)
    assert letters._is_enough(Counter({"^^a": letters.LEAST_LETTERS}))
