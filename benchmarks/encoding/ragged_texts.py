"""Texts as a folder has them: real ones in many languages, few of them long and most of them short."""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import exp, log
from pathlib import Path
from statistics import NormalDist

from tokenizers import Tokenizer

from benchmarks.encoding.folder_documents import documents
from benchmarks.report import ROOT

FEWEST, MOST = 10, 512
"""Tokens of the shortest text and of the longest."""
GROUP = 32
"""Texts that sentence-transformers reads at once, unless told otherwise."""
LONG_LIST = 1024
"""Texts of the list that groups are taken out of."""

_MIDDLE, _SPREAD = 80, 0.8
"""Tokens of the middle text, and the deviation of their logarithm: 108 on average."""


def ragged_texts(tokenizer_json: Path, count: int, seed: int = 1) -> list[str]:
    """Cut `count` texts out of the sample documents, of log-normal lengths, in no order.

    They are groups of neighbours from a long list in order of characters, so that who sorts by them and pads
    each group, as sentence-transformers does, pads about as much as in the whole list.
    """
    chance = random.Random(seed)
    tokenizer = Tokenizer.from_file(str(tokenizer_json))
    read = [document.text for document in documents(ROOT / "samples/documents")]
    places = [tokenizer.encode(text, add_special_tokens=False).offsets for text in read]
    lengths = log_normal_lengths(LONG_LIST)
    chance.shuffle(lengths)
    listed = []
    for number, length in enumerate(lengths):
        text, spans = read[number % len(read)], places[number % len(read)]
        start = chance.randrange(max(len(spans) - length, 1))
        listed.append(text[spans[start][0] : spans[min(start + length, len(spans)) - 1][1]])
    listed.sort(key=len)
    texts = [listed[place] for place in grouped(count, len(listed))]
    chance.shuffle(texts)
    return texts


def log_normal_lengths(count: int) -> list[int]:
    """Spread so many lengths as evenly as their distribution asks for, the shortest first."""
    drawn = NormalDist(log(_MIDDLE), _SPREAD)
    lengths = (exp(drawn.inv_cdf((number + 0.5) / count)) for number in range(count))
    return [round(min(max(length, FEWEST), MOST)) for length in lengths]


def grouped(count: int, listed: int) -> list[int]:
    """Choose `count` places of a list, in groups of neighbours that are spread evenly over it."""
    groups = -(-count // GROUP)
    size = -(-count // groups)
    firsts = [round(listed * (group + 0.5) / groups - size / 2) for group in range(groups)]
    return [first + place for first in firsts for place in range(size)][:count]


def token_counts(tokenizer_json: Path, texts: Sequence[str]) -> list[int]:
    """Count the tokens of each of `texts`, special ones aside."""
    tokenizer = Tokenizer.from_file(str(tokenizer_json))
    return [len(encoded.ids) for encoded in tokenizer.encode_batch(list(texts), add_special_tokens=False)]


def padding(tokenizer_json: Path, texts: Sequence[str]) -> float:
    """Say how many times as many tokens are read where groups in order of characters are padded."""
    counts = token_counts(tokenizer_json, sorted(texts, key=len))
    groups = (counts[start : start + GROUP] for start in range(0, len(counts), GROUP))
    return sum(max(group) * len(group) for group in groups) / sum(counts)
