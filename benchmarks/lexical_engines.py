"""Full-text engines, each in a process of its own: tasks as JSON on stdin, rankings and times on stdout.

`python lexical_engines.py ENGINE`, in an interpreter that has what the engine needs. `ours` takes the project
from the import path, so that a tree of an earlier commit can be asked as well. Times are those of the CPU.
"""

from __future__ import annotations

import json
import re
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

Task = dict[str, Any]
"""`passages`, `questions`, their `language`, and the `depth` of the rankings that are asked for."""
Ask = Callable[[str, int], list[int]]
"""A question and a number to the places of passages, best first."""
BATCH = 200
"""Passages that go in together."""


def main() -> None:
    """Do each task with the engine that was named."""
    tasks = json.load(sys.stdin)
    print(json.dumps([done(ENGINES[sys.argv[1]], task) for task in tasks]))


def done(engine: Callable[[Task, Path], Ask], task: Task) -> dict[str, Any]:
    """Index the passages of a task and ask its questions."""
    with TemporaryDirectory() as folder:
        started = time.process_time()
        ask = engine(task, Path(folder))
        build_seconds = time.process_time() - started
        megabytes = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file()) / 1e6
        rankings, milliseconds = [], []
        for question in task["questions"]:
            started = time.process_time()
            rankings.append(ask(question, task["depth"]))
            milliseconds.append(1000 * (time.process_time() - started))
    return {
        "rankings": rankings,
        "milliseconds": milliseconds,
        "build_seconds": build_seconds,
        "megabytes": megabytes,
    }


def ours(task: Task, folder: Path) -> Ask:
    """Do what `Index.matching` does, without what stands around it."""
    from index_data.full_text import FullText

    rows = sqlite3.connect(folder / "words.sqlite3")
    rows.execute("CREATE VIRTUAL TABLE passage_words USING fts5 (words, content = '', tokenize = 'ascii')")
    words = FullText(rows)
    numbered: Iterator[tuple[int, str]] = enumerate(task["passages"])
    while batch := list(islice(numbered, BATCH)):
        words.add(batch)
        rows.commit()
    return lambda question, count: [found.passage_id for found in words.matching(question, count, None)]


def trigram(task: Task, folder: Path) -> Ask:
    """SQLite's trigrams, all those of a question."""
    rows = sqlite3.connect(folder / "trigrams.sqlite3")
    rows.execute("CREATE VIRTUAL TABLE trigrams USING fts5 (text, tokenize = 'trigram')")
    numbered = enumerate(task["passages"])
    while batch := list(islice(numbered, BATCH)):
        rows.executemany("INSERT INTO trigrams (rowid, text) VALUES (?, ?)", batch)
        rows.commit()

    def ask(question: str, count: int) -> list[int]:
        runs = re.findall(r"\w{3,}", question.casefold())
        asked = dict.fromkeys(run[at : at + 3] for run in runs for at in range(len(run) - 2))
        if not asked:
            return []
        match = " OR ".join(f'"{three}"' for three in asked)
        found = rows.execute(
            "SELECT rowid FROM trigrams WHERE trigrams MATCH ? ORDER BY rank LIMIT ?", (match, count)
        )
        return [place for (place,) in found]

    return ask


def tantivy(task: Task, folder: Path) -> Ask:
    """Tantivy with its default tokeniser."""
    import tantivy  # type: ignore[import-not-found]  # only in the rivals' environment

    schema = (
        tantivy.SchemaBuilder()
        .add_text_field("text", stored=False)
        .add_integer_field("place", stored=True)
        .build()
    )
    index = tantivy.Index(schema, path=str(folder))
    writer = index.writer(heap_size=256_000_000, num_threads=1)
    for place, text in enumerate(task["passages"]):
        writer.add_document(tantivy.Document(text=text, place=place))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def ask(question: str, count: int) -> list[int]:
        query, _ = index.parse_query_lenient(re.sub(r"[^\w\s]", " ", question), ["text"])
        return [searcher.doc(address)["place"][0] for _, address in searcher.search(query, count).hits]

    return ask


def bm25s_english(task: Task, folder: Path) -> Ask:
    """bm25s with English stop words and the English stemmer, whatever the language."""
    return _bm25s(task["passages"], "en", folder)


def bm25s_told(task: Task, folder: Path) -> Ask:
    """bm25s that is told the language, with its stop words and stemmer where there are any."""
    return _bm25s(task["passages"], task["language"], folder)


def _bm25s(passages: list[str], language: str, folder: Path) -> Ask:
    import bm25s  # type: ignore[import-not-found]
    import Stemmer  # type: ignore[import-not-found]

    stemmer = Stemmer.Stemmer(STEMMERS[language]) if language in STEMMERS else None
    stopwords = language if language in STOP_WORDS else []

    def tokens(texts: list[str]) -> Any:
        return bm25s.tokenize(texts, stopwords=stopwords, stemmer=stemmer, show_progress=False)

    index = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
    index.index(tokens(passages), show_progress=False)
    index.save(folder)

    def ask(question: str, count: int) -> list[int]:
        asked = tokens([question])
        if not asked.vocab:
            return []
        places, scores = index.retrieve(asked, k=min(count, len(passages)), show_progress=False)
        return [int(place) for place, score in zip(places[0], scores[0], strict=True) if score > 0]

    return ask


STEMMERS = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fr": "french",
    "hi": "hindi",
    "id": "indonesian",
    "it": "italian",
    "nl": "dutch",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
STOP_WORDS = frozenset(["da", "de", "en", "es", "fr", "it", "ko", "nl", "no", "pt", "ru", "sv", "tr", "zh"])
"""Languages whose stop words bm25s has."""
ENGINES: dict[str, Callable[[Task, Path], Ask]] = {
    engine.__name__: engine for engine in (ours, trigram, tantivy, bm25s_english, bm25s_told)
}

if __name__ == "__main__":
    main()
