"""T10: a run that is killed at 10, 50 and 90 % is taken up where it was."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.faults import oracle
from tests.faults.library import Library
from tests.faults.nursery import Child, Nursery
from tests.faults.oracle import Promise

DOCUMENTS = 30


def _windows(said: Sequence[Sequence[Any]]) -> list[int]:
    """How many windows each call of the encoder had."""
    return [words[1] for words in said if words[0] == "embedded"]


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 11))])
def test_what_is_embedded_again_is_at_most_a_batch(
    nursery: Nursery, tmp_path: Path, part: float, seed: int
) -> None:
    library = Library(tmp_path / "documents", seed, count=DOCUMENTS)

    def child(name: str, folder: str) -> Child:
        return nursery.fork(
            "tests.faults.worker:ingest",
            tmp_path / f"{name}.log",
            folder=tmp_path / folder,
            documents=library.folder,
            aloud=True,
        )

    whole = child("whole", "undisturbed")
    assert whole.wait() == 0
    first = child("first", "index")
    assert first.wait_for(round(part * len(whole.said())))
    first.kill()
    first.wait()
    second = child("second", "index")
    assert second.wait() == 0

    again = sum(map(sum, map(_windows, (first.said(), second.said())))) - sum(_windows(whole.said()))
    assert 0 <= again <= max(_windows(whole.said()))
    already = {words[1] for words in first.said() if words[0] == "ingested"}
    assert already <= {words[1] for words in second.said() if words[0] == "unchanged"}
    assert oracle.dump(tmp_path / "index") == oracle.dump(tmp_path / "undisturbed")
    promise = Promise({}, library.texts, frozenset(library.texts))
    assert oracle.faults(tmp_path / "index", promise, swept=True) == []
