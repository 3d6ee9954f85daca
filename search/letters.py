"""How letters follow each other where somebody wrote words, in any language of their script."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).with_name("letters.npz")
"""Written by `python -m training.letters`."""
START, END = "^", "$"
"""Stand before the first letter of a run, twice, and after the last."""
STEPS = 16
"""Of a nat: the unit of what is stored."""
_FOLDED = frozenset({"LATIN", "GREEK", "CYRILLIC"})
"""Scripts whose letters are taken without their marks."""
_UNKNOWN = -4.0
"""Of two letters that were never seen side by side, in nats."""


def runs(text: str) -> Iterator[tuple[str, str]]:
    """Yield each run of letters of one script with the script's name, case and compatibility folded."""
    run, of = "", ""
    for letter in unicodedata.normalize("NFKC", text).lower():
        script = script_of(letter)
        if run and script != of:
            yield of, run
            run = ""
        of = script
        if script:
            run += unicodedata.normalize("NFD", letter)[0] if script in _FOLDED else letter
    if run:
        yield of, run


def trigrams_of(run: str) -> list[str]:
    """Give each letter of a run, and its end, with the two before it."""
    padded = START + START + run + END
    return [padded[place : place + 3] for place in range(len(run) + 1)]


@cache
def script_of(letter: str) -> str:
    """Name the script of a letter or of a mark that belongs to one; empty for anything else."""
    if unicodedata.category(letter)[0] not in "LM":
        return ""
    return unicodedata.name(letter, "").partition(" ")[0]


@dataclass(frozen=True, slots=True)
class LetterModel:
    """A trigram model of letters with back-off to pairs (Katz 1987), as odds against letters at random."""

    scripts: frozenset[str]
    """Others are unknown to it."""
    trigrams: NDArray[np.str_]
    """Sorted, (N,)."""
    trigram_odds: NDArray[np.int8]
    """Of the last letter after the two before it, (N,)."""
    pairs: NDArray[np.str_]
    """Sorted, (M,)."""
    pair_odds: NDArray[np.int8]
    """Of the last letter after the one before it, (M,)."""
    pair_rest: NDArray[np.int8]
    """What is left for letters that never followed the pair, (M,)."""

    @classmethod
    def load(cls, file: Path = FILE) -> LetterModel:
        """Read what `training/letters.py` wrote."""
        with np.load(file, allow_pickle=False) as stored:
            parts = dict(stored)
        return cls(frozenset(parts.pop("scripts").tolist()), **parts)

    def log_odds(self, text: str) -> tuple[float, int, int]:
        """How much likelier `text` was written than drawn at random, in nats, and of how many letters.

        The third is the number of letters of unknown scripts, which say nothing.
        """
        odds, known, unknown = 0.0, 0, 0
        for script, run in runs(text):
            if script in self.scripts:
                odds += self._of_run(run)
                known += len(run)
            else:
                unknown += len(run)
        return odds, known, unknown

    def _of_run(self, run: str) -> float:
        triples = trigrams_of(run)
        found, seen = _looked_up(self.trigrams, triples)
        places, known = _looked_up(self.pairs, [triple[1:] for triple in triples])
        contexts, followed = _looked_up(self.pairs, [triple[:2] for triple in triples])
        backed_off = np.where(known, self.pair_odds[places] / STEPS, _UNKNOWN)
        backed_off += np.where(followed, self.pair_rest[contexts] / STEPS, 0.0)
        return float(np.where(seen, self.trigram_odds[found] / STEPS, backed_off).sum())


def _looked_up(names: NDArray[np.str_], wanted: list[str]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Find the places of names, and whether they are there."""
    asked = np.array(wanted, dtype=names.dtype)
    places = np.minimum(np.searchsorted(names, asked), len(names) - 1)
    return places, names[places] == asked


@cache
def letter_model() -> LetterModel:
    """Load the model once."""
    return LetterModel.load()
