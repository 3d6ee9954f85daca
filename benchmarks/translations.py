"""Whether an English paragraph finds its translation in an index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.handbook_pages import Paragraph, without_space
from benchmarks.metrics import ndcgs, recalls
from benchmarks.quality import Quality
from benchmarks.ranking import DEPTH
from encoder.interface import Embedder
from index_data.full_text import asked_words
from index_data.index import Index
from index_data.records import Candidate, Filters, StoredPassage
from search.calibration import calibrate
from search.fusion import Fused, fuse
from search.query import Mode
from search.searcher import CANDIDATES

BEGINNING = 40
"""Characters of a translation that its passage must contain, white space left out."""


@dataclass(frozen=True, slots=True)
class LanguageResult:
    """How one language was found."""

    asked: int
    """Questions."""
    lost: int
    """Paragraphs not asked, since no passage holds their beginning: it was cut there, or read differently."""
    hidden: int
    """Questions whose passage counts as another language, as mixed ones may, so that the filter hides it."""
    channels: dict[Mode, Quality]


def passages_by_page(index: Index) -> dict[Path, list[StoredPassage]]:
    """Fetch every passage."""
    anywhere = np.eye(1, index.fingerprint.dimension, dtype=np.float32)[0]
    everything = index.nearest(anywhere, index.summary().passages, Filters())
    by_page: dict[Path, list[StoredPassage]] = defaultdict(list)
    for stored in index.passages([candidate.passage_id for candidate in everything]):
        by_page[stored.document.path].append(stored)
    return by_page


def right_passages(paragraph: Paragraph, on_page: Sequence[StoredPassage]) -> list[StoredPassage]:
    """Return the passages of the translated page that contain the beginning of the translation."""
    beginning = paragraph.translation[:BEGINNING]
    return [stored for stored in on_page if beginning in without_space(stored.passage.text)]


def find(
    index: Index,
    embedder: Embedder,
    by_page: Mapping[Path, Sequence[StoredPassage]],
    paragraphs: Sequence[Paragraph],
    language: str,
    count: int,
) -> LanguageResult:
    """Ask for at most `count` of the paragraphs, evenly spaced, among the passages in `language`."""
    located = [
        (paragraph, right)
        for paragraph in paragraphs
        if (right := right_passages(paragraph, by_page[paragraph.page]))
    ]
    spaced = np.unique(np.linspace(0, len(located) - 1, min(count, len(located))).round().astype(int))
    asked = [located[number] for number in spaced.tolist()]
    right_ids = [{stored.passage_id for stored in right} for _, right in asked]
    ranked = rank_all(index, embedder, [paragraph.english for paragraph, _ in asked], language)
    return LanguageResult(
        asked=len(asked),
        lost=len(paragraphs) - len(located),
        hidden=sum(all(stored.passage.language != language for stored in right) for _, right in asked),
        channels={mode: _judge(rankings, right_ids) for mode, rankings in ranked.items()},
    )


def rank_all(
    index: Index, embedder: Embedder, queries: Sequence[str], language: str
) -> dict[Mode, list[list[int]]]:
    """Return the ids of the best passages for each query, best first, by channel."""
    filters = Filters(languages=(language,))
    ranked: dict[Mode, list[list[int]]] = {mode: [] for mode in Mode}
    for query, vector in zip(queries, embedder.embed_queries(queries), strict=True):
        dense = index.nearest(vector, CANDIDATES, filters)
        lexical = index.matching(query, CANDIDATES, filters)
        ids = [candidate.passage_id for candidate in lexical]
        calibration = calibrate(vector, len(asked_words(query)), index.background(query, ids))
        cosines = (index.vectors(ids) @ vector).tolist()
        known = {candidate.passage_id for candidate in dense}
        others = [Candidate(*one) for one in zip(ids, cosines, strict=True) if one[0] not in known]
        channels: dict[Mode, Sequence[Candidate | Fused]] = {
            Mode.HYBRID: fuse([*dense, *others], lexical, (), calibration),
            Mode.DENSE: dense,
            Mode.LEXICAL: lexical,
        }
        for mode, channel in channels.items():
            ranked[mode].append([candidate.passage_id for candidate in channel[:DEPTH]])
    return ranked


def _judge(rankings: list[list[int]], right_ids: list[set[int]]) -> Quality:
    """Take for a question's answer the first of its right passages."""
    if not rankings:
        return Quality(0.0, 0.0, 0.0)
    answered = np.zeros((len(rankings), DEPTH), dtype=np.bool_)
    for row, (ranking, right) in enumerate(zip(rankings, right_ids, strict=True)):
        places = [place for place, passage_id in enumerate(ranking) if passage_id in right]
        answered[row, places[:1]] = True
    one_each = np.ones(len(rankings), dtype=np.int64)
    measures = (
        recalls(answered, one_each, 1),
        recalls(answered, one_each, DEPTH),
        ndcgs(answered, one_each, DEPTH),
    )
    return Quality(*(float(measure.mean()) for measure in measures))
