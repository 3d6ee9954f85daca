"""The writer of pairs: each source once, cleaned, held-out rows dropped, capped, counted."""

import json
import logging
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from training.held_out import HeldOut
from training.language_check import LanguageCheck
from training.pairs import Pair

LOG = logging.getLogger("training.writer")
MAX_CHARS = 2000
CAPS = {
    "libreoffice": 20_000, "descriptions": 12_000, "help-passages": 4_000, "description-passages": 4_000,
    "queries": 3_000, "catalogs": 6_000, "freedict": 15_000,
    "lessons": 10_000, "lesson-passages": 3_000, "lesson-queries": 3_000,
    "wordnets": 12_000, "wordnet-glosses": 12_000, "more-catalogs": 6_000, "templates": 6_000,
    "switched": 9_000,
}  # fmt: skip
"""The most rows a language may have in a source, drawn at random."""

CHECKED = frozenset(
    {
        "lessons",
        "lesson-passages",
        "lesson-queries",
        "wordnets",
        "wordnet-glosses",
        "more-catalogs",
        "templates",
    }
)
"""The sources whose rows must be in the language they claim."""


def clean(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Yield pairs of sensible length, each once."""
    seen: set[tuple[str, str, str]] = set()
    for pair in pairs:
        key = (pair.second_lang, pair.first, pair.second)
        if 2 <= len(pair.first) <= MAX_CHARS and 1 <= len(pair.second) <= MAX_CHARS and key not in seen:
            seen.add(key)
            yield pair


def capped(pairs: Iterable[Pair], cap: int, seed: int) -> list[Pair]:
    """Return at most `cap` pairs a language, drawn at random."""
    by_lang: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_lang[pair.second_lang].append(pair)
    draw = random.Random(seed)
    kept: list[Pair] = []
    for lang in sorted(by_lang):
        rows = by_lang[lang]
        kept += draw.sample(rows, cap) if len(rows) > cap else rows
    return kept


class Writer:
    """Writes each source once to `work/pairs`, and counts in `counts.json` what it wrote."""

    def __init__(self, work: Path, held_out: HeldOut, seed: int) -> None:
        """Prepare the folder; read what an earlier run counted."""
        self._folder = work / "pairs"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._held_out = held_out
        self._check = LanguageCheck()
        self._seed = seed
        self._counts = self._folder / "counts.json"
        known = json.loads(self._counts.read_text()) if self._counts.exists() else {}
        self._held_out_before: int = known.get("held_out_rows_dropped", 0)
        self._check_dropped: dict[str, int] = known.get("language_check_dropped", {})
        self._pairs: dict[str, dict[str, int]] = known.get("pairs", {})

    def wants(self, *sources: str) -> bool:
        """Return whether any of the sources is yet to be written."""
        return any(
            source not in self._pairs or not (self._folder / f"{source}.tsv").exists() for source in sources
        )

    def write(self, source: str, pairs: Iterable[Pair]) -> None:
        """Write the pairs of a source, unless an earlier run did."""
        if not self.wants(source):
            return
        held_out_before, check_before = self._held_out.dropped, self._check.dropped
        kept = clean(self._held_out.keep(pairs))
        if source in CHECKED:
            kept = self._check.keep(kept)
        rows = capped(kept, CAPS.get(source, 1_000_000), self._seed)
        partial = self._folder / f"{source}.partial"
        with partial.open("w", encoding="utf-8", newline="\n") as target:
            for pair in rows:
                target.write("\t".join(pair) + "\n")
        partial.replace(self._folder / f"{source}.tsv")
        self._pairs[source] = dict(Counter(pair.second_lang for pair in rows).most_common())
        if source in CHECKED:
            self._check_dropped[source] = self._check.dropped - check_before
        self._save_counts()
        held_out = self._held_out.dropped - held_out_before
        LOG.info("%s: %d pairs, %d held out", source, len(rows), held_out)

    def _save_counts(self) -> None:
        counts = {
            "held_out_rows_dropped": self._held_out_before + self._held_out.dropped,
            "language_check_dropped": self._check_dropped,
            "pairs": self._pairs,
        }
        partial = self._counts.with_suffix(".partial")
        partial.write_text(json.dumps(counts, indent=1))
        partial.replace(self._counts)
