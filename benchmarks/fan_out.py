"""Several indexes searched as one, beside one index that holds all: XQuAD, parted in several ways.

The controls merge the answers of the indexes: by score, by cosine, and by rank.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from benchmarks.encoders import load
from benchmarks.metrics import ndcgs, recalls
from benchmarks.quality import Quality
from benchmarks.ranking import DEPTH, NONE, Pool, pool, relevance
from benchmarks.report import Table, publish, say, surroundings
from benchmarks.xquad import XQuad, read
from encoder.checkpoint import BUILTIN
from encoder.interface import TokenEmbedder, Window
from encoder.reranker import MaxSimReranker
from search.fan_out import FanOut
from search.hits import Hit
from search.query import Query
from search.searcher import Searcher
from search.united_index import UnitedIndex

SEED = 7
RECIPROCAL = 60
"""The constant of reciprocal rank fusion (Cormack et al. 2009)."""

REMARK = """\
1,440 paragraphs in twelve languages; a paragraph is right in any language, so that 12 of them are. Each
cell: recall@1 / recall@10 (of all twelve) / nDCG@10. `one index` holds all; `fan-out` is what Dragoman does
with several. The controls take ten hits of each index and merge them: by the score that each index gives,
by cosine, or by reciprocal rank. `same first` and `same ten` are the shares of questions for which the
first hit, and the ten as a set, are those of the one index. Milliseconds are medians, without re-ranking,
questions embedded before."""

Merge = Callable[[Sequence[Sequence[Hit]]], list[Hit]]


@dataclass(frozen=True, slots=True)
class Answers:
    """What one way found."""

    places: NDArray[np.int64]
    """Columns of the pool: (Q, K)."""
    milliseconds: float

    def quality(self, relevant: NDArray[np.bool_]) -> Quality:
        """Hold them against what is `relevant`, bool (Q, N)."""
        hits, totals = relevance(self.places, relevant), relevant.sum(axis=1)
        measured = recalls(hits, totals, 1), recalls(hits, totals, DEPTH), ndcgs(hits, totals, DEPTH)
        return Quality(*(float(measure.mean()) for measure in measured))


class Remembered:
    """Vectors of questions that were embedded before; asked for anything else, it asks the encoder."""

    def __init__(self, embedder: TokenEmbedder, questions: Sequence[str]) -> None:
        self._embedder = embedder
        self._known = dict(zip(questions, embedder.embed_queries(list(questions)), strict=True))

    def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return what is known: float32 (N, D)."""
        return np.stack([self._known[text] for text in texts])

    def __getattr__(self, name: str) -> object:
        return getattr(self._embedder, name)


def partitions(xquad: XQuad) -> dict[str, list[list[int]]]:
    """Part the columns of the paragraphs in several ways."""
    columns = list(range(len(xquad.paragraphs)))
    shuffled = Random(SEED).sample(columns, len(columns))
    languages = sorted(set(xquad.paragraph_languages.tolist()))
    articles = sorted({entry.name.partition("-")[0] for entry in xquad.paragraphs})

    def grouped(keys: Sequence[str], of: Callable[[int], str], parts: int) -> list[list[int]]:
        return [[column for column in columns if of(column) in keys[part::parts]] for part in range(parts)]

    def article(column: int) -> str:
        return xquad.paragraphs[column].name.partition("-")[0]

    def language(column: int) -> str:
        return str(xquad.paragraph_languages[column])

    return {
        "2 at random": [shuffled[part::2] for part in range(2)],
        "4 at random": [shuffled[part::4] for part in range(4)],
        "4 by article": grouped(articles, article, 4),
        "4 by language": grouped(languages, language, 4),
        "12 by language": grouped(languages, language, len(languages)),
        "2, one small": [shuffled[:60], shuffled[60:]],
    }


def asked(
    searches: Sequence[Searcher], queries: Sequence[Query], merge: Merge
) -> Iterator[tuple[list[Hit], float]]:
    """Ask every question, and keep the milliseconds that it took."""
    for query in queries:
        start = perf_counter()
        found = [searcher.search(query) for searcher in searches]
        yield merge(found), (perf_counter() - start) * 1000


def answers(
    searches: Sequence[Searcher], queries: Sequence[Query], columns: dict[str, int], merge: Merge
) -> Answers:
    """Answer every question, as columns of the whole pool."""
    places = np.full((len(queries), DEPTH), NONE, np.int64)
    times = []
    for row, (hits, milliseconds) in enumerate(asked(searches, queries, merge)):
        found = [columns[hit.document.title] for hit in hits[:DEPTH]]
        places[row, : len(found)] = found
        times.append(milliseconds)
    return Answers(places, float(np.median(times)))


def by(value: Callable[[Hit], float]) -> Merge:
    """Merge by a value of each hit."""

    def merge(found: Sequence[Sequence[Hit]]) -> list[Hit]:
        return sorted((hit for hits in found for hit in hits), key=lambda hit: -value(hit))

    return merge


def _cosine(hit: Hit) -> float:
    return -1.0 if hit.channels.dense is None else hit.channels.dense


MERGES = {
    "merged by score": by(lambda hit: hit.score),
    "merged by cosine": by(_cosine),
    "merged by rank": by(lambda hit: 1 / (RECIPROCAL + hit.rank)),
}


def _united(pools: Sequence[Pool]) -> UnitedIndex:
    names = [str(place) for place in range(len(pools))]
    return UnitedIndex(names, {place: one.index for place, one in enumerate(pools)}, ())


def measure(xquad: XQuad, embedder: TokenEmbedder, *, rerank: bool) -> dict[str, dict[str, Answers]]:
    """Answer every question in every way, by partition."""
    say("embedding")
    vectors = embedder.embed_passages([Window(one.text, ((0, len(one.text)),)) for one in xquad.paragraphs])
    remembered = Remembered(embedder, xquad.questions)
    columns = {entry.name: column for column, entry in enumerate(xquad.paragraphs)}
    queries = [Query(one, limit=DEPTH, min_score=0.0, snippets=False) for one in xquad.questions]
    reranker = MaxSimReranker(embedder) if rerank else None

    def one_index(pool_: Pool) -> Searcher:
        return Searcher(pool_.index, remembered, reranker)  # type: ignore[arg-type]  # of the encoder's kind

    say("one index")
    with pool(xquad.paragraphs, vectors, embedder.fingerprint) as whole:
        single = answers([one_index(whole)], queries, columns, by(lambda hit: -hit.rank))
    found: dict[str, dict[str, Answers]] = {"": {"one index": single}}
    for partition, parts in partitions(xquad).items():
        say(partition)
        with ExitStack() as stack:
            pools = [
                stack.enter_context(
                    pool([xquad.paragraphs[column] for column in part], vectors[part], embedder.fingerprint)
                )
                for part in parts
            ]
            fan_out = FanOut(
                _united(pools),
                remembered,  # type: ignore[arg-type]
                reranker,
                embedders={embedder.fingerprint: remembered},  # type: ignore[dict-item]
            )
            ways = {"fan-out": answers([fan_out], queries, columns, by(lambda hit: -hit.rank))}
            alone = [one_index(one) for one in pools]
            ways |= (
                {}
                if rerank
                else {name: answers(alone, queries, columns, merge) for name, merge in MERGES.items()}
            )
        found[partition] = ways
    return found


def table(found: dict[str, dict[str, Answers]], relevant: NDArray[np.bool_], *, rerank: bool) -> Table:
    """Lay out one row for each partition and way."""
    single = found[""]["one index"]
    rows = [
        (
            f"{partition}, {way}".lstrip(", "),
            str(each.quality(relevant)),
            f"{(each.places[:, 0] == single.places[:, 0]).mean():.3f}",
            f"{(np.sort(each.places) == np.sort(single.places)).all(axis=1).mean():.3f}",
            f"{each.milliseconds:.1f}",
        )
        for partition, ways in found.items()
        for way, each in ways.items()
    ]
    columns = ("", "recall@1 / recall@10 / nDCG@10", "same first", "same ten", "ms")
    return Table("Re-ranked" if rerank else "Not re-ranked", columns, tuple(rows))


def main() -> None:
    """Measure every partition, and with `--rerank` re-ranked too."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fan_out", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder of dev_xquad_*")
    parser.add_argument("--every", type=int, default=6, metavar="N", help="take only every Nth question")
    parser.add_argument("--rerank", action="store_true", help="re-rank one index and the fan-out, too")
    options = parser.parse_args()
    embedder = load(BUILTIN)
    xquad = read(options.data, every=options.every)
    context = surroundings() | {"encoder": embedder.fingerprint[:12], "questions": len(xquad.questions)}
    results, tables = {}, []
    for rerank in (False, True)[: 1 + options.rerank]:
        found = measure(xquad, embedder, rerank=rerank)
        tables.append(table(found, xquad.relevant, rerank=rerank))
        results["re-ranked" if rerank else "not re-ranked"] = {
            partition: {
                way: asdict(each.quality(xquad.relevant)) | {"ms": each.milliseconds}
                for way, each in ways.items()
            }
            for partition, ways in found.items()
        }
    publish("fan_out", context, results, tables, REMARK)


if __name__ == "__main__":
    main()
