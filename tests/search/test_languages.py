"""Languages that are preferred, and languages that are balanced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from encoder.interface import Window
from index_data.index import Index
from index_data.records import Candidate, Document, FileStamp, Filters, Fingerprint, Passage
from search.languages import LanguageOffsets, offsets_of, preferred
from search.query import Mode, Query
from search.searcher import Searcher
from tests.conftest import LetterEmbedder

STAMP = FileStamp(1, 1, "0" * 64)
TEA = {"en": "pour black tea", "de": "pour black tea and more", "fr": "pour it"}


def _put(
    index: Index, name: str, language: str, vector: NDArray[np.float32], second: str | None = None
) -> None:
    passage = Passage(0, TEA.get(language, "x"), 0, 1, 1, language, second_language=second)
    index.replace(Document(Path(f"/{name}"), STAMP, "txt", name, language), [passage], vector[None])


def _unit(*values: float) -> NDArray[np.float32]:
    vector = np.array(values, np.float32)
    unit: NDArray[np.float32] = vector / np.linalg.norm(vector)
    return unit


@pytest.fixture
def biased(tmp_path: Path) -> Iterator[Index]:
    """Make an index whose last dimension is the language, English or German, and nothing else."""
    fingerprint = Fingerprint("made", "up", 8, 512, 256, 1)
    chance = np.random.default_rng(0)
    with Index.create_or_open(tmp_path / "index", fingerprint) as index:
        for number in range(200):
            subject = 0.3 * chance.standard_normal(7)
            language, way = ("en", 0.5) if number % 2 == 0 else ("de", -0.5)
            _put(index, str(number), language, _unit(*subject, way))
        yield index


def test_a_preferred_language_takes_away_a_tenth_of_the_doubt() -> None:
    assert preferred(0.5, ("de",), ("de", "fr")) == pytest.approx(0.55)
    assert preferred(0.5, ("en", "fr"), ("de", "fr")) == pytest.approx(0.55)
    assert preferred(0.5, ("en",), ("de",)) == preferred(0.5, ("de",), ()) == 0.5
    assert preferred(1.0, ("de",), ("de",)) == 1.0
    assert preferred(0.0, ("de",), ("de",)) == pytest.approx(0.1)


def test_an_offset_is_what_a_language_adds() -> None:
    chance = np.random.default_rng(0)
    added = {"en": np.zeros(6), "de": chance.standard_normal(6), "fr": chance.standard_normal(6)}
    languages = ["en", "de", "fr"] * 1000
    vectors = np.array([added[language] for language in languages]) + chance.standard_normal((3000, 6))
    offsets = offsets_of(languages, vectors.astype(np.float32))
    middle = np.mean(list(added.values()), axis=0)
    for language, truth in added.items():
        assert np.allclose(offsets[language], truth - middle, atol=0.15)


def test_few_passages_say_little_of_their_language() -> None:
    vectors = np.eye(4, dtype=np.float32)
    assert np.linalg.norm(offsets_of(["en"] * 3 + ["de"], vectors)["de"]) < 0.05
    assert offsets_of([], np.zeros((0, 4), np.float32)) == {}


def test_balance_takes_the_language_out_of_the_cosines(biased: Index) -> None:
    vector = _unit(1, 0, 0, 0, 0, 0, 0, 1)
    found = biased.nearest(vector, 200, Filters())
    balanced = LanguageOffsets().balanced(biased, vector, found)

    def favour(candidates: Sequence[Candidate]) -> float:
        spoken = biased.languages([candidate.passage_id for candidate in candidates])
        scores = np.array([candidate.score for candidate in candidates])
        english = np.array([languages == ("en",) for languages in spoken])
        return float(scores[english].mean() - scores[~english].mean())

    assert favour(found) > 0.5
    assert abs(favour(balanced)) < 0.3 * favour(found)
    assert balanced == sorted(balanced, key=lambda one: -one.score)
    assert {candidate.passage_id for candidate in found} == {candidate.passage_id for candidate in balanced}


def test_offsets_follow_the_index(biased: Index) -> None:
    offsets, vector = LanguageOffsets(), _unit(0, 0, 0, 0, 0, 0, 0, 1)
    before = offsets.balanced(biased, vector, biased.nearest(vector, 5, Filters()))
    assert before == offsets.balanced(biased, vector, biased.nearest(vector, 5, Filters()))
    biased.remove([Path(f"/{number}") for number in range(1, 200, 2)])
    found = biased.nearest(vector, 5, Filters())
    # One language alone differs from nothing.
    after = offsets.balanced(biased, vector, found)
    assert [candidate.score for candidate in after] == pytest.approx([one.score for one in found], abs=1e-6)
    assert after != before


@pytest.fixture
def empty(tmp_path: Path, letter_embedder: LetterEmbedder) -> Iterator[Index]:
    fingerprint = Fingerprint("letters", letter_embedder.fingerprint, letter_embedder.dimension, 512, 256, 1)
    with Index.create_or_open(tmp_path / "index", fingerprint) as index:
        yield index


@pytest.fixture
def tea(empty: Index, letter_embedder: LetterEmbedder) -> Searcher:
    for language, text in TEA.items():
        [vector] = letter_embedder.embed_passages([Window(text, ((0, len(text)),))])
        _put(empty, language, language, vector)
    return Searcher(empty, letter_embedder)


def _languages(searcher: Searcher, query: Query) -> list[str]:
    return [hit.passage.language for hit in searcher.search(query)]


def test_a_preference_moves_hits_and_hides_none(tea: Searcher) -> None:
    plain = Query("pour black tea and", mode=Mode.DENSE)
    unmoved = tea.search(plain)
    preferring = tea.search(Query(plain.text, mode=Mode.DENSE, preferred_languages=("fr",)))
    assert len(preferring) == len(unmoved) == len(TEA)
    by_language = {hit.passage.language: hit.score for hit in unmoved}
    for hit in preferring:
        expected = preferred(by_language[hit.passage.language], (hit.passage.language,), ("fr",))
        assert hit.score == pytest.approx(expected, abs=1e-6)
    assert [hit.score for hit in preferring] == sorted((hit.score for hit in preferring), reverse=True)


def test_a_preference_brings_nothing_above_the_lowest_score(tea: Searcher) -> None:
    plain = tea.search(Query("pour black tea", mode=Mode.DENSE))
    lowest = plain[-1]
    assert lowest.passage.language == "fr"
    floor = lowest.score + 1e-6
    asked = Query("pour black tea", mode=Mode.DENSE, min_score=floor, preferred_languages=("fr",))
    assert preferred(lowest.score, ("fr",), ("fr",)) > floor
    assert "fr" not in _languages(tea, asked)


def test_a_preferred_language_is_looked_for_below_the_candidates_shown(
    empty: Index, letter_embedder: LetterEmbedder
) -> None:
    question = letter_embedder.embed_queries(["tea"])[0]
    for number in range(40):
        vector = question + (0.3 + number * 1e-4) * np.roll(question, 1)
        _put(empty, str(number), "de" if number == 39 else "en", _unit(*vector))
    searcher = Searcher(empty, letter_embedder)
    asked = Query("tea", limit=1, mode=Mode.DENSE)
    assert _languages(searcher, asked) == ["en"]
    assert _languages(searcher, replace(asked, preferred_languages=("de",))) == ["de"]


def test_a_balanced_search_answers_in_every_mode(tea: Searcher) -> None:
    for mode in Mode:
        assert _languages(tea, Query("pour black tea", mode=mode, balance_languages=True))[0] == "en"
