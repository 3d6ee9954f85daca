from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from index_data.errors import UsageError
from search.evaluation.judged_set import read_judged_set

if TYPE_CHECKING:
    from tests.search.evaluation.conftest import Maker


def test_queries_and_grades(beir: Maker) -> None:
    judged = read_judged_set(beir())
    assert [(query.query_id, query.text, query.language, query.grades) for query in judged.queries] == [
        ("q1", "black tea", "en", {"tea": 2, "der Zug": 0}),
        ("q2", "Zug um neun", "de", {"der Zug": 1}),
    ]
    assert (judged.split, judged.unjudged, judged.without_relevant) == ("test", 1, 0)


@pytest.mark.parametrize(
    "qrels",
    [
        "q1\ttea\t2\nq1\tder Zug\t0\n",
        "q1\tQ0\ttea\t2\r\nq1\tQ0\tder Zug\t0\r\n",
        "q1 0 tea 2\n\n",
    ],
)
def test_judgements_without_a_heading_and_those_of_trec(beir: Maker, qrels: str) -> None:
    [query] = read_judged_set(beir(qrels=qrels)).queries
    assert query.grades["tea"] == 2


def test_a_query_with_nothing_relevant_is_counted(beir: Maker) -> None:
    judged = read_judged_set(beir(qrels="q1\ttea\t0\nq2\tder Zug\t1\n"))
    assert (len(judged.queries), judged.unjudged, judged.without_relevant) == (1, 1, 1)


def test_compressed_queries(beir: Maker) -> None:
    folder = beir()
    file = folder / "queries.jsonl"
    (folder / "queries.jsonl.gz").write_bytes(gzip.compress(file.read_bytes()))
    file.unlink()
    assert len(read_judged_set(folder).queries) == 2


def test_the_split_that_is_named(beir: Maker) -> None:
    folder = beir()
    (folder / "qrels" / "dev.tsv").write_text("q2\tder Zug\t1\n", encoding="utf-8")
    assert len(read_judged_set(folder).queries) == 2
    assert len(read_judged_set(folder, "dev").queries) == 1
    (folder / "qrels" / "test.tsv").unlink()
    assert read_judged_set(folder).split == "dev"
    with pytest.raises(UsageError, match=r"no qrels/train\.tsv") as caught:
        read_judged_set(folder, "train")
    assert "dev" in caught.value.remedy


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"queries": None}, "has no queries.jsonl"),
        ({"qrels": None}, r"has no qrels/\*.tsv"),
        ({"queries": ({"_id": "q1", "text": "a"}, {"_id": "q1", "text": "b"})}, "line 2: the id 'q1' comes"),
        ({"queries": ({"text": "a"},)}, "line 1: it has no '_id'"),
        ({"queries": ({"_id": "q1"},)}, "line 1: it has no 'text'"),
        ({"qrels": "q1\ttea\t1\nq9\ttea\t1\n"}, "test.tsv, line 2: there is no query 'q9'"),
        ({"qrels": "q1\ttea\t1\nq1\ttea\t0\n"}, "line 2: 'tea' was judged otherwise"),
        ({"qrels": "q1\ttea\t1\nq1\ttea\tyes\n"}, "line 2: it is no judgement"),
        ({"qrels": "q1\ttea\t1\nq1\n"}, "line 2: it is no judgement"),
        ({"qrels": "q1\ttea\t0\n"}, "judges nothing as relevant"),
    ],
)
def test_what_is_wrong_is_one_clear_line(beir: Maker, changed: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        read_judged_set(beir(**changed))
    assert "\n" not in caught.value.message
    assert caught.value.remedy


def test_broken_lines(beir: Maker) -> None:
    folder = beir()
    for content, told in (
        (b'{"_id": "q1", ', "line 1: "),
        (b"[]\n", "no JSON object"),
        (b"\xff\xfe", "read"),
    ):
        (folder / "queries.jsonl").write_bytes(content)
        with pytest.raises(UsageError, match=told):
            read_judged_set(folder)
    with pytest.raises(UsageError, match="there is no folder"):
        read_judged_set(folder / "nowhere")


def test_a_judged_document_that_is_not_there(beir: Maker) -> None:
    judged = read_judged_set(beir())
    assert judged.known_as({"tea": "t", "der Zug": "z"}).queries[0].grades == {"t": 2, "z": 0}
    with pytest.raises(UsageError, match="'der Zug', which is no document of the corpus, and 1 more"):
        judged.known_as({"tea": "tea"})
