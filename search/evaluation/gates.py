"""What an evaluation has to reach."""

from __future__ import annotations

import re
from dataclasses import dataclass

from index_data.errors import UsageError
from search.evaluation.measures import MEASURES
from search.evaluation.ways import Way

_GATE = re.compile(r"(?:(?P<way>[\w-]+):)?\s*(?P<measure>\w+@\d+)\s*>=\s*(?P<least>\d*\.?\d+)")
_NAMES = {name.casefold(): name for name in MEASURES} | {
    name.casefold().replace("recall", "r").replace("mrr", "rr"): name for name in MEASURES
}


@dataclass(frozen=True, slots=True)
class Gate:
    """The least that a measure over all queries may be."""

    text: str
    """As it was given."""
    way: Way | None
    """None: the last that is asked, which is what a search does."""
    measure: str
    least: float


def read_gate(text: str) -> Gate:
    """Read `nDCG@10>=0.5` or `lexical:recall@10>=0.5`.

    Raises:
        UsageError: it says something else.
    """
    matched = _GATE.fullmatch(text.strip())
    measure = _NAMES.get(matched["measure"].casefold()) if matched else None
    way = (matched["way"] or None) if matched else None
    if not matched or measure is None or way not in {None, *Way}:
        raise UsageError(
            f"the gate {text!r} cannot be read",
            remedy=f"It has to be like 'nDCG@10>=0.5' or 'lexical:recall@10>=0.5', of {', '.join(MEASURES)}.",
        )
    return Gate(text, Way(way) if way else None, measure, float(matched["least"]))
