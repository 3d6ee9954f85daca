"""Long passages of which one paragraph answers: it stands among others of the same book or collection."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.handbook_pages import paragraphs
from benchmarks.measuring_sets import read_rows

OTHERS = (7, 15)
"""Paragraphs beside the right one, at least and at most."""
_BETWEEN = "\n\n"


@dataclass(frozen=True, slots=True)
class Case:
    """A question, and the passage in which it is answered."""

    language: str
    """Of the passage."""
    question: str
    passage: str
    right: tuple[int, int]
    """Characters of the paragraph that answers."""


def handbook_cases(pages: Path, language: str, count: int, *, seed: int, neighbours: bool) -> list[Case]:
    """Ask with English paragraphs of the Debian handbook for their translations.

    The others are those that stand around the translation in the book, or any of the book.
    """
    book = paragraphs(pages, language, every=1)
    draw = random.Random(f"{seed} {language}")
    cases = []
    for place in draw.sample(range(len(book)), min(count, len(book))):
        others = draw.randint(*OTHERS)
        if neighbours:
            first = min(max(place - draw.randint(0, others), 0), len(book) - others - 1)
            order = list(range(first, first + others + 1))
        else:
            order = draw.sample([other for other in range(len(book)) if other != place], others)
            order.insert(draw.randint(0, others), place)
        texts = [book[number].text for number in order]
        cases.append(glued(language, book[place].english, texts, order.index(place)))
    return cases


def xquad_cases(data: Path, language: str, asked_in: str, count: int, *, seed: int) -> list[Case]:
    """Ask questions of XQuAD in one language for their paragraphs in another one."""
    paragraphs_read = [row for row in read_rows(data, "dev_xquad_docs") if row["lang"] == language]
    texts = {row["group"]: row["text"].strip() for row in paragraphs_read}
    questions = [row for row in read_rows(data, "dev_xquad_queries") if row["lang"] == asked_in]
    draw = random.Random(f"{seed} {language}")
    cases = []
    for question in draw.sample(questions, count):
        right = question["relevant_group"]
        order = draw.sample(sorted(set(texts) - {right}), draw.randint(*OTHERS))
        place = draw.randint(0, len(order))
        order.insert(place, right)
        cases.append(glued(language, question["query"], [texts[group] for group in order], place))
    return cases


def glued(language: str, question: str, texts: Sequence[str], place: int) -> Case:
    """Put paragraphs one below the other; the one at `place` answers."""
    start = sum(len(text) + len(_BETWEEN) for text in texts[:place])
    return Case(language, question, _BETWEEN.join(texts), (start, start + len(texts[place])))
