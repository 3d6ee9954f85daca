"""The evidence benchmark: what a case is, and that a way that looks does better than one that does not."""

from __future__ import annotations

import gzip
import json
from itertools import cycle, islice
from pathlib import Path

import pytest

from benchmarks.evidence import measure, span_table
from benchmarks.glued_passages import OTHERS, Case, glued, handbook_cases, xquad_cases
from encoder.interface import PoolingEmbedder

WORDS = [
    "amber",
    "basil",
    "cedar",
    "dune",
    "ember",
    "fjord",
    "grove",
    "heron",
    "inlet",
    "jade",
    "kelp",
    "lotus",
]


def paragraph(number: int) -> str:
    """Write a dozen sentences that no other number gives."""
    words = list(islice(cycle(WORDS[number % 12 :] + WORDS[: number % 12]), 4 + number % 5))
    return " ".join(f"{' '.join(words).capitalize()} {word * (1 + number // 12)}." for word in words[:4] * 3)


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Make a book of forty paragraphs whose translation are the words reversed."""
    for language, translate in (("en-US", str), ("de-DE", lambda text: "".join(reversed(text)) + ".")):
        page = tmp_path / language / "page.html"
        page.parent.mkdir()
        blocks = (f'<div class="para">{translate(paragraph(number))}</div>' for number in range(40))
        page.write_text("".join(blocks), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("neighbours", [False, True])
def test_the_right_paragraph_stands_where_it_is_said_to(pages: Path, *, neighbours: bool) -> None:
    cases = handbook_cases(pages, "de-DE", 6, seed=1, neighbours=neighbours)
    assert len(cases) == 6
    for case in cases:
        texts = case.passage.split("\n\n")
        assert OTHERS[0] < len(texts) <= OTHERS[1] + 1
        assert len(set(texts)) == len(texts)
        assert "".join(reversed(case.passage[slice(*case.right)][:-1])) == case.question
    assert cases == handbook_cases(pages, "de-DE", 6, seed=1, neighbours=neighbours)
    assert cases != handbook_cases(pages, "de-DE", 6, seed=2, neighbours=neighbours)


def test_a_question_of_one_language_asks_for_a_paragraph_of_another(tmp_path: Path) -> None:
    groups = range(20)
    documents = [
        {"group": str(group), "lang": lang, "text": f" {lang} {group} "}
        for group in groups
        for lang in ("en", "de")
    ]
    queries = [
        {"lang": lang, "query": f"{lang}? {group}", "relevant_group": str(group)}
        for group in groups
        for lang in ("en", "de")
    ]
    for name, rows in (("dev_xquad_docs", documents), ("dev_xquad_queries", queries)):
        (tmp_path / f"{name}.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    for case in xquad_cases(tmp_path, "de", "en", 5, seed=0):
        assert case.question.startswith("en? ")
        assert case.passage[slice(*case.right)] == f"de {case.question[4:]}"


def test_who_looks_finds_more_than_who_does_not(letter_embedder: PoolingEmbedder) -> None:
    texts = [
        "Black tea is poured. It stands.",
        "Rain fell all night. The river rose.",
        "Der Zug fährt um neun Uhr.",
    ]
    questions = ["tea poured", "night river rain", "Zug fährt um neun Uhr"]
    cases: list[Case] = [glued("xx", question, texts * 4, place) for place, question in enumerate(questions)]
    distinct = [glued("xx", question, texts, place) for place, question in enumerate(questions)]
    found, marks = measure(distinct, letter_embedder)
    right = {way: [hit for hit, _ in spans["xx"]] for way, spans in found.items()}
    assert right["as shown"] == right["BM25 window"] == right["nearest sentence"] == [True] * 3
    assert marks.paired == 1.0 > marks.words
    missed, _ = measure(cases, letter_embedder)
    assert sum(hit for hit, _ in missed["random"]["xx"]) < 3
    assert "pooled span" in span_table({"made up": found}).markdown()
