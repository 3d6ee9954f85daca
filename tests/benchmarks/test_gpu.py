"""The benchmark for GPUs runs where there is none, on tiny shapes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from benchmarks.gpu import TINY, Texts, sample_text
from benchmarks.report import RESULTS, ROOT
from encoder.token_sequences import TokenSequencer


def test_texts_have_so_many_tokens_and_begin_anew() -> None:
    sequencer = TokenSequencer(ROOT / "encoder/builtin/tokenizer.json")
    text = sample_text()
    whole = len(sequencer.spans(text))
    first, long, again = Texts(text, sequencer).of([8, whole - 4, 8])
    assert first == again != long
    assert len(sequencer.spans(first)) == 8
    assert long in text


@pytest.mark.slow
def test_a_dry_run_shows_everything_and_writes_nothing() -> None:
    before = sorted(RESULTS.iterdir())
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu", "--device", "cpu", "--dry-run"],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert sorted(RESULTS.iterdir()) == before
    titles = [line for line in done.stdout.splitlines() if line.startswith("## ")]
    assert titles == [
        "## Matrix products",
        "## Throughput",
        "## One query",
        "## Cosine to sentence-transformers float32",
    ]
    assert "out of memory" not in done.stdout
    cosines = [line.split("|") for line in done.stdout.splitlines()[-len(TINY.proven) :]]
    assert all(float(cell) > 0.999 for row in cosines for cell in row[2:-1])
