"""Texts and pairs on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index_data.errors import UsageError
from training.adaptation.rows import Pair, Pairs, Texts

LONG = "a text that is long enough"


def written(path: Path, content: str) -> Path:
    path.write_bytes(content.encode())
    return path


def test_texts_come_from_lines_fields_and_objects(tmp_path: Path) -> None:
    paths = [
        written(tmp_path / "a.txt", f"{LONG} one\n\n  \nshort\n"),
        written(tmp_path / "b.tsv", f"en\tfr\t{LONG} two\t{LONG} three\r\n"),
        written(tmp_path / "c.jsonl", f'{{"text": "{LONG} four", "id": 1}}\n'),
    ]
    drawn = Texts(paths).draw(200, np.random.default_rng(1))
    assert set(drawn) == {f"{LONG} {number}" for number in ("one", "two", "three", "four")}


def test_pairs_may_have_negatives(tmp_path: Path) -> None:
    tsv = Pairs(written(tmp_path / "a.tsv", "q\tp\nq2\tp2\tn\tm\n"))
    jsonl = Pairs(
        written(
            tmp_path / "b.jsonl",
            '{"query": "q", "passage": "p"}\n{"query": "q2", "passage": "p2", "negatives": ["n", "m"]}\n',
        )
    )
    wanted = [Pair("q", "p"), Pair("q2", "p2", ("n", "m"))]
    assert [tsv[number] for number in range(2)] == [jsonl[number] for number in range(2)] == wanted


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", "only a query\n"),
        ("a.tsv", "q\tp\n\tp\n"),
        ("a.jsonl", '{"query": "q"}\n'),
        ("a.jsonl", '{"query": "q", "passage": "p", "negatives": "n"}\n'),
        ("a.jsonl", '{"query": "q", "passage": "p", "negatives": [1]}\n'),
        ("a.jsonl", "[]\n"),
        ("a.jsonl", "{\n"),
        ("a.csv", "q,p\n"),
        ("a.tsv", "\n"),
    ],
)
def test_a_row_that_is_no_pair_is_named(tmp_path: Path, name: str, content: str) -> None:
    with pytest.raises(UsageError, match=name):
        Pairs(written(tmp_path / name, content))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"gone\.txt"):
        Texts([tmp_path / "gone.txt"])


def test_texts_that_are_all_too_short_are_refused(tmp_path: Path) -> None:
    texts = Texts([written(tmp_path / "a.txt", "short\nshorter\n")])
    with pytest.raises(UsageError, match="characters"):
        texts.draw(5, np.random.default_rng(1))
