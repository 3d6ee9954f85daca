"""What of a passage answers, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from encoder.interface import TokenStates, Window
from search.evidence import explained, explained_by_words
from search.hits import Evidence, Witness
from search.pace import Pace
from tests.conftest import LetterEmbedder

PASSAGE = "Rain fell all night. Der Zug fährt um neun Uhr ab. 我们去看西湖。"
QUESTION = "Zug fährt ab um neun Uhr"


class SentenceEmbedder(LetterEmbedder):
    """Does not pool by the mean, as far as it tells."""

    @property
    def pools_tokens(self) -> bool:
        return False


def explain(question: str, passages: Sequence[str], embedder: LetterEmbedder) -> list[tuple[str, Evidence]]:
    [query] = embedder.embed_queries([question])
    found = explained(question, query, passages, embedder, Pace(), math.inf)
    shown = [passage[slice(*span)].strip() for passage, (span, _) in zip(passages, found, strict=True)]
    return list(zip(shown, (why for _, why in found), strict=True))


@pytest.mark.parametrize("kind", [LetterEmbedder, SentenceEmbedder])
def test_the_nearest_sentence_of_each_passage(kind: type[LetterEmbedder]) -> None:
    [(first, _), (second, _)] = explain(QUESTION, [PASSAGE, "One only."], kind())
    assert first == "Der Zug fährt um neun Uhr ab."
    assert second == "One only."


def test_an_encoder_that_shows_no_states_witnesses_sentences_only() -> None:
    [(_, why)] = explain(QUESTION, [PASSAGE], SentenceEmbedder())
    assert why == Evidence(Witness.SENTENCES)


@dataclass
class Reading:
    """A clock, and an embedder that takes a second for each passage."""

    embedder: LetterEmbedder
    now: float = 100.0

    def __call__(self) -> float:
        return self.now

    def __getattr__(self, name: str) -> Any:
        return getattr(self.embedder, name)

    def token_states(self, texts: Sequence[str], *, query: bool = False) -> list[TokenStates]:
        self.now += 0 if query else len(texts)
        return self.embedder.token_states(texts, query=query)

    def embed_passages(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        self.now += len(windows)
        return self.embedder.embed_passages(windows)


@pytest.mark.parametrize("kind", [LetterEmbedder, SentenceEmbedder])
@pytest.mark.parametrize(("seconds", "read"), [(0, 0), (0.5, 1), (3, 3), (8, 6), (math.inf, 6)])
def test_what_there_is_no_time_for_is_explained_by_its_words(
    kind: type[LetterEmbedder], seconds: float, read: int
) -> None:
    slow: Any = Reading(kind())
    [query] = slow.embed_queries([QUESTION])
    found = explained(QUESTION, query, [PASSAGE] * 6, slow, Pace(slow), slow.now + seconds)
    by_encoder = Witness.TOKENS if slow.pools_tokens else Witness.SENTENCES
    assert [why.witness for _, why in found] == [by_encoder] * read + [Witness.WORDS] * (6 - read)
    assert {PASSAGE[slice(*span)].strip() for span, _ in found} == {"Der Zug fährt um neun Uhr ab."}


def test_the_sentence_with_most_words_in_common() -> None:
    span, why = explained_by_words("西湖", PASSAGE)
    assert PASSAGE[slice(*span)] == "我们去看西湖。"
    assert why == Evidence(Witness.WORDS)
    span, _ = explained_by_words("nothing shared", PASSAGE)
    assert PASSAGE[slice(*span)].strip() == "Rain fell all night."


def test_no_passages_give_no_sentences(letter_embedder: LetterEmbedder) -> None:
    assert explain("anything", [], letter_embedder) == []


@pytest.mark.parametrize("passage", [PASSAGE, "One only.", "…a", "a", "西\n"])
@pytest.mark.parametrize("question", [QUESTION, "?", "西"])
def test_the_shares_of_all_words_are_the_cosine(
    question: str, passage: str, letter_embedder: LetterEmbedder
) -> None:
    [query] = letter_embedder.embed_queries([question])
    [whole] = letter_embedder.embed_passages([Window(passage, ((0, len(passage)),))])
    [(_, why)] = explain(question, [passage], letter_embedder)
    assert sum(word.weight for word in why.words) + why.rest == pytest.approx(float(query @ whole), abs=1e-4)


def test_a_word_is_paired_with_itself(letter_embedder: LetterEmbedder) -> None:
    question = "When does the Zug leave?"
    [(_, why), _] = explain(question, [PASSAGE, "One only."], letter_embedder)
    paired = {PASSAGE[slice(*pair.passage)]: pair for pair in why.pairs}
    assert question[slice(*paired["Zug"].query)] == "Zug"
    assert paired["Zug"].similarity == pytest.approx(1, abs=1e-3)
