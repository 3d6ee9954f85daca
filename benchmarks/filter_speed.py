"""What filters and phrases cost a search over many passages, beside reading every text."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Table, publish, say, surroundings
from index_data.index import Index
from index_data.phrases import stands_in
from index_data.records import Document, FileStamp, Filters, Fingerprint, Passage, Phrase

DOCUMENT = 1_000
"""Passages of each document."""
WORDS = 60
"""Of a passage."""
VOCABULARY = 50_000
DIMENSION = 64
CANDIDATES = 100
REPEATS = 9
LANGUAGES = ("en", "de", "fr", "es", "ru", "zh", "ja", "th", "ko", "ar")

REMARK = """\
Passages are 60 words drawn from 50,000 by Zipf's law (a word of rank r with weight 1/r), in documents of
1,000 and ten languages. `w9` is in two fifths of them, `w999` in one of two hundred. A search asks for 100
candidates, by five words of ranks 20 to 500 and by vectors of 64 numbers. `first` is the first search of a
filter, by vectors; `words` and `vectors` are medians of nine more with the same filter, as while somebody
types. `read` are the texts that the first one read because a phrase may stand in them; `let through` is what
was then known. All times are those of one CPU. The last row is the control: each text is read and looked at.
The words of a passage do not depend on each other, so phrases of frequent words are rarer than in a language
and cost more."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one filter costs."""

    filter: str
    let_through: int | None
    """Passages, as far as the tables tell."""
    found: int
    read: int
    first_ms: float
    words_ms: float
    vectors_ms: float


FILTERS = {
    "none": Filters(),
    "lang:de": Filters(languages=("de",)),
    "-lang:de": Filters(not_languages=("de",)),
    "path:1??/**": Filters(path_globs=("1??/**",)),
    "after, before": Filters(modified_from_ns=50, modified_before_ns=150),
    "-w999": Filters(not_phrases=(Phrase("w999"),)),
    "-w9": Filters(not_phrases=(Phrase("w9"),)),
    "w999*": Filters(phrases=(Phrase("w999", open_ended=True),)),
    '"w9"': Filters(phrases=(Phrase("w9"),)),
    '"w9 w8"': Filters(phrases=(Phrase("w9 w8"),)),
    '-"w9 w8"': Filters(not_phrases=(Phrase("w9 w8"),)),
    '"w99 w98"': Filters(phrases=(Phrase("w99 w98"),)),
    '"w0 w1 w2"': Filters(phrases=(Phrase("w0 w1 w2"),)),
    '"w9 w8 w7 w6 w5"': Filters(phrases=(Phrase("w9 w8 w7 w6 w5"),)),
}


def main() -> None:
    """Measure each size in turn."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.filter_speed", description=__doc__)
    parser.add_argument("--passages", default="200000", metavar="N,N,...", help="the sizes")
    options = parser.parse_args()
    context, results, tables = surroundings(), {}, []
    for count in map(int, options.passages.split(",")):
        measured, control = _at_size(count)
        results[str(count)] = {"filters": [asdict(one) for one in measured], "reading_all_ms": control}
        rows = [*map(_row, measured), ("every text read", *["-"] * 3, f"{control:,.0f}", "-", "-")]
        columns = ("filter", "let through", "found", "read", "first ms", "words ms", "vectors ms")
        tables.append(Table(f"{count:,} passages", columns, tuple(rows)))
    publish("filter_speed", context, results, tables, REMARK)


def _at_size(count: int) -> tuple[list[Measured], float]:
    """Make an index of so many passages, and search it with each filter; also how long reading all takes."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        _fill(folder, count)
        with Index.open(folder) as index:
            index.nearest(_vectors(1, 0)[0], 1, Filters())
            measured = [_measured(index, name, filters) for name, filters in FILTERS.items()]
            return measured, _reading_all(index, count)


def _fill(folder: Path, count: int) -> None:
    say(f"{count:,} passages")
    dice = np.random.default_rng(7)
    weights = 1 / np.arange(1, VOCABULARY + 1)
    fingerprint = Fingerprint("synthetic", "synthetic", DIMENSION, 1, 1, 1)
    with Index.create_or_open(folder, fingerprint) as index:
        for number in range(count // DOCUMENT):
            ranks = dice.choice(VOCABULARY, (DOCUMENT, WORDS), p=weights / weights.sum())
            texts = [" ".join(f"w{rank}" for rank in row) for row in ranks.tolist()]
            language = LANGUAGES[number % len(LANGUAGES)]
            passages = [Passage(at, text, 0, len(text), 1, language) for at, text in enumerate(texts)]
            document = Document(
                Path(f"/{number}/file.txt"), FileStamp(1, number, "0" * 64), "txt", "a title", language
            )
            index.replace(document, passages, _vectors(DOCUMENT, number))
        index.publish()


def _vectors(count: int, seed: int) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSION), np.float32)
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _measured(index: Index, name: str, filters: Filters) -> Measured:
    say(name)
    vector, words = _vectors(1, 1_000_000)[0], "w20 w50 w120 w300 w500"
    first = _ms(lambda: index.nearest(vector, CANDIDATES, filters))
    view = index._selection._view
    assert view is not None
    read = len(view.read)
    through = None if view.allowed is None else int(view.allowed.sum())
    by_words = [_ms(lambda: index.matching(words, CANDIDATES, filters)) for _ in range(REPEATS)]
    by_vectors = [_ms(lambda: index.nearest(vector, CANDIDATES, filters)) for _ in range(REPEATS)]
    found = len(index.nearest(vector, CANDIDATES, filters))
    return Measured(
        name,
        through,
        found,
        read,
        first,
        float(np.median(by_words)),
        float(np.median(by_vectors)),
    )


def _reading_all(index: Index, count: int) -> float:
    """Read all texts and look for a phrase in each, a part of them being timed: milliseconds."""
    part = index.passage_ids()[: min(count, 20_000)].tolist()
    phrase = Phrase("w9 w8")
    took = _ms(lambda: [stands_in(phrase, one.passage.text) for one in index.passages(part)])
    return took * count / len(part)


def _ms(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return 1_000 * (time.process_time() - start)


def _row(one: Measured) -> tuple[str, ...]:
    through = "all" if one.let_through is None else f"{one.let_through:,}"
    times = (f"{value:,.1f}" for value in (one.first_ms, one.words_ms, one.vectors_ms))
    return (one.filter, through, f"{one.found:,}", f"{one.read:,}", *times)


if __name__ == "__main__":
    main()
