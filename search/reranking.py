"""The best candidates compared once more: all of them quickly where that goes, the best of these well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from encoder.interface import QuickReranker, Reranker
from search.calibration import USUAL_SPREAD, evidence_of, probability
from search.hits import Reranked
from search.pace import Pace

GUESSED = 50
"""What a re-ranker with a quick first guess looks at."""
THOROUGH = 7
"""How many of these it compares thoroughly: as many as two cores read in an eighth of a second."""
WITHOUT_GUESS = 20
"""What any other re-ranker compares."""
FEW_OF_LANGUAGE = 3
"""Candidates of one language for which their mean counts as much as that of all; see decision 23."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What re-ranking made of a candidate."""

    score: float
    """0 to 1: the score so far, moved by what the re-ranker says, or would probably say."""
    rerank: float | None
    """What it says, 0 to 1; None where it was not asked."""


def candidates_for(reranker: Reranker | None) -> int:
    """How many of the best passages to hand to `opinions`."""
    return GUESSED if isinstance(reranker, QuickReranker) and reranker.guesses else WITHOUT_GUESS


def opinions(
    question: str,
    scores: Sequence[float],
    passages: Sequence[str],
    languages: Sequence[str],
    reranker: Reranker,
    pace: Pace,
    deadline: float,
) -> tuple[list[Opinion], Reranked]:
    """Compare as many passages, best first, as the clock of `pace` seems to allow before it shows `deadline`.

    What a re-ranker says is evidence as far as it lies from the mean of what it says of a passage's language:
    the question's own has more words in common with it, whatever they are about. The mean of those compared
    is put where their guesses have it, so that nobody gains or loses by not being asked. The best of all gets
    the score that the best had before: some of fifty always stand out, which makes no answer surer.
    """
    so_far = np.array([evidence_of(score) for score in scores])
    evidence = np.zeros(len(passages))
    thorough = len(passages)
    if isinstance(reranker, QuickReranker) and reranker.guesses and pace.clock() < deadline:
        evidence = _evidence(reranker.quick_scores(question, passages), languages)
        thorough = min(THOROUGH, thorough)
    order = np.argsort(-(so_far + evidence), kind="stable")[:thorough].tolist()
    found = pace.read(
        [passages[place] for place in order], deadline, lambda few: reranker.scores(question, few).tolist()
    )
    seen = order[: len(found)]
    if seen:
        thorough_evidence = _evidence(np.array(found), [languages[place] for place in seen])
        evidence[seen] = thorough_evidence - thorough_evidence.mean() + evidence[seen].mean()
    asked = dict(zip(seen, found, strict=True))
    final = so_far + evidence
    if len(final):
        final += so_far.max() - final.max()
    return [
        Opinion(probability(one), asked.get(place)) for place, one in enumerate(final.tolist())
    ], Reranked(len(seen), thorough)


def _evidence(said: NDArray[np.floating], languages: Sequence[str]) -> NDArray[np.float64]:
    """How far each score lies from the mean of its language, in units of evidence: float64 (N,).

    The mean of few is drawn to that of all (shrinkage; James and Stein 1961).
    """
    _, spoken = np.unique(np.array(languages), return_inverse=True)
    scores = said.astype(np.float64)
    sums = np.bincount(spoken, scores) + FEW_OF_LANGUAGE * scores.mean()
    means = sums / (np.bincount(spoken) + FEW_OF_LANGUAGE)
    evidence: NDArray[np.float64] = (scores - means[spoken]) / USUAL_SPREAD
    return evidence
