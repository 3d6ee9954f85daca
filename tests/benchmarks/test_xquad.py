"""Questions in one language, paragraphs in another, in a set of our own."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.encoders import Contestant
from benchmarks.quality import BM25
from benchmarks.ranking import by_words
from benchmarks.xquad import AIMS, XQuad, aims_of, answers, measure, read, tables
from search.query import Mode

TEXTS = {
    "en": ("bread and flour", "the frozen river"),
    "de": ("Brot und Mehl", "der gefrorene Fluss"),
    "fr": ("pain et farine", "la rivière gelée"),
}
QUESTIONS = {"en": "frozen river", "de": "gefrorene Fluss", "fr": "rivière gelée"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    paragraphs = [
        {"id": f"{language}-{group}", "group": group, "lang": language, "text": text}
        for language, texts in TEXTS.items()
        for group, text in enumerate(texts)
    ]
    questions = [
        {"id": language, "lang": language, "query": query, "relevant_group": 1}
        for language, query in QUESTIONS.items()
    ]
    for name, rows in (("docs", paragraphs), ("queries", questions)):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / f"dev_xquad_{name}.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    return tmp_path


@pytest.fixture
def xquad(folder: Path) -> XQuad:
    return read(folder, every=1)


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """Know English, German and bread; take French for bread."""
    frozen = [any(word in text for word in ("frozen", "gefroren")) for text in texts]
    angles = np.where(frozen, 0.0, np.pi / 2)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_every_nth_question_is_read(folder: Path) -> None:
    assert read(folder, every=2).questions == ("frozen river", "rivière gelée")


def test_each_pair_of_languages_has_its_recall(xquad: XQuad) -> None:
    words = by_words(xquad.paragraphs, xquad.questions)
    result = measure(xquad, words, Contestant("half", "1", embed, embed))
    dense = result.recall_at_1[Mode.DENSE]
    assert dense["en"]["en"] == dense["en"]["de"] == dense["de"]["en"] == 1
    assert dense["fr"]["en"] == dense["fr"]["de"] == 0
    means = result.means[Mode.DENSE]
    assert means["en → en"].recall_at_1 == 1
    assert means["other → en"].recall_at_1 == 0.5
    assert means["other → en"].recall_at_10 == 1
    assert means["all, from en"].recall_at_1 == 1


def test_words_find_what_was_asked_in_their_own_language(xquad: XQuad) -> None:
    result = answers(xquad, by_words(xquad.paragraphs, xquad.questions), [Mode.LEXICAL])
    means = {name: quality.recall_at_1 for name, quality in result.means[Mode.LEXICAL].items()}
    assert means["en → en"] == means["same, not en"] == 1
    assert means["en → other"] == means["other → other"] == 0


def test_tables_name_words_once_and_every_language(xquad: XQuad) -> None:
    words = by_words(xquad.paragraphs, xquad.questions)
    result = measure(xquad, words, Contestant("half", "1", embed, embed))
    directions, languages = tables({BM25: answers(xquad, words, [Mode.LEXICAL]), "half": result})
    assert [row[0] for row in directions.rows] == [BM25, "half, hybrid", "half, dense"]
    assert [row[0] for row in languages.rows] == ["de", "en", "fr"]
    assert languages.rows[0] == ("de", "1.000 / 0.000 / 0.000", "1.000 / 1.000 / 1.000")


def test_aims_are_about_the_encoder_alone(xquad: XQuad) -> None:
    words = by_words(xquad.paragraphs, xquad.questions)
    aims = aims_of(measure(xquad, words, Contestant("half", "1", embed, embed)))
    assert [aim.what for aim in aims] == list(AIMS)
    verdicts = {aim.what: aim.met for aim in aims}
    assert verdicts["en → en"]
    assert not verdicts["other → en"]
