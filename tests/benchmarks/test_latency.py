from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import latency
from benchmarks.latency import WHOLE, Measured, ask, ask_within, built, passages, questions, tables
from benchmarks.stopwatch import Laps, Timed
from encoder.checkpoint import BUILTIN, resolve
from encoder.device import place
from encoder.embedder import TransformerEmbedder
from index_data.index import Index

SENTENCES = {
    "en": [
        "The baker opens his shop at five.",
        "Rain fell on the hills all night.",
        "A train leaves at nine.",
    ],
    "ja": ["パン屋は朝五時に店を開ける。", "一晩中雨が降っていた。", "列車は九時に出発する。"],
}


@pytest.mark.slow
def test_every_stage_of_a_real_search_is_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency, "WORK", tmp_path)
    monkeypatch.setattr(latency, "DOCUMENT", 20)
    monkeypatch.setattr("benchmarks.imitated_vectors._MOST", 40)
    embedder = TransformerEmbedder(resolve(BUILTIN), place("cpu"))
    with Index.open(built(60, SENTENCES, embedder)) as index:
        assert index.summary().passages == 60
        assert set(index.summary().languages) == {"en", "ja"}
        asked = [*questions(SENTENCES, 6, seed=1)]
        stages = ask(index, embedder, asked)
        bounded = ask_within(latency.BUDGETS_MS, index, embedder, asked)
        [plenty] = ask_within([60_000], index, embedder, asked).values()
    assert {len(times) for times in stages.values()} == {3}
    parts = [*latency.INDEX.values(), *latency.RERANKER.values(), latency.EVIDENCE, latency.REST]
    for number, whole in enumerate(stages[WHOLE]):
        assert all((stages[part][number] >= -0.01).all() for part in parts)
        total = sum(stages[part][number] for part in (*parts, latency.ENCODING))
        assert total == pytest.approx(whole)
    assert all(len(searches) == 3 for searches in bounded.values())
    assert [(one.read, one.compared) for one in bounded[0]] == [(0, 0)] * 3
    assert all(one.read and one.compared for one in plenty)
    measured = [Measured(60, stages, bounded), Measured(120, stages, bounded)]
    stages_table, aims_table, budget_table = tables(measured)
    assert len(budget_table.columns) == len(budget_table.rows[0]) == 9
    assert len(stages_table.columns) == len(stages_table.rows[0]) == 7
    assert [row[1] for row in aims_table.rows] == ["20", "40", "150"]


def test_passages_and_questions_are_the_same_each_time() -> None:
    assert [*passages(SENTENCES, 9, seed=1)] == [*passages(SENTENCES, 9, seed=1)]
    assert [*passages(SENTENCES, 9, seed=1)] != [*passages(SENTENCES, 9, seed=2)]
    asked = [*questions(SENTENCES, 40, seed=1)]
    assert all(asked)
    assert all(any(question in sentence for sentence in SENTENCES["en"]) for question in asked[::2])


def test_a_stopwatch_passes_on_what_it_does_not_time() -> None:
    laps = Laps()
    timed = Timed("a b", laps, {"split": "cut"})
    assert timed.split() == ["a", "b"]
    assert timed.upper() == "A B"
    assert not hasattr(timed, "nothing")
    assert set(laps.take()) == {"cut"}
    assert laps.take() == {}
    with pytest.raises(TypeError):
        timed.split(1)
    assert set(laps.take()) == {"cut"}
