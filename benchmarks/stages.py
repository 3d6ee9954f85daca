"""What each stage of a search gains: meaning, words, their fusion in three ways, and re-ranking.

The samples and the handbook are the data on which the rules of fusion were chosen; the rest only confirms.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from math import exp
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import staged_pools
from benchmarks.encoders import load
from benchmarks.metrics import ndcgs
from benchmarks.ranking import DEPTH
from benchmarks.report import Table, publish, say, surroundings
from benchmarks.staged_pools import Group, StagedPool
from encoder.checkpoint import BUILTIN
from encoder.interface import TokenEmbedder
from encoder.reranker import MaxSimReranker
from index_data.full_text import asked_words
from index_data.records import Candidate, Filters
from search.calibration import Calibration, calibrate
from search.fusion import Fused, fuse
from search.pace import Pace
from search.reranking import candidates_for, opinions
from search.searcher import CANDIDATES

DENSE, LEXICAL, RRF, NOISY_OR, FUSED, RERANK = "dense", "lexical", "RRF", "noisy-or", "fused", "+ MaxSim"
RRF_CONSTANT = 60
RESAMPLES = 1_000

REMARK = """\
nDCG@10; for `samples` and `handbook` of the first right passage. `mixed`: each paragraph of XQuAD in one
language only, among the passages of the samples; `same` and `cross` by whether that language is the
question's. `RRF` is reciprocal rank fusion, k = 60
(Cormack et al. 2009), `noisy-or` the rule of decision 0005, `fused` the search without and `+ MaxSim` with
its first re-ranker. `gain` is `fused` above the better of dense and lexical, with its 95 % interval over
questions drawn anew (bootstrap). `below` counts the languages or pairs of a row in which it is lower,
`surely` those whose interval is below 0."""

Measure = dict[str, NDArray[np.float64]]
"""nDCG@10 of each question, by stage: (Q,)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """All that a question needs, whatever part of the passages it is put to."""

    cosines: NDArray[np.float32]
    """(N,)."""
    bm25: NDArray[np.float32]
    """(N,), minus infinity where no word matches."""
    calibration: Calibration


class Stages:
    """The stages over one pool."""

    def __init__(self, pool: StagedPool, embedder: TokenEmbedder, *, rerank: bool) -> None:
        self._pool = pool
        self._embedder = embedder
        self._reranker = MaxSimReranker(embedder) if rerank else None
        self._columns = {int(passage_id): column for column, passage_id in enumerate(pool.passage_ids)}
        self._vectors = embedder.embed_queries(pool.questions)
        self._asked: dict[int, Asked] = {}

    def measure(self, group: Group) -> Measure:
        """Answer the questions of a group in each way."""
        found: dict[str, list[float]] = {}
        for row in group.questions.tolist():
            for stage, ranking in self._rankings(row, group.part).items():
                found.setdefault(stage, []).append(self._ndcg(row, ranking, group.part))
        return {stage: np.array(values) for stage, values in found.items()}

    def _rankings(self, row: int, part: NDArray[np.int64] | None) -> dict[str, list[int]]:
        """Rank columns in each way, as a search with that filter does."""
        asked = self._ask(row)
        everything = np.arange(len(self._columns)) if part is None else part
        dense, lexical = (_best(scores, everything) for scores in (asked.cosines, asked.bm25))
        known = {candidate.passage_id for candidate in dense}
        own = [Candidate(one.passage_id, float(asked.cosines[one.passage_id])) for one in lexical]
        cosines = dense + [one for one in own if one.passage_id not in known]
        fused = fuse(cosines, lexical, (), asked.calibration)
        rankings = {
            DENSE: _ids(dense),
            LEXICAL: _ids(lexical),
            RRF: _reciprocal(dense, lexical),
            NOISY_OR: _noisy_or(cosines, lexical),
            FUSED: _ids(fused),
        }
        if self._reranker is not None:
            rankings[RERANK] = self._reranked(row, fused[: candidates_for(self._reranker)])
        return rankings

    def _ask(self, row: int) -> Asked:
        if row not in self._asked:
            text, vector, index = self._pool.questions[row], self._vectors[row], self._pool.index
            bm25 = np.full(len(self._columns), -np.inf, np.float32)
            for one in index.matching(text, len(self._columns), Filters()):
                bm25[self._columns[one.passage_id]] = one.score
            background = index.background(text, self._pool.passage_ids.tolist())
            found = calibrate(vector, len(asked_words(text)), background)
            languages = {self._columns[key]: language for key, language in background.language_of.items()}
            self._asked[row] = Asked(self._pool.vectors @ vector, bm25, _with_languages(found, languages))
        return self._asked[row]

    def _reranked(self, row: int, fused: Sequence[Fused]) -> list[int]:
        assert self._reranker is not None  # asked for by `rerank`
        ids = self._pool.passage_ids[[found.passage_id for found in fused]].tolist()
        passages = [one.passage for one in self._pool.index.passages(ids)]
        texts, languages = [one.text for one in passages], [one.language for one in passages]
        scores, question = [found.score for found in fused], self._pool.questions[row]
        said, _ = opinions(question, scores, texts, languages, self._reranker, Pace(), math.inf)
        order = np.argsort([-opinion.score for opinion in said], kind="stable")
        return [fused[place].passage_id for place in order.tolist()]

    def _ndcg(self, row: int, ranking: Sequence[int], part: NDArray[np.int64] | None) -> float:
        relevant = self._pool.relevant[row]
        hits = np.zeros((1, DEPTH), np.bool_)
        hits[0, : len(ranking[:DEPTH])] = relevant[ranking[:DEPTH]]
        total = int((relevant if part is None else relevant[part]).sum())
        if self._pool.first_only:
            hits &= hits.cumsum(axis=1) == 1
            total = 1
        return float(ndcgs(hits, np.array([total]), DEPTH)[0])


def _with_languages(calibration: Calibration, languages: dict[int, str]) -> Calibration:
    return Calibration(
        calibration.words, calibration.level, calibration.spread, calibration.word_levels, languages
    )


def _best(scores: NDArray[np.float32], part: NDArray[np.int64]) -> list[Candidate]:
    order = np.argsort(-scores[part], kind="stable")[:CANDIDATES]
    return [
        Candidate(int(part[place]), float(scores[part[place]]))
        for place in order
        if np.isfinite(scores[part[place]])
    ]


def _ids(ranked: Sequence[Candidate | Fused]) -> list[int]:
    return [one.passage_id for one in ranked]


def _reciprocal(*channels: Sequence[Candidate]) -> list[int]:
    scores: dict[int, float] = {}
    for channel in channels:
        for rank, one in enumerate(channel, start=1):
            scores[one.passage_id] = scores.get(one.passage_id, 0.0) + 1 / (RRF_CONSTANT + rank)
    return sorted(scores, key=lambda column: (-scores[column], column))


def _noisy_or(dense: Sequence[Candidate], lexical: Sequence[Candidate]) -> list[int]:
    bm25s = {one.passage_id: one.score for one in lexical}
    doubts = {
        one.passage_id: (1 - min(max(one.score, 0.0), 1.0)) * exp(-0.02 * bm25s.get(one.passage_id, 0.0))
        for one in dense
    }
    return sorted(doubts, key=lambda column: (doubts[column], column))


def interval(differences: NDArray[np.float64]) -> tuple[float, float]:
    """Draw questions anew and take the middle 95 % of the means of their differences, (Q,)."""
    draws = np.random.default_rng(0).integers(0, len(differences), (RESAMPLES, len(differences)))
    low, high = np.percentile(differences[draws].mean(axis=1), (2.5, 97.5))
    return float(low), float(high)


def gains(measure: Measure) -> NDArray[np.float64]:
    """How far each question is better answered than by the better single channel of its group: (Q,)."""
    better = max((DENSE, LEXICAL), key=lambda stage: measure[stage].mean())
    return measure[FUSED] - measure[better]


def direction(name: str) -> str:
    """Put a group into a row of the summary."""
    pool, _, rest = name.partition(", ")
    if pool == "xquad":
        ask, _, there = rest.partition(" → ")
        kind = "same" if ask == there else "all" if there == "all" else "cross"
        side = "en → other" if ask == "en" else "other → en" if there == "en" else "other → other"
        return f"xquad, {side if kind == 'cross' else kind}"
    return f"{pool}, {rest.partition(', ')[0]}" if pool in {"dev", "general", "mixed"} else pool


def summary(measured: dict[str, Measure]) -> Table:
    """Lay out a row for each kind of question, its groups counting alike."""
    rows = []
    for name in dict.fromkeys(map(direction, measured)):
        groups = [measure for group, measure in measured.items() if direction(group) == name]
        each = [gains(measure) for measure in groups]
        low, high = interval(np.concatenate(each))
        below = sum(gain.mean() < 0 for gain in each)
        surely = sum(interval(gain)[1] < 0 for gain in each)
        gain = np.mean([gain.mean() for gain in each])
        rows.append(
            (
                f"{name} ({sum(map(len, each))})",
                *_means(groups),
                f"{gain:+.3f} ({low:+.3f} to {high:+.3f})",
                f"{below} of {len(each)}",
                str(surely),
            )
        )
    return Table("Stages", ("", *_STAGES, "gain", "below", "surely"), tuple(rows))


_STAGES = (DENSE, LEXICAL, RRF, NOISY_OR, FUSED, RERANK)


def _means(groups: Sequence[Measure]) -> Iterator[str]:
    for stage in _STAGES:
        found = [measure[stage].mean() for measure in groups if stage in measure]
        yield f"{np.mean(found):.3f}" if found else ""


def each_group(measured: dict[str, Measure]) -> Table:
    """Lay out a row for each language or pair."""
    rows = []
    for name, measure in measured.items():
        low, high = interval(gains(measure))
        gain = f"{gains(measure).mean():+.3f} ({low:+.3f} to {high:+.3f})"
        rows.append((name, str(len(measure[FUSED])), *_means([measure]), gain))
    return Table("Each language and pair", ("", "asked", *_STAGES, "gain"), tuple(rows))


def main() -> None:
    """Measure every stage on each set."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stages", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of the dev_* files")
    parser.add_argument("--every", type=int, default=4, metavar="N", help="every Nth question of XQuAD")
    parser.add_argument("--pages", type=int, default=8, metavar="N", help="every Nth page of the handbook")
    parser.add_argument("--paragraphs", type=int, default=150, metavar="N", help="asked for a language")
    parser.add_argument("--rerank", nargs="*", default=["dev", "general", "samples"], metavar="SET")
    options = parser.parse_args()
    embedder = load(BUILTIN)
    opening: list[Callable[[], AbstractContextManager[StagedPool]]] = [
        lambda: staged_pools.samples(embedder),
        lambda: staged_pools.handbook(embedder, options.pages, options.paragraphs),
        lambda: staged_pools.general(embedder),
        lambda: staged_pools.dev(embedder, options.data),
        lambda: staged_pools.mixed(embedder, options.data, options.every),
        lambda: staged_pools.xquad_pairs(embedder, options.data, options.every),
    ]
    context = surroundings() | {"encoder": embedder.fingerprint[:12]}
    measured: dict[str, Measure] = {}
    for opened in opening:
        with opened() as pool:
            say(pool.name)
            stages = Stages(pool, embedder, rerank=pool.name in options.rerank)
            measured |= {group.name: stages.measure(group) for group in pool.groups if len(group.questions)}
    data = {
        name: {stage: round(float(values.mean()), 4) for stage, values in measure.items()}
        for name, measure in measured.items()
    }
    publish("stages", context, data, [summary(measured), each_group(measured)], REMARK)


if __name__ == "__main__":
    main()
