"""What a selftest found, on stdout: tables with what they are worth, or one JSON object."""

from __future__ import annotations

from typing import Any

from index_data.records import IndexSummary
from search.evaluation.known_items import Kind
from search.evaluation.selftest import Found, Selftest
from terminal.evaluation_output import ALL, estimate_json, index_json, interval, table
from terminal.json_output import dump
from terminal.safe_text import safe_text

SCHEMA = "dragoman.selftest/1"
_COLUMNS = ("asked", "recall@1", "recall@10", "MRR@10")
_ASKED = {
    Kind.HEADING: "headings, each to find what stands below it",
    Kind.SENTENCE: "sentences, each to find the passage that it is from",
}
WORTH = """\
What this is worth:
- Headings and sentences stand in the passages that they have to find, so words alone find most of them; the
  last column says how many. Near 1 means that the index is whole and that search works, and no more. Well
  below 1 means that something is wrong, or that the documents say the same many times.
- The facts are short, about everyday things, and unlike your documents. They tell which languages the encoder
  brings together, and not how well it knows your subjects.
- No number here says how your own questions fare: people ask in other words, and for what is not there. Judge
  real searches with `dragoman feedback`, and measure those with `dragoman eval`.
- The intervals hold what chance might have given with other questions of the same kinds; --questions asks
  more of them.
"""


def selftest_text(found: Selftest, index: IndexSummary, asked: str) -> str:
    """Write the tables, and in plain words what they are worth."""
    lines = [
        f"{index.documents:,} documents, {index.passages:,} passages, by {index.fingerprint.model}, {asked}",
        "recall: share of questions whose answer is first, or among ten; each with its interval of 95 %",
    ]
    for kind, by_language in found.known.items():
        rows = [
            (name or ALL, *_cells(one), interval(one.by_words) if one.by_words else "")
            for name, one in by_language.items()
        ]
        lines += ["", f"{_ASKED[kind]}"]
        lines += table(("", *_COLUMNS, "recall@10 by words"), rows) if rows else ["  there are none"]
    lines += [
        "",
        f"facts and questions about them, each to find the fact in another language, "
        f"among {found.beside:,} of your passages",
        *table(("", *_COLUMNS), _across_rows(found)),
        "",
        "recall@10, from the language of the row to that of the column; where few are asked, much is chance",
        *table(*_matrix(found)),
        "",
    ]
    return "".join(f"{safe_text(line)}\n" for line in lines) + WORTH


def selftest_json(found: Selftest, index: IndexSummary, asked: str, seed: int) -> str:
    """Write the same as one JSON object, described in docs/evaluation.md."""
    shape = {
        "schema": SCHEMA,
        "index": index_json(index),
        "asked": asked,
        "seed": seed,
        "known_items": {
            kind.value: {name or ALL: _found_json(one) for name, one in by_language.items()}
            for kind, by_language in found.known.items()
        },
        "facts": [
            {"query_language": pair[0] or None, "fact_language": pair[1] or None, **_found_json(one)}
            for pair, one in found.across.items()
        ],
        "beside": found.beside,
    }
    return dump(shape, indent=2) + "\n"


def _cells(found: Found) -> tuple[str, ...]:
    shares = (found.first, found.among_ten, found.reciprocal_rank)
    return (f"{found.questions:,}", *map(interval, shares))


def _across_rows(found: Selftest) -> list[tuple[str, ...]]:
    rows = [(ALL, *_cells(found.across["", ""]))]
    rows += [
        (f"from {pair[0]}", *_cells(one)) for pair, one in found.across.items() if pair[0] and not pair[1]
    ]
    rows += [(f"to {pair[1]}", *_cells(one)) for pair, one in found.across.items() if pair[1] and not pair[0]]
    return rows


def _matrix(found: Selftest) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    sources = sorted({pair[0] for pair in found.across if pair[0]})
    targets = sorted({pair[1] for pair in found.across if pair[1]})
    rows = []
    for source in sources:
        ones = [found.across.get((source, target)) for target in targets]
        cells = ["" if one is None else f"{one.among_ten.mean:.2f}" for one in ones]
        rows.append((source, f"{found.across[source, ''].questions}", *cells))
    return ("", "asked", *targets), rows


def _found_json(found: Found) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "questions": found.questions,
        "recall@1": estimate_json(found.first),
        "recall@10": estimate_json(found.among_ten),
        "MRR@10": estimate_json(found.reciprocal_rank),
    }
    return shape | ({"recall@10_by_words": estimate_json(found.by_words)} if found.by_words else {})
