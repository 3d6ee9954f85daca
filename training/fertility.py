"""Fertility: how many pieces the vocabulary needs to say in each language what English says."""

import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from tokenizers import Tokenizer

from index_data.atomic_file import write_atomically
from training.languages import FOCUS
from training.pairs import Pair

MOST = 2_000
"""Pairs a language."""


class Fertility(NamedTuple):
    """Counts over pairs of a sentence and its English."""

    pairs: int
    pieces: int
    english_pieces: int
    words: int
    """Runs of characters between white space: of no meaning where a language writes none."""
    byte_pieces: int
    """Pieces that stand for a byte of a sign the vocabulary has not."""


def measured(tokenizer: Tokenizer, pairs: Iterable[Pair]) -> dict[str, Fertility]:
    """Return the counts of every language of the focus, over its first pairs with English."""
    rows: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        if pair.first_lang == "en" and pair.second_lang in FOCUS and len(rows[pair.second_lang]) < MOST:
            rows[pair.second_lang].append(pair)
    return {lang: counted(tokenizer, rows[lang]) for lang in sorted(rows)}


def counted(tokenizer: Tokenizer, pairs: list[Pair]) -> Fertility:
    """Return the counts of one language."""
    own = tokenizer.encode_batch([pair.second for pair in pairs], add_special_tokens=False)
    english = tokenizer.encode_batch([pair.first for pair in pairs], add_special_tokens=False)
    return Fertility(
        pairs=len(pairs),
        pieces=sum(len(one.ids) for one in own),
        english_pieces=sum(len(one.ids) for one in english),
        words=sum(len(pair.second.split()) for pair in pairs),
        byte_pieces=sum(piece.startswith("<0x") for one in own for piece in one.tokens),
    )


def write_fertility(path: Path, tokenizer: Tokenizer, pairs: Iterable[Pair]) -> None:
    """Write the counts by language as JSON."""
    found = {lang: counts._asdict() for lang, counts in measured(tokenizer, pairs).items()}
    write_atomically(path, (json.dumps(found, indent=1) + "\n").encode(), mode=0o644)


def read_fertility(path: Path) -> dict[str, Fertility]:
    """Return the counts by language; nothing where they were not written."""
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {lang: Fertility(**counts) for lang, counts in found.items()}
