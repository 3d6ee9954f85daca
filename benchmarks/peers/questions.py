"""What is asked of the folder, and which of its files are right."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.handbook_pages import paragraphs
from benchmarks.report import ROOT
from search.evaluation.judged_set import JudgedQuery

SAMPLES = ROOT / "samples"


def sample_questions(files: Sequence[Path]) -> list[JudgedQuery]:
    """Return the questions about these sample documents, each in another language than its document."""
    lines = (SAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    there = set(map(str, files))
    asked = [
        JudgedQuery(
            f"sample {number}",
            row["query"],
            row["lang"],
            {str(SAMPLES / "documents" / row["file"]): 1},
            "samples/questions.jsonl",
        )
        for number, row in enumerate(rows)
    ]
    return [query for query in asked if set(query.grades) <= there]


def handbook_questions(pages: Path, languages: Sequence[str], *, every: int, count: int) -> list[JudgedQuery]:
    """Return English paragraphs of the handbook; its page is right in each of these languages."""
    right: dict[str, set[Path]] = defaultdict(set)
    for language in languages:
        for paragraph in paragraphs(pages, language, every=every):
            right[paragraph.english].add(paragraph.page)
    whole = [
        JudgedQuery(f"handbook {number}", english, "en", {str(page): 1 for page in found}, "the handbook")
        for number, (english, found) in enumerate(sorted(right.items()))
        if len(found) == len(languages)
    ]
    return whole[:: max(1, len(whole) // count)][:count]


def in_language(
    queries: Sequence[JudgedQuery], answers: dict[str, list[str]], language: str
) -> tuple[list[JudgedQuery], dict[str, list[str]]]:
    """Leave out of questions and answers what is not in the folder of one language."""

    def inside(name: str) -> bool:
        return Path(name).parent.name == language

    asked = [
        replace(query, grades={name: grade for name, grade in query.grades.items() if inside(name)})
        for query in queries
    ]
    return asked, {query: [name for name in found if inside(name)] for query, found in answers.items()}
