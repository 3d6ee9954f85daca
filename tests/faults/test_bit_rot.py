"""T6: bits that flip and pages that turn to zeros. The controls are SQLite's and FAISS's own checks."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from random import Random

import pytest

from tests.faults.rot import Specimen, rot

SEED = 20_261_124


@pytest.fixture(scope="module")
def specimen(tmp_path_factory: pytest.TempPathFactory) -> Specimen:
    return Specimen(tmp_path_factory.mktemp("specimen"), SEED)


@pytest.mark.parametrize("number", [60, pytest.param(1_000, marks=pytest.mark.slow)])
def test_no_flipped_text_or_vector_is_served(specimen: Specimen, tmp_path: Path, number: int) -> None:
    random = Random(SEED)
    done = rot(specimen, tmp_path, islice(specimen.payload_flips(random), number), random)
    assert done.served == ()
    assert done.found == done.found_by_checksums == done.damages == number
    assert done.found_otherwise < number / 10


@pytest.mark.parametrize("number", [40, pytest.param(1_000, marks=pytest.mark.slow)])
def test_a_flipped_segment_costs_no_answer(specimen: Specimen, tmp_path: Path, number: int) -> None:
    random = Random(SEED)
    done = rot(specimen, tmp_path, islice(specimen.segment_flips(random), number), random)
    assert done.served == ()
    assert done.lacking == 0
    assert done.found == done.found_by_checksums == number
    assert done.found_otherwise < number / 10


@pytest.mark.parametrize("number", [30, pytest.param(200, marks=pytest.mark.slow)])
def test_a_page_of_zeros_is_never_served(specimen: Specimen, tmp_path: Path, number: int) -> None:
    random = Random(SEED)
    done = rot(specimen, tmp_path, islice(specimen.zeroed_pages(random), number), random)
    assert done.served == ()
    assert done.lacking, "no page mattered"
    assert done.found >= done.lacking
