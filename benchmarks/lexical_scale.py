"""Passages in any number whose words are as frequent as those of real text, and questions about them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks.lexical_tasks import paragraphs

LENGTHS = (1, 2, 4, 8, 16)
"""Words of a question."""
QUESTIONS = 100
"""Of each length."""
WORDS = 80
"""Of a passage."""
NEW_WORDS = 4
"""Of these, made of two: the vocabulary of a growing collection grows."""
FREQUENT = 0.05
"""Share of passages with a word that no question names alone, such as `and`."""
SEED = 20


def crowd(pages: Path, count: int) -> list[str]:
    """Draw passages from the words of the guide: half of them in English, the rest in its other languages."""
    rng = np.random.default_rng(SEED)
    folders = sorted(path for path in pages.iterdir() if path.is_dir())
    vocabularies = [_words(folder) for folder in folders]
    english = [folder.name for folder in folders].index("en")
    passages = []
    for _ in range(count):
        words = vocabularies[english if rng.random() < 0.5 else int(rng.integers(len(folders)))]
        places = rng.integers(len(words), size=WORDS + NEW_WORDS)
        drawn = [words[place] for place in places.tolist()]
        new = [first + second for first, second in zip(drawn[:NEW_WORDS], drawn[WORDS:], strict=True)]
        passages.append(" ".join([*drawn[NEW_WORDS:WORDS], *new]))
    return passages


def questions_by_length(passages: list[str]) -> list[list[str]]:
    """Draw the words of each question from one passage, none of them frequent: for each length, so many."""
    rng = np.random.default_rng(SEED + 1)
    counts = Counter(word for passage in passages for word in set(passage.split()))
    asked = []
    for length in LENGTHS:
        chosen = rng.integers(len(passages), size=QUESTIONS).tolist()
        words = [rng.permutation(passages[place].split()).tolist() for place in chosen]
        telling = [[word for word in drawn if counts[word] < FREQUENT * len(passages)] for drawn in words]
        asked.append([" ".join(drawn[:length]) for drawn in telling])
    return asked


def _words(folder: Path) -> list[str]:
    """Return the running words of a language; where no spaces part them, pieces of that size."""
    text = " ".join(text for page in sorted(folder.glob("*.html")) for text in paragraphs(page))
    words = text.split()
    return [word[:16] for word in words]
