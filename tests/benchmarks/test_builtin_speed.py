"""What the built-in encoder's speed is measured on, and how it is laid out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.builtin_speed import QUERY_TOKENS, REFERENCE, Speed, cosines, passages_of, queries_of, table
from benchmarks.cold_start import Cost

WORDS = "Rivers freeze under heavy snow while quick foxes jump above lazy dogs again and again."


def test_passages_are_those_of_an_ingest(tmp_path: Path, letter_embedder: Any) -> None:
    (tmp_path / "long.txt").write_text(f"{WORDS}\n\n" * 40, encoding="utf-8")
    (tmp_path / "broken.pdf").write_bytes(b"no PDF")
    passages = list(passages_of(tmp_path, letter_embedder))
    assert len(passages) > 1
    assert " ".join(passages).split() == (WORDS.split() * 40)
    assert all(len(letter_embedder.token_spans(passage)) <= 256 for passage in passages)


def test_queries_have_ten_tokens(letter_embedder: Any) -> None:
    assert list(queries_of([WORDS, "Too short."], letter_embedder)) == [
        " ".join(WORDS.split()[:QUERY_TOKENS])
    ]


def test_times_are_the_median_of_rounds() -> None:
    slow = Speed((Cost(4, 8), Cost(40, 80), Cost(4, 8)), tuple(map(float, range(1, 101))), 1.0)
    fast = Speed((Cost(2, 2), Cost(20, 20), Cost(1, 1)), (1.0,) * 100, 0.99)
    rows = {row[0]: row[1:] for row in table(2, {"fast": fast, REFERENCE: slow}, passages=8).rows}
    assert rows["fast"] == ("4.0", "2.00", "4.0", "4.00", "1.0", "1.0", "0.99000")
    assert rows[REFERENCE] == ("2.0", "1.00", "1.0", "1.00", "50.5", "96.0", "1.00000")


def test_what_the_other_program_lacks_is_not_compared() -> None:
    vectors = np.array([[0.6, 0.0, 0.8], [0.0, 0.5, 0.5]], dtype=np.float32)
    halves = np.array([[1.0, 0.0], [0.6, 0.8]], dtype=np.float32)
    assert np.allclose(cosines(vectors, halves), [1.0, 0.8])
