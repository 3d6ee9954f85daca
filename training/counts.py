"""Counts: how many pairs the corpora gave, by file and language, and how many rows were dropped."""

import json
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from training.markdown import table

LARGEST = 6
"""Languages named for each file."""


class Counts(NamedTuple):
    """What `work/pairs/counts.json` says."""

    pairs: dict[str, dict[str, int]]
    """File -> language -> pairs."""
    held_out: int
    """Rows dropped because a text of theirs is measured on."""
    misnamed: int
    """Rows dropped because they were in another language than they said."""

    def by_language(self) -> Counter[str]:
        """Return the pairs of every language over all files."""
        total: Counter[str] = Counter()
        for langs in self.pairs.values():
            total.update(langs)
        return total


def read_counts(path: Path) -> Counts:
    """Read the counts as the corpora step wrote them."""
    found = json.loads(path.read_text(encoding="utf-8"))
    misnamed = sum(found.get("language_check_dropped", {}).values())
    return Counts(found["pairs"], found["held_out_rows_dropped"], misnamed)


def counts_table(counts: Counts) -> str:
    """Return a row for every file, the largest first."""
    rows = []
    for name, langs in sorted(counts.pairs.items(), key=lambda item: (-sum(item[1].values()), item[0])):
        largest = sorted(langs.items(), key=lambda item: (-item[1], item[0]))[:LARGEST]
        named = ", ".join(f"{lang} {count:,}" for lang, count in largest)
        rows.append([name, f"{sum(langs.values()):,}", f"{len(langs)}", named])
    return table(["file of pairs", "pairs", "languages", "largest"], rows)
