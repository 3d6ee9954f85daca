"""The measures of identified and of balanced languages, each with a case that is worth nothing."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest

from benchmarks.identifiers import IDENTIFIERS
from benchmarks.language_balance import Asked
from benchmarks.language_balance import judge as judge_balance
from benchmarks.languages import Texts, beside_english, judge
from benchmarks.mixed_passages import Mixed, count
from benchmarks.ranking import NONE, Entry
from index_data.records import Passage

TEXTS = Texts(("a", "b", "c", "d"), tuple(frozenset({code}) for code in ("de", "de", "fr", "zh")))


def test_identifiers_are_judged_by_all_names_of_a_language() -> None:
    assert judge(TEXTS, ["de", "deu", "fra", "cmn"]) == judge(TEXTS, ["de", "de", "fr", "zh"])
    right = judge(TEXTS, ["de", "de", "fr", "zh"])
    assert (right.accuracy, right.macro_f1) == (1.0, 1.0)
    half = judge(TEXTS, ["de", "fr", "fr", "und"])
    assert half.accuracy == 0.5
    assert half.macro_f1 == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)
    # The control: who names one language always has the share of that language.
    lazy = judge(TEXTS, ["de"] * 4)
    assert lazy.accuracy == 0.5
    assert lazy.macro_f1 == pytest.approx((2 / 3) / 3)


def test_a_text_in_two_languages_has_two_right_answers_and_no_third() -> None:
    rows = [
        {"id": "1", "eng": "good day", "deu": "guten Tag euch"},
        {"id": "2", "eng": "bye", "deu": "tschüs"},
    ]
    mixed = beside_english(rows)
    assert mixed.texts == ("gut\nbye", "tschüs\ngood d")
    assert judge(mixed, ["de", "en"]).accuracy == 1.0
    assert judge(mixed, ["nl", "fr"]).accuracy == 0.0
    assert judge(mixed, ["de", "en"]).macro_f1 is None


def test_our_own_identifier_is_the_one_of_the_product() -> None:
    load, _ = IDENTIFIERS["ours"]
    assert load()("Der Kessel steht auf dem Herd und pfeift am Morgen leise vor sich hin.") == "de"


def test_hidden_paragraphs_are_counted_by_both_languages() -> None:
    passages = [
        Passage(0, "erstens hier", 0, 1, 1, "de"),
        Passage(1, "zweitens hier", 1, 2, 1, "en", second_language="de"),
        Passage(2, "drittens hier", 2, 3, 1, "en"),
        Passage(3, "quatre", 3, 4, 1, "fr"),
    ]
    asked = [(beginning, passages) for beginning in ("erstens", "zweitenshier", "drittens", "nirgends")]
    found = count("de", passages, asked)
    assert found == Mixed(3, beside=2, hidden=1, passages=4, two_languages=1, foreign=1)


def test_preference_is_the_share_beyond_that_of_the_pool() -> None:
    passages = tuple(Entry(str(number), language, "x") for number, language in enumerate(["en", "de"] * 10))
    relevant = np.zeros((2, 20), np.bool_)
    relevant[0, [0, 1]] = relevant[1, [2, 3]] = True
    asked = Asked(passages, ("a", "b"), np.array(["en", "en"]), relevant)
    english, german = np.arange(0, 20, 2), np.arange(1, 20, 2)
    biased = np.array([[*english, *german], [*english, *german]])
    drawn = np.array(["de", "de"])
    found = judge_balance(asked, biased, drawn, seconds=0.001)
    assert (found.recall_at_1, found.preference, found.drawn) == (0.5, 0.5, 0.0)
    assert (found.elsewhere_at_1, found.milliseconds) == (0.5, 1.0)
    # The control: hits in turn prefer nothing.
    fair = judge_balance(asked, np.array([np.arange(20), np.arange(20)]), drawn, seconds=0.0)
    assert (fair.preference, fair.drawn) == (0.0, 0.5)
    assert fair.elsewhere_at_1 == 0.5


def test_where_nothing_is_right_elsewhere_nothing_is_asked() -> None:
    passages = (Entry("0", "en", "x"), Entry("1", "de", "x"))
    asked = Asked(passages, ("a",), np.array(["en"]), np.array([[True, False]]))
    found = judge_balance(asked, np.array([[0, NONE]]), np.array(["de"]), seconds=0.0)
    assert found.recall_at_1 == 1.0
    assert isnan(found.elsewhere_at_1)
