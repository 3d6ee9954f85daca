"""How often a right answer comes first, and whether that is better than before."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from encoder.interface import Embedder
from encoder.tuning.progress import Report
from encoder.tuning.trials import Comparison, Trial, compared, general_trials, ranks
from index_data.errors import UsageError


def test_ranks_count_the_texts_that_score_more(letter_embedder: Embedder) -> None:
    texts = ("aaaa", "aaab", "zzzz")
    trial = Trial(("aaaa", "aaaa", "zzzz", "aaaa"), tuple(map(frozenset, ([0], [1, 2], [2], [2]))), texts)
    assert ranks(letter_embedder, [trial, trial]).tolist() == [1, 2, 1, 3] * 2


def test_a_query_without_a_right_answer_is_never_answered(letter_embedder: Embedder) -> None:
    trial = Trial(("a",), (frozenset(),), ("a", "b"))
    assert ranks(letter_embedder, [trial]).tolist() == [3]


def test_outcomes_are_compared_query_by_query() -> None:
    before, after = np.array([1, 2, 1, 9]), np.array([1, 1, 3, 12])
    assert compared(before, after, 1) == Comparison(before=2, after=2, gained=1, queries=4)
    assert compared(before, after, 10) == Comparison(before=4, after=3, gained=0, queries=4)


@pytest.mark.parametrize(
    ("after", "gained", "rises"),
    [
        (51, 1, False),  # one query may be chance
        (52, 2, True),
        (52, 10, False),  # 10 up and 8 down
        (60, 15, True),
        (40, 0, False),
    ],
)
def test_a_rise_is_more_than_what_moves_by_chance(after: int, gained: int, rises: bool) -> None:
    assert Comparison(50, after, gained, 100).rises is rises


def comparison(before: int, after: int) -> Comparison:
    return Comparison(before, after, max(after - before, 0), 1_000)


@pytest.mark.parametrize(
    ("first", "among_ten", "general", "better"),
    [
        ((100, 110), (300, 310), (500, 500), True),
        ((100, 110), (300, 300), (500, 495), True),
        ((100, 100), (300, 310), (500, 520), True),
        ((100, 110), (300, 310), (500, 494), False),
        ((100, 110), (300, 299), (500, 500), False),
        ((100, 100), (300, 300), (500, 600), False),
    ],
)
def test_what_is_better(
    first: tuple[int, int], among_ten: tuple[int, int], general: tuple[int, int], better: bool
) -> None:
    report = Report(comparison(*first), comparison(*among_ten), comparison(*general), 1.0)
    assert report.is_better is better


def test_the_general_check_has_many_facts_in_eight_languages() -> None:
    trials = general_trials()
    assert len(trials) == 8
    for trial in trials:
        assert len(set(trial.texts)) == 40
        assert len(trial.queries) == 40 * (2 + 7)
        assert not set(trial.queries) & set(trial.texts)


def test_another_check_is_read_from_a_folder(tmp_path: Path) -> None:
    facts = [
        {"questions": {"en": "why?"}, "passages": {"en": "so", "de": "darum"}},
        {"questions": {}, "passages": {"de": "nie", "it": "mai"}},
    ]
    for number, fact in enumerate(facts):
        (tmp_path / f"{number}.jsonl").write_text(json.dumps(fact) + "\n\n", encoding="utf-8")
    german, english, italian = general_trials(tmp_path)
    assert german == Trial(
        ("why?", "so", "mai"), (frozenset({0}), frozenset({0}), frozenset({1})), ("darum", "nie")
    )
    assert english == Trial(("why?", "darum"), (frozenset({0}),) * 2, ("so",))
    assert italian.texts == ("mai",)


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"questions": {}}',
        '{"questions": [], "passages": {}}',
        '{"questions": {}, "passages": {"en": "one"}}',
        '{"questions": {}, "passages": {"en": "one", "de": 2}}',
        '{"questions": {}, "passages": {"en": "one", "de": " "}}',
    ],
)
def test_what_is_no_fact_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "facts.jsonl").write_text(f"\n{line}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"facts\.jsonl, line 2") as refusal:
        general_trials(tmp_path / "facts.jsonl")
    assert "passages" in refusal.value.remedy


def test_a_check_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        general_trials(tmp_path / "facts.jsonl")
    with pytest.raises(UsageError, match="holds no facts"):
        general_trials(tmp_path)
