"""How often a search finds something where there is nothing, and nothing where there is something.

Gibberish is made from a seed. A subject is absent where questions about one index are put to another. Good
questions are those about the index itself; that what they find is right is not asked here.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from benchmarks import staged_pools
from benchmarks.encoders import load
from benchmarks.gibberish import gibberish
from benchmarks.measuring_sets import read_rows
from benchmarks.report import Table, publish, say, surroundings
from benchmarks.staged_pools import StagedPool
from encoder.checkpoint import BUILTIN
from encoder.interface import Embedder
from encoder.tuning.trials import GENERAL
from search.query import Query
from search.searcher import Searcher

CHANCE = 1.96

REMARK = """\
Share of the questions that find nothing, with its 95 % interval (Wilson 1927); gibberish and absent subjects
should, good questions should not. `words` are real words of everyday sentences in no order. Good questions
about the samples are in another language than the document that answers; those about the handbook are its
English paragraphs, which the index holds, as it does their translations. The control is a search without the
rule."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One query and what it is."""

    kind: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Refused:
    """How many of some queries found nothing."""

    refused: int
    asked: int

    def __str__(self) -> str:
        low, high = wilson(self.refused, self.asked)
        return f"{self.refused / self.asked:.3f} ({low:.2f} to {high:.2f})"


def wilson(count: int, total: int) -> tuple[float, float]:
    """Give the 95 % interval of a share (Wilson 1927)."""
    share, square = count / total, CHANCE**2
    middle = (share + square / (2 * total)) / (1 + square / total)
    width = CHANCE * sqrt(share * (1 - share) / total + square / (4 * total**2)) / (1 + square / total)
    return middle - width, middle + width


def everyday() -> Iterator[Asked]:
    """Ask about everyday facts, in eight languages."""
    for line in GENERAL.read_text(encoding="utf-8").splitlines():
        for language, text in json.loads(line)["questions"].items():
            yield Asked("absent: everyday facts", language, text)


def asked_of(name: str, pools: dict[str, StagedPool], count: int, data: Path | None) -> list[Asked]:
    """Collect what is put to one index."""
    found = [Asked(f"gibberish: {one.kind}", one.letters, one.text) for one in gibberish(count, seed=22)]
    found += everyday()
    for other, pool in pools.items():
        kind = "good" if other == name else f"absent: {other}"
        found += [Asked(kind, "", text) for text in pool.questions]
    if data is not None:
        found += [Asked(f"dev: {row['kind']}", "", row["query"]) for row in read_rows(data, "dev_nonsense")]
    return found


def refuse(searcher: Searcher, asked: Sequence[Asked], *, judged: bool) -> dict[Asked, bool]:
    """Search for everything and tell what found nothing."""
    lowest = None if judged else 0.0
    return {one: not searcher.search(Query(one.text, limit=1, min_score=lowest)) for one in asked}


def counts(refused: dict[Asked, bool], *, by_language: bool) -> dict[str, Refused]:
    """Count by kind, and by language or script where asked."""
    groups: dict[str, list[bool]] = {}
    for one, nothing in refused.items():
        name = f"{one.kind}, {one.language}" if by_language else one.kind
        if not by_language or one.language:
            groups.setdefault(name, []).append(nothing)
    return {name: Refused(sum(found), len(found)) for name, found in groups.items()}


def table(title: str, found: dict[str, dict[str, Refused]]) -> Table:
    """Lay out a row for each kind and a column for each index."""
    kinds = dict.fromkeys(kind for by_kind in found.values() for kind in by_kind)
    rows = [
        (kind, *(str(by_kind[kind]) if kind in by_kind else "" for by_kind in found.values()))
        for kind in kinds
    ]
    return Table(title, ("", *found), tuple(rows))


def measure(
    embedder: Embedder, options: argparse.Namespace
) -> tuple[dict[str, dict[str, Refused]], dict[str, dict[str, Refused]]]:
    """Ask both indexes, and the samples once more without the rule."""
    opened: dict[str, AbstractContextManager[StagedPool]] = {
        "samples": staged_pools.samples(embedder),
        "handbook": staged_pools.handbook(embedder, options.pages, options.paragraphs),
    }
    by_kind, by_language = {}, {}
    with ExitStack() as stack:
        pools = {name: stack.enter_context(opening) for name, opening in opened.items()}
        for name, pool in pools.items():
            say(name)
            asked = asked_of(name, pools, options.count, options.data)
            searcher = Searcher(pool.index, embedder)
            refused = refuse(searcher, asked, judged=True)
            by_kind[name], by_language[name] = (counts(refused, by_language=flag) for flag in (False, True))
            if name == "samples":
                by_kind["control: samples, --min-score 0"] = counts(
                    refuse(searcher, asked, judged=False), by_language=False
                )
    return by_kind, by_language


def main() -> None:
    """Ask everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nonsense", description=__doc__)
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder of dev_nonsense.jsonl")
    parser.add_argument("--count", type=int, default=10, metavar="N", help="gibberish of a kind and script")
    parser.add_argument("--pages", type=int, default=8, metavar="N", help="every Nth page of the handbook")
    parser.add_argument("--paragraphs", type=int, default=20, metavar="N", help="asked for a language")
    options = parser.parse_args()
    embedder = load(BUILTIN)
    context = surroundings() | {"encoder": embedder.fingerprint[:12], "count": options.count}
    by_kind, by_language = measure(embedder, options)
    data = {
        name: {kind: [found.refused, found.asked] for kind, found in kinds.items()}
        for name, kinds in (
            by_kind | {f"{name}, by language": found for name, found in by_language.items()}
        ).items()
    }
    tables = [table("Found nothing", by_kind), table("By language or script", by_language)]
    publish("nonsense", context, data, tables, REMARK)


if __name__ == "__main__":
    main()
