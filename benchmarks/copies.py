"""How often copies in a tree are missed, and how often different passages are taken for copies.

The tree holds pages of the Debian Administrator's Handbook in several languages as plain text, and beside
them copies: exact ones, and ones in which a share of the words was changed. All is ingested by the product.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from benchmarks.encoders import load
from benchmarks.handbook_pages import ENGLISH, fetch, page_files
from benchmarks.report import Table, publish, say, surroundings
from encoder.checkpoint import BUILTIN
from encoder.interface import Embedder
from encoder.models.registry import known_models
from index_data.index import Index
from index_data.records import Fingerprint, StoredPassage
from index_data.words import words
from ingest.ingester import Ingester
from ingest.parser import Parser
from ingest.passages import SPLITTER_VERSION
from ingest.pipeline import LocalPipeline
from search.copies import NEAR, SHARED

WORK = Path(__file__).parent / "work"
LANGUAGES = (ENGLISH, "de-DE", "es-ES", "fr-FR", "ru-RU", "ar-MA", "ja-JP", "zh-CN")
UNSPACED = ("ja-JP", "zh-CN")
"""Languages whose characters are changed, not words."""
CHANGED = (0.0, 0.01, 0.03, 0.05, 0.1, 0.2)
"""Shares of words."""
FEW = 0.05
ALIKE = 0.85
"""Share of words in order (2 * matches / both lengths) from which two passages are copies in truth."""
COSINES = (0.0, 0.8, 0.85, 0.9, 0.95, 0.98)
OVERLAPS = (0.0, 0.6, 0.7, 0.8, 0.9)
NOT_ALIKE = 0.5
"""Cosine below which no pair is looked at."""
PASSAGE_TOKENS = 256
SEED = 7

REMARK = """\
A copied passage counts if a passage of the original has 85 % of its words in the same order; the others were
cut at another place, so that there is nothing to find. `missed`: the share of those that the rule does not
take for a copy. `false`: pairs of passages that it takes for copies although fewer than 85 % of their words
agree in order, out of all pairs of passages of the tree's originals, translations among them. A cosine of 0
leaves the verdict to the words alone, 0 for the words to the cosine alone."""


@dataclass(frozen=True, slots=True)
class Copied:
    """A copied passage against its original."""

    changed: float
    cosine: float
    overlap: float


@dataclass(frozen=True, slots=True)
class Pair:
    """Two passages of different originals that some rule might take for copies."""

    cosine: float
    overlap: float
    translation: bool
    """They are of different languages."""
    alike: bool
    """They are copies in truth."""


def edited(text: str, share: float, *, by_characters: bool, dice: random.Random) -> str:
    """Change a share of the words, or characters: put another in its place, leave it out, or add one."""
    pieces = list(text) if by_characters else text.split(" ")
    vocabulary = [piece for piece in pieces if piece.strip()]
    for place in sorted(dice.sample(range(len(pieces)), round(share * len(pieces))), reverse=True):
        if not pieces[place].strip():
            continue
        other = dice.choice(vocabulary)
        pieces[place : place + 1] = dice.choice(([other], [], [pieces[place], other]))
    return ("" if by_characters else " ").join(pieces)


def plant(tree: Path, pages: Path, every: int) -> None:
    """Write the text of pages, and their copies, as `LANGUAGE/CHANGED/PAGE.txt`."""
    dice = random.Random(SEED)
    with Parser() as parser:
        for language in LANGUAGES:
            for page in page_files(pages, language, every=every):
                text = parser.parse(page).text
                for share in (None, *CHANGED):
                    folder = tree / language / ("original" if share is None else f"{share:g}")
                    folder.mkdir(parents=True, exist_ok=True)
                    by_characters = language in UNSPACED
                    changed = edited(text, share or 0.0, by_characters=by_characters, dice=dice)
                    (folder / f"{page.stem}.txt").write_text(changed, encoding="utf-8")


def ingest(tree: Path, folder: Path, embedder: Embedder) -> None:
    """Read the tree in the product's own way."""
    window = known_models()[BUILTIN].usual_window
    made_by = Fingerprint(
        BUILTIN, embedder.fingerprint, embedder.dimension, window, PASSAGE_TOKENS, SPLITTER_VERSION
    )
    with Index.create_or_open(folder, made_by) as index, Parser() as parser:
        for _ in Ingester(index, LocalPipeline(embedder, parser, window, PASSAGE_TOKENS)).ingest([tree]):
            pass


def order_kept(first: str, second: str) -> float:
    """Return the share of words that two texts have in the same order, 0 to 1."""
    matcher = SequenceMatcher(None, words(first), words(second), autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= ALIKE else 0.0


def overlap(first: frozenset[str], second: frozenset[str]) -> float:
    """Return the share of words that two sets have in common, 0 to 1."""
    return len(first & second) / max(len(first | second), 1)


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """All passages of an index with what rules look at."""

    stored: tuple[StoredPassage, ...]
    vectors: NDArray[np.float32]
    """(N, D)."""
    vocabularies: tuple[frozenset[str], ...]

    @classmethod
    def of(cls, index: Index) -> Shelf:
        """Fetch them."""
        stored = tuple(index.passages(index.passage_ids().tolist()))
        vectors = index.vectors([one.passage_id for one in stored])
        return cls(stored, vectors, tuple(frozenset(words(one.passage.text)) for one in stored))

    def places(self, language: str, state: str) -> dict[str, list[int]]:
        """List the passages of each page of a language in a state."""
        found: dict[str, list[int]] = {}
        for place, one in enumerate(self.stored):
            path = one.document.path
            if path.parts[-3:-1] == (language, state):
                found.setdefault(path.name, []).append(place)
        return found

    def looks(self, first: int, second: int) -> tuple[float, float]:
        """Return cosine and overlap of two passages."""
        cosine = float(self.vectors[first] @ self.vectors[second])
        return cosine, overlap(self.vocabularies[first], self.vocabularies[second])

    def truth(self, first: int, second: int) -> float:
        """Return the share of words that they have in the same order."""
        return order_kept(self.stored[first].passage.text, self.stored[second].passage.text)


def copied(shelf: Shelf, language: str) -> Iterator[Copied | None]:
    """Compare each copied passage with the nearest of its original; None where it was cut elsewhere."""
    originals = shelf.places(language, "original")
    for share in CHANGED:
        for page, places in shelf.places(language, f"{share:g}").items():
            for place in places:
                nearest = max(originals[page], key=lambda other: shelf.looks(place, other)[1])
                alike = shelf.truth(place, nearest) >= ALIKE
                yield Copied(share, *shelf.looks(place, nearest)) if alike else None


def pairs(shelf: Shelf) -> tuple[list[Pair], int]:
    """Return the pairs of passages of originals that come near a rule, and the number of all pairs."""
    places = [place for place, one in enumerate(shelf.stored) if one.document.path.parts[-2] == "original"]
    vectors = shelf.vectors[places]
    found = []
    for row, place in enumerate(places):
        for ahead in np.flatnonzero(vectors[row + 1 :] @ vectors[row] > NOT_ALIKE).tolist():
            other = places[row + 1 + ahead]
            cosine, shared = shelf.looks(place, other)
            if shared >= OVERLAPS[1] or cosine >= COSINES[1]:
                languages = {shelf.stored[one].document.path.parts[-3] for one in (place, other)}
                alike = shelf.truth(place, other) >= ALIKE
                found.append(Pair(cosine, shared, len(languages) > 1, alike))
    return found, len(places) * (len(places) - 1) // 2


def missed(found: Sequence[Copied], share: float, cosine: float, shared: float) -> float:
    """Return the share of copies that a rule does not see."""
    asked = [one for one in found if one.changed == share]
    return sum(one.cosine <= cosine or one.overlap < shared for one in asked) / max(len(asked), 1)


def false(found: Sequence[Pair], cosine: float, shared: float, *, translation: bool) -> int:
    """Count the pairs that a rule takes for copies and that are none."""
    return sum(
        pair.cosine > cosine and pair.overlap >= shared and not pair.alike and pair.translation is translation
        for pair in found
    )


def tables(found: dict[str, list[Copied]], others: Sequence[Pair]) -> list[Table]:
    """Lay out the rules, then the chosen one by language."""
    everywhere = [one for language in found.values() for one in language]
    rows = [("aligned passages", *(str(count(everywhere, share)) for share in CHANGED), "", "")]
    for cosine in COSINES:
        for shared in OVERLAPS:
            mark = " (chosen)" if (cosine, shared) == (NEAR, SHARED) else ""
            shares = [f"{100 * missed(everywhere, share, cosine, shared):.1f}" for share in CHANGED]
            wrong = [str(false(others, cosine, shared, translation=kind)) for kind in (False, True)]
            rows.append((f"{cosine:g}, {shared:g}{mark}", *shares, *wrong))
    columns = ("cosine, words", *(f"{share:.0%}" for share in CHANGED), "false", "false, translation")
    chosen = []
    for language, its in found.items():
        few = [replace(one, changed=0.0) for one in its if 0 < one.changed <= FEW]
        chosen.append((language, f"{100 * missed(few, 0.0, NEAR, SHARED):.1f}"))
    return [
        Table(
            "Missed copies, in %, by the share of words changed; false ones, in pairs", columns, tuple(rows)
        ),
        Table("Missed by the chosen rule of what was changed by 1 to 5 %", ("language", "%"), tuple(chosen)),
    ]


def count(found: Sequence[Copied], share: float) -> int:
    """Count the copied passages whose original has a passage like it."""
    return sum(one.changed == share for one in found)


def main() -> None:
    """Plant, ingest, and hold rules against the truth."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.copies", description=__doc__)
    parser.add_argument("--every", type=int, default=24, help="take every Nth page [default: 24]")
    options = parser.parse_args()
    embedder = load(BUILTIN)
    with TemporaryDirectory() as work:
        tree, folder = Path(work) / "tree", Path(work) / "index"
        plant(tree, fetch(WORK), options.every)
        say("ingesting")
        ingest(tree, folder, embedder)
        with Index.open(folder) as index:
            shelf = Shelf.of(index)
    say(f"comparing {len(shelf.stored)} passages")
    compared = {language: list(copied(shelf, language)) for language in LANGUAGES}
    found = {language: [one for one in results if one] for language, results in compared.items()}
    others, all_pairs = pairs(shelf)
    context = surroundings() | {
        "encoder": embedder.fingerprint,
        "every": options.every,
        "copied_passages": sum(map(len, found.values())),
        "cut_elsewhere": sum(results.count(None) for results in compared.values()),
        "pairs": all_pairs,
        "copies_among_originals": sum(pair.alike for pair in others),
    }
    shown = tables(found, others)
    data = {
        row[0]: dict(zip(table.columns[1:], row[1:], strict=True)) for table in shown for row in table.rows
    }
    publish("copies", context, data, shown, REMARK)


if __name__ == "__main__":
    main()
