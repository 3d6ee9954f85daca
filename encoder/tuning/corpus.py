"""The passages of an index, what is held out of them, and what people said of them.

Letters in shapes: N passages, D dimension.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from encoder.tuning.judgements import FORMAT, BadRow, Judgement, read_judgements
from encoder.tuning.pairs import Pair, body_of, pairs_of
from encoder.tuning.progress import Prepared
from encoder.tuning.trials import Trial
from index_data.errors import UsageError
from index_data.records import StoredPassage

if TYPE_CHECKING:
    from index_data.index import Index

LEAST_QUERIES = 30
"""Queries of documents that are held out, below which a rise says nothing."""
_HELD_OUT, _MOST_HELD_OUT = 0.1, 0.5
"""Share of the documents, and the largest share where fewer give too few queries."""
_MOST_QUERIES = 400
"""Held-out queries that are asked."""
_POOL = 1_000
"""Passages among which the answers are looked for, if these are not more."""
_MOST_PASSAGES = 100_000
"""Of an index that are learnt from and measured by, the latest."""
_SENTENCES = 2
"""Sentences of a passage that are learnt from as queries."""


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Passages in their order, those of a document together, and their vectors."""

    passages: tuple[StoredPassage, ...]
    vectors: NDArray[np.float32]
    """float32 (N, D), by the encoder that is to be tuned."""
    judgements: tuple[Judgement, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """A corpus in two parts that share no document."""

    pairs: tuple[Pair, ...]
    """To learn from."""
    learnt: tuple[int, ...]
    """Places in the corpus of the passages that are learnt from."""
    held_out: Trial
    """Queries of held-out documents, among their passages and as many others as there is room for."""
    counted: Prepared


def read_corpus(index: Index, judgements: Path | None = None) -> tuple[Corpus, list[BadRow]]:
    """Read the passages of `index`, and `judgements` of them with the lines that cannot be used.

    Raises:
        UsageError: the judgements cannot be read, or none of them can be used.
    """
    passages = index.passages(index.passage_ids()[-_MOST_PASSAGES:].tolist())
    vectors = index.vectors([stored.passage_id for stored in passages])
    good, bad = read_judgements(judgements, passages) if judgements else ([], [])
    if judgements and not good:
        first = f"; line {bad[0].line}: {bad[0].reason}" if bad else ""
        raise UsageError(f"{judgements} has no line that can be used{first}", remedy=FORMAT)
    return Corpus(tuple(passages), vectors, tuple(good)), bad


def split(corpus: Corpus, random: Random) -> Split:
    """Hold a tenth of the documents out, or more where that gives fewer than 30 queries.

    Raises:
        UsageError: half of the documents do not give as many.
    """
    documents: dict[str, list[int]] = defaultdict(list)
    for place, stored in enumerate(corpus.passages):
        # By content, so that no copy of a held-out document is learnt from.
        documents[stored.document.stamp.content_hash].append(place)
    order = random.sample(list(documents), len(documents))
    held: list[StoredPassage] = []
    queries: list[Pair] = []
    count = 0
    for count, document in enumerate(order[: int(len(order) * _MOST_HELD_OUT)], 1):
        passages = [corpus.passages[place] for place in documents[document]]
        held += passages
        queries += [*_judged(corpus, passages), *pairs_of(passages, random, sentences=1)]
        if count >= len(order) * _HELD_OUT and len(queries) >= LEAST_QUERIES:
            break
    if len(queries) < LEAST_QUERIES:
        raise UsageError(
            f"half of the {len(order)} documents give {len(queries)} queries to measure by, and "
            f"{LEAST_QUERIES} are needed to tell whether tuning helps",
            remedy="Ingest more documents first.",
        )
    places = sorted(place for document in order[count:] for place in documents[document])
    rest = [corpus.passages[place] for place in places]
    learnt = (*_judged(corpus, rest), *pairs_of(rest, random, sentences=_SENTENCES))
    trial = _trial(queries, held, rest, random)
    counted = Prepared(len(learnt), len(trial.queries), len(order) - count, count)
    return Split(learnt, tuple(places), trial, counted)


def _judged(corpus: Corpus, passages: Sequence[StoredPassage]) -> list[Pair]:
    """Make a pair of each judgement that has relevant passages among `passages`."""
    there = {stored.passage_id for stored in passages}
    relevant = [(judgement, there.intersection(judgement.relevant)) for judgement in corpus.judgements]
    return [
        Pair(judgement.query, min(right), None, frozenset(right), judgement.not_relevant)
        for judgement, right in relevant
        if right
    ]


def _trial(
    pairs: Sequence[Pair], held_out: Sequence[StoredPassage], others: Sequence[StoredPassage], random: Random
) -> Trial:
    """Ask held-out queries of one pool, in which a sentence that is asked for is left out of its passage."""
    asked = random.sample(pairs, min(_MOST_QUERIES, len(pairs)))
    wanted = frozenset[int]().union(*(pair.right for pair in asked))
    texts = {stored.passage_id: body_of(stored) for stored in held_out if stored.passage_id in wanted}
    for pair in asked:
        # Of a heading's passage a sentence may be asked too, which must not give itself away.
        if pair.text is not None and len(pair.text) < len(texts[pair.passage_id]):
            texts[pair.passage_id] = pair.text
    unasked = [stored for stored in held_out if stored.passage_id not in wanted]
    for passages in (unasked, others):
        chosen = random.sample(passages, min(max(_POOL - len(texts), 0), len(passages)))
        texts |= {stored.passage_id: body_of(stored) for stored in chosen}
    place = {passage_id: row for row, passage_id in enumerate(texts)}
    right = tuple(frozenset(place[one] for one in pair.right) for pair in asked)
    return Trial(tuple(pair.query for pair in asked), right, tuple(texts.values()))
