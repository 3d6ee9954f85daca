"""The letters: how they follow each other in words of all languages of a script, for `search/letters.py`.

Sentences are capped for each language, so that none drowns the others that share its script. Probabilities
are smoothed by the shorter context (a hierarchical Dirichlet prior; MacKay and Peto 1995).
"""

import argparse
import logging
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.letters import END, FILE, STEPS, runs, trigrams_of
from training.held_out import HeldOut
from training.pairs import Pair
from training.sources.sentences import sentence_rows

LOG = logging.getLogger("training.letters")
TEXTS = 4_000
"""Of each language."""
PRIOR = 20.0
"""What the shorter context counts for, in letters."""
LEAST_LETTERS = 20_000
"""Of a script, seen; fewer are too few to tell what is never written."""
MOST_LETTERS = 120
"""Of a script, different ones; more are syllables or words, of which any can follow any."""
RARE = 2e-4
"""Share of a script's letters below which one does not belong to its alphabet."""


def write_letters(corpus: Path, held_out: Path | None, target: Path) -> None:
    """Count the letters of the sentence pairs and write the model."""
    kept = HeldOut.from_folder(held_out).keep(sentence_rows(corpus))
    by_script = {script: found for script, found in trigrams(kept).items() if _is_enough(found)}
    parts = model(by_script)
    np.savez_compressed(target, allow_pickle=False, **parts)
    LOG.info(
        "%d scripts, %d trigrams, %d bytes", len(by_script), len(parts["trigrams"]), target.stat().st_size
    )


def trigrams(pairs: Iterable[Pair]) -> dict[str, Counter[str]]:
    """Count each three letters that follow each other, by script."""
    texts: dict[str, set[str]] = defaultdict(set)
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for pair in pairs:
        for language, text in ((pair.first_lang, pair.first), (pair.second_lang, pair.second)):
            seen = texts[language]
            if len(seen) == TEXTS or text in seen:
                continue
            seen.add(text)
            for script, run in runs(text):
                found[script].update(trigrams_of(run))
    return found


def model(by_script: dict[str, Counter[str]]) -> dict[str, NDArray[Any]]:
    """Turn counts into odds against a letter at random of the same script."""
    triples: dict[str, float] = {}
    odds: dict[str, float] = {}
    rest: dict[str, float] = {}
    for counts in by_script.values():
        letters = _alphabet(counts)
        pairs, contexts, before = Counter[str](), Counter[str](), Counter[str]()
        for triple, count in counts.items():
            pairs[triple[1:]] += count
            contexts[triple[:2]] += count
        for pair, count in pairs.items():
            before[pair[0]] += count
        for pair, count in pairs.items():
            odds[pair] = log(letters * (count + PRIOR / letters) / (before[pair[0]] + PRIOR))
            rest[pair] = log(PRIOR / (contexts[pair] + PRIOR))
        for triple, count in counts.items():
            shorter = PRIOR * exp(odds[triple[1:]])
            triples[triple] = log((letters * count + shorter) / (contexts[triple[:2]] + PRIOR))
    names, ends = sorted(triples), sorted(odds)
    return {
        "scripts": np.array(sorted(by_script)),
        "trigrams": np.array(names),
        "trigram_odds": _stored(triples[name] for name in names),
        "pairs": np.array(ends),
        "pair_odds": _stored(odds[name] for name in ends),
        "pair_rest": _stored(rest[name] for name in ends),
    }


def _stored(odds: Iterable[float]) -> NDArray[np.int8]:
    stored: NDArray[np.int8] = np.clip(np.rint(np.array(list(odds)) * STEPS), -128, 127).astype(np.int8)
    return stored


def _is_enough(counts: Counter[str]) -> bool:
    letters = _letters(counts)
    return letters.total() >= LEAST_LETTERS and len(letters) <= MOST_LETTERS


def _alphabet(counts: Counter[str]) -> int:
    """How many letters can come next, the end being one of them."""
    letters = _letters(counts)
    return 1 + sum(count > RARE * letters.total() for count in letters.values())


def _letters(counts: Counter[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for triple, count in counts.items():
        if triple[2] != END:
            found[triple[2]] += count
    return found


def main() -> None:
    """Write the model."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    parser = argparse.ArgumentParser(prog="python -m training.letters", description=__doc__)
    parser.add_argument(
        "--corpus", type=Path, default=Path("sentence-pairs.tsv.xz"), help="the sentence pairs"
    )
    parser.add_argument(
        "--held-out", type=Path, default=None, help="folder of measuring sets never trained on"
    )
    options = parser.parse_args()
    write_letters(options.corpus, options.held_out, FILE)


if __name__ == "__main__":
    main()
