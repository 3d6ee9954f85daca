"""What we print is what ir_measures says of the written run, and what our own formulas say."""

from __future__ import annotations

from pathlib import Path
from random import Random

import ir_measures
import numpy as np
import pytest

from benchmarks.metrics import ndcgs, reciprocal_ranks
from index_data.errors import UsageError
from search.evaluation.gates import read_gate
from search.evaluation.intervals import bootstrap, estimate, wilson
from search.evaluation.judged_set import JudgedQuery
from search.evaluation.measures import MEASURES, groups, per_query
from search.evaluation.runs import DEPTH, Ranking, descending, qrels_text, run_text
from search.evaluation.ways import Way


def query(name: str, grades: dict[str, int], language: str = "und") -> JudgedQuery:
    return JudgedQuery(name, "text", language, grades, "place")


@pytest.fixture
def queries() -> list[JudgedQuery]:
    random = Random(7)
    names = [f"dok {number}" for number in range(60)]
    return [
        query(f"q{number}", {name: random.choice([0, 1]) for name in random.sample(names, 9)} | {"dok 0": 1})
        for number in range(40)
    ]


@pytest.fixture
def rankings(queries: list[JudgedQuery]) -> dict[str, Ranking]:
    """Scores come in ties, as those of short texts do, and one query finds nothing."""
    random = Random(8)
    found = {}
    for one in queries:
        names = random.sample([f"dok {number}" for number in range(60)], 30)
        scores = sorted((random.choice([0.25, 0.5, 0.7500001]) for _ in names), reverse=True)
        found[one.query_id] = descending(zip(names, scores, strict=True))
    return found | {queries[3].query_id: {}}


def test_the_round_trip(queries: list[JudgedQuery], rankings: dict[str, Ranking], tmp_path: Path) -> None:
    run, qrels = tmp_path / "a.run", tmp_path / "a.qrels"
    run.write_text(run_text(rankings, "dragoman"), encoding="utf-8")
    qrels.write_text(qrels_text(queries), encoding="utf-8")
    said = ir_measures.calc_aggregate(
        list(MEASURES.values()),
        list(ir_measures.read_trec_qrels(str(qrels))),  # type: ignore[no-untyped-call]
        list(ir_measures.read_trec_run(str(run))),  # type: ignore[no-untyped-call]
    )
    ours = dict(zip(MEASURES, per_query(queries, rankings).mean(axis=0), strict=True))
    assert ours == pytest.approx({name: said[measure] for name, measure in MEASURES.items()}, abs=1e-12)
    assert 0.1 < ours["nDCG@10"] < 0.9


def test_our_own_formulas_agree(queries: list[JudgedQuery], rankings: dict[str, Ranking]) -> None:
    relevant = np.zeros((len(queries), DEPTH), np.bool_)
    for row, one in enumerate(queries):
        for column, name in enumerate(rankings[one.query_id]):
            relevant[row, column] = one.grades.get(name, 0) > 0
    totals = np.array([sum(one.grades.values()) for one in queries])
    values = per_query(queries, rankings)
    assert values[:, list(MEASURES).index("nDCG@10")] == pytest.approx(ndcgs(relevant, totals, 10))
    assert values[:, list(MEASURES).index("MRR@10")] == pytest.approx(reciprocal_ranks(relevant[:, :10]))


def test_an_order_of_equal_scores_is_kept() -> None:
    # trec_eval would put b before a.
    ranking = descending([("a", 0.5), ("b", 0.5), ("c", 0.9)])
    assert list(ranking) == ["a", "b", "c"]
    scores = [np.float32(f"{score:.9g}") for score in ranking.values()]
    assert scores[0] > scores[1] > scores[2]
    [found] = per_query([query("q", {"a": 1})], {"q": ranking})
    assert found[list(MEASURES).index("MRR@10")] == 1.0


def test_a_name_with_white_space_stays_one_field() -> None:
    assert run_text({"q 1": {"a\tb%": 0.5}}, "x") == "q%201 Q0 a%09b%25 1 0.5 x\n"


def test_a_name_that_is_not_utf_8_is_measured_and_written() -> None:
    name = "\udcff\ud800.md"
    values = per_query([query("q\udcff", {name: 1, "a\0b": 0})], {"q\udcff": {"a\0b": 0.9, name: 0.5}})
    assert dict(zip(MEASURES, values[0], strict=True))["MRR@10"] == 0.5
    assert run_text({"q": {name: 0.5}}, "x") == "q Q0 %ED%B3%BF%ED%A0%80.md 1 0.5 x\n"


def test_languages_and_pairs() -> None:
    asked = [query("q1", {"en1": 1, "zh1": 1}, "de"), query("q2", {"en2": 1}, "en")]
    rankings = {
        # Right in English, then wrong, then right in Chinese.
        "q1": descending([("en1", 0.9), ("en2", 0.8), ("zh1", 0.7)]),
        "q2": descending([("zh1", 0.9), ("en2", 0.8)]),
    }
    found = groups(asked, rankings, {"en1": "en", "en2": "en", "zh1": "zh"})
    table: dict[object, object] = {
        (one.query_language, one.document_language): (one.queries, one.estimates["MRR@10"].mean)
        for one in found
    }
    assert table == {
        (None, None): (2, pytest.approx(0.75)),
        ("de", None): (1, pytest.approx(1.0)),
        ("en", None): (1, pytest.approx(0.5)),
        ("de", "en"): (1, pytest.approx(1.0)),
        ("en", "en"): (1, pytest.approx(0.5)),
        # The English right answer is taken out, the wrong one stays.
        ("de", "zh"): (1, pytest.approx(0.5)),
    }


def test_without_languages_there_is_one_group() -> None:
    [found] = groups([query("q", {"a": 1})], {"q": {"a": 1.0}}, {})
    assert (found.query_language, found.queries) == (None, 1)


def test_the_intervals() -> None:
    # Wilson's own score interval for 8 of 10, as textbooks have it (Agresti and Coull 1998).
    assert (wilson(8, 10).low, wilson(8, 10).high) == pytest.approx((0.490, 0.943), abs=1e-3)
    assert wilson(10, 10).low < 0.8
    assert wilson(0, 10).high > 0.2
    values = np.random.default_rng(1).normal(0.5, 0.1, (400, 2))
    [first, _] = bootstrap(values)
    assert first.mean == pytest.approx(values[:, 0].mean())
    # The standard error is 0.1 / sqrt(400).
    assert (first.mean - first.low, first.high - first.mean) == pytest.approx((0.0098, 0.0098), abs=0.0015)
    assert bootstrap(values) == bootstrap(values)
    assert estimate([1.0, 0.0]) == wilson(1, 2)
    assert estimate([0.5, 0.5]).low == 0.5


def test_gates() -> None:
    gate = read_gate("nDCG@10>=0.5")
    assert (gate.way, gate.measure, gate.least) == (None, "nDCG@10", 0.5)
    gate = read_gate("re-ranked: r@10 >= .75")
    assert (gate.way, gate.measure, gate.least) == (Way.RERANKED, "recall@10", 0.75)
    assert read_gate("RR@10>=1").measure == "MRR@10"
    for wrong in ("nDCG@10", "nDCG@7>=0.5", "psychic:nDCG@10>=0.5", "nDCG@10<=0.5", ""):
        with pytest.raises(UsageError, match="cannot be read"):
            read_gate(wrong)
