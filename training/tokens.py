"""Texts as piece ids on disk: every distinct text tokenised once, pairs as numbers of texts."""

import json
import logging
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from training.corpora import source_pairs

LOG = logging.getLogger("training.tokens")
CHUNK = 20_000


class Ragged(NamedTuple):
    """Sequences of ids laid end to end, without special tokens."""

    ids: NDArray[np.uint16]
    """(total pieces,) uint16."""
    starts: NDArray[np.int64]
    """(texts + 1,) int64: text `i` is `ids[starts[i]:starts[i + 1]]`."""

    def row(self, at: int) -> NDArray[np.uint16]:
        """Return the ids of one text: (T,) uint16."""
        return self.ids[self.starts[at] : self.starts[at + 1]]

    def lengths(self) -> NDArray[np.int64]:
        """Return how many pieces each text has: (texts,) int64."""
        return np.diff(self.starts)


class PairTable(NamedTuple):
    """The pairs of one source as numbers of texts."""

    first: NDArray[np.int64]
    """(pairs,) int64, text numbers."""
    second: NDArray[np.int64]
    """(pairs,) int64, text numbers."""
    lang: NDArray[np.int64]
    """(pairs,) int64, number of the second text's language."""


def encode(tokenizer: Tokenizer, texts: list[str]) -> Ragged:
    """Tokenise texts in chunks, without special tokens and without a limit of length."""
    tokenizer.no_truncation()
    tokenizer.no_padding()
    flat: list[NDArray[np.uint16]] = []
    lengths: list[int] = [0]
    rows = iter(texts)
    while chunk := list(islice(rows, CHUNK)):
        encoded = tokenizer.encode_batch_fast(chunk, add_special_tokens=False)
        flat += [np.array(one.ids, dtype=np.uint16) for one in encoded]
        lengths += [len(one.ids) for one in encoded]
    return Ragged(np.concatenate(flat), np.cumsum(lengths, dtype=np.int64))


def save_ragged(folder: Path, name: str, ragged: Ragged) -> None:
    """Write ids and starts as two arrays."""
    np.save(folder / f"{name}.ids.npy", ragged.ids)
    np.save(folder / f"{name}.starts.npy", ragged.starts)


def load_ragged(folder: Path, name: str) -> Ragged:
    """Read what `save_ragged` wrote."""
    return Ragged(np.load(folder / f"{name}.ids.npy"), np.load(folder / f"{name}.starts.npy"))


def sources(work: Path) -> Iterator[str]:
    """Yield the names of the sources, sorted."""
    yield from sorted(path.stem for path in (work / "pairs").glob("*.tsv"))


def make_tokens(work: Path, tokenizer: Tokenizer, teacher: Tokenizer) -> None:
    """Write all texts in the new vocabulary, the English in the teacher's too, and each source's pairs.

    All is written anew when a source has come since.
    """
    folder = work / "tokens"
    known = {path.name.partition(".")[0] for path in folder.glob("*.pairs.npy")}
    if (folder / "languages.json").exists() and known.issuperset(sources(work)):
        return
    folder.mkdir(parents=True, exist_ok=True)
    numbers: dict[str, int] = {}
    languages: dict[str, int] = {}
    english: set[int] = set()
    for source in sources(work):
        first, second, lang = list[int](), list[int](), list[int]()
        for pair in source_pairs(work, source):
            first.append(numbers.setdefault(pair.first, len(numbers)))
            second.append(numbers.setdefault(pair.second, len(numbers)))
            lang.append(languages.setdefault(pair.second_lang, len(languages)))
            if pair.first_lang == "en":
                english.add(first[-1])
        np.save(folder / f"{source}.pairs.npy", np.array([first, second, lang], dtype=np.int64))
    LOG.info("%d distinct texts, %d of them English", len(numbers), len(english))
    save_ragged(folder, "student", encode(tokenizer, list(numbers)))
    texts = [text if at in english else "" for at, text in enumerate(numbers)]
    save_ragged(folder, "teacher", encode(teacher, texts))
    partial = folder / "languages.partial"
    partial.write_text(json.dumps(list(languages)))
    partial.replace(folder / "languages.json")


def load_pairs(work: Path, source: str) -> PairTable:
    """Read the pairs of one source."""
    return PairTable(*np.load(work / "tokens" / f"{source}.pairs.npy"))


def load_languages(work: Path) -> list[str]:
    """Return the languages by number."""
    names: list[str] = json.loads((work / "tokens" / "languages.json").read_text())
    return names
