"""Why a hit answers, in JSON; see `docs/json-output.md`."""

from __future__ import annotations

from typing import Any

from search.hits import Hit


def evidence_json(hit: Hit, *, words: bool) -> dict[str, Any]:
    """Give the span, what it rests on and the pairs of words; with `words`, the share of every word.

    Places in the passage are characters of the document, those in the question characters of the question.
    """
    evidence, start = hit.evidence, hit.passage.start
    first, last = hit.snippet
    end = first + len(hit.passage.text[first:last].rstrip())
    shape: dict[str, Any] = {
        "span": [start + first, start + end],
        "witness": evidence.witness.value,
        "pairs": [
            {
                "query": list(pair.query),
                "passage": [start + edge for edge in pair.passage],
                "similarity": round(pair.similarity, 4),
            }
            for pair in evidence.pairs
        ],
    }
    if words:
        shape["words"] = [
            {"start": start + word.start, "end": start + word.end, "weight": round(word.weight, 6)}
            for word in evidence.words
        ]
        shape["rest"] = round(evidence.rest, 6)
    return shape
